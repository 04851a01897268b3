"""The app and the engine's process: neither outlives the other unseen, however either ends."""

import os
import select
import signal
from collections import deque

import pytest
from helpers import until
from terminal import Terminal, children_of, kept_open, lives, sleeps

TRAINING = ("split", "--start", "--speed", "full", "--set", "training.epochs=1000000000")


def engine_of(terminal):
    """Return the id of the engine's process, once it trains."""
    terminal.wait_for(lambda: (terminal.epoch or 0) > 1000)
    (engine,) = children_of(terminal.pid)
    return engine


def rests(pid, looks=50):
    """Return a condition: the process sleeps whenever it is looked at, so many times in a row."""
    seen = deque(maxlen=looks)

    def met():
        seen.append(sleeps(pid))
        return len(seen) == looks and all(seen)

    return met


def press(key):
    return lambda terminal: terminal.press(key)


def send(number):
    return lambda terminal: terminal.send_signal(number)


WAYS_TO_END = [
    pytest.param(press("q"), 0, id="q"),
    pytest.param(press("ctrl+c"), 0, id="ctrl+c"),
    pytest.param(send(signal.SIGINT), 130, id="SIGINT"),
    pytest.param(send(signal.SIGTERM), 143, id="SIGTERM"),
    pytest.param(Terminal.hang_up, 129, id="terminal closed"),
    pytest.param(send(signal.SIGKILL), -signal.SIGKILL, id="SIGKILL"),
]


@pytest.mark.parametrize(("end", "code"), WAYS_TO_END)
def test_no_engine_outlives_the_app(end, code):
    with Terminal(*TRAINING) as terminal:
        engine = engine_of(terminal)
        end(terminal)
        assert terminal.ended() == code
        until(lambda: not lives(engine), "the engine's end")


def test_no_engine_outlives_an_app_killed_while_the_engine_loads():
    with Terminal() as terminal:
        terminal.wait_for("the engine is loading PyTorch")
        terminal.wait_for(lambda: children_of(terminal.pid))
        (engine,) = children_of(terminal.pid)
        terminal.send_signal(signal.SIGKILL)
        assert terminal.ended() == -signal.SIGKILL
        until(lambda: not lives(engine), "the engine's end")


def test_an_app_whose_engine_hangs_ends_all_the_same():
    with Terminal(*TRAINING) as terminal:
        engine = engine_of(terminal)
        os.kill(engine, signal.SIGSTOP)
        terminal.press("q")
        assert terminal.ended() == 0
        until(lambda: not lives(engine), "the engine's end")


def test_a_signal_ends_an_app_whose_terminal_takes_no_more_output():
    with Terminal(*TRAINING, "--fps", "60") as terminal, kept_open(terminal) as line:
        engine = engine_of(terminal)
        # Nothing is read any more. The app trains on, but what it writes at its end has no room.
        until(lambda: not select.select([], [line], [], 0)[1], "a full line")
        terminal.send_signal(signal.SIGTERM)
        until(lambda: not lives(terminal.pid), "the app's end")
        assert terminal.ended() == 143
        until(lambda: not lives(engine), "the engine's end")


def test_a_killed_engine_is_explained_and_trains_again_up_to_the_same_numbers():
    with Terminal(*TRAINING) as terminal:
        engine = engine_of(terminal)
        terminal.press("+")
        terminal.wait_for("lr 0.01→0.0178")
        os.kill(engine, signal.SIGKILL)
        terminal.sees("✖ engine stopped", "it was killed by signal 9", "Enter: start it again")
        reached, epoch = terminal.status, terminal.epoch
        terminal.press("enter")
        terminal.wait_for(
            lambda: f"epoch {epoch:,}: " in terminal.verdict and terminal.status == reached
        )
        (another,) = children_of(terminal.pid)
        terminal.press("space")
        terminal.wait_for(lambda: terminal.epoch > epoch)
        assert b"\x1b[?1049l" not in terminal.output
        terminal.press("q")
        assert terminal.ended() == 0
        until(lambda: not lives(another), "the other engine's end")
