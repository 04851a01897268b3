"""The app and the engine's process: neither outlives the other unseen, however either ends."""

import os
import select
import signal
import sqlite3
import termios
from collections import deque
from contextlib import closing

import pytest
from helpers import until
from kept_runs import kept
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


def charts(_):
    """Stay where training is watched."""


def dialog(terminal):
    terminal.press("p")
    terminal.wait_for("Draw other validation rows")


def other_screen(terminal):
    terminal.press("u")
    terminal.wait_for("Runs")


def press(key):
    return lambda terminal: terminal.press(key)


def send(*numbers):
    def sends(terminal):
        for number in numbers:
            terminal.send_signal(number)

    return sends


WAYS_TO_END = [
    pytest.param(charts, press("q"), 0, id="q"),
    pytest.param(charts, press("ctrl+c"), 0, id="ctrl+c"),
    pytest.param(charts, send(signal.SIGINT), 130, id="SIGINT"),
    pytest.param(dialog, send(*[signal.SIGTERM] * 3), 143, id="SIGTERM, thrice, over a dialog"),
    pytest.param(other_screen, send(signal.SIGHUP), 129, id="SIGHUP over another screen"),
    pytest.param(charts, Terminal.hang_up, 129, id="terminal closed"),
    pytest.param(charts, send(signal.SIGKILL), -signal.SIGKILL, id="SIGKILL"),
]
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?2004l")
"""The screen as it was, the cursor, no mouse, no brackets around what is pasted."""


def assert_restored(terminal, modes):
    """Check that a terminal is as it was found, its modes and its screen."""
    after = terminal.output[terminal.output.rindex(b"\x1b[?1049h") :]
    assert [part for part in RESTORED if part not in after] == []
    assert termios.tcgetattr(terminal.descriptor)[:4] == modes
    assert terminal.left_behind == ""


@pytest.mark.parametrize(("where", "end", "code"), WAYS_TO_END)
def test_however_the_app_ends_terminal_engine_and_journal_are_left_as_they_should_be(
    where, end, code, tmp_path
):
    with Terminal(*TRAINING, home=tmp_path) as terminal:
        modes = termios.tcgetattr(terminal.descriptor)[:4]
        engine = engine_of(terminal)
        assert termios.tcgetattr(terminal.descriptor)[:4] != modes
        where(terminal)
        end(terminal)
        assert terminal.ended() == code
        if end is not Terminal.hang_up and code != -signal.SIGKILL:
            assert_restored(terminal, modes)
        until(lambda: not lives(engine), "the engine's end")
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ((epochs, left),) = journal.execute("SELECT epochs, left FROM runs").fetchall()
    assert epochs > 1000
    assert (left is None) == bool(code), "a run that was torn from its app counts as cut off"


def test_a_finished_run_whose_terminal_closes_is_not_offered_again(tmp_path):
    with Terminal("split", "--start", "--speed", "full", home=tmp_path) as terminal:
        terminal.wait_for("■ finished")
        (engine,) = children_of(terminal.pid)
        terminal.hang_up()
        assert terminal.ended() == 129
        until(lambda: not lives(engine), "the engine's end")
    assert [run.state for run in kept(tmp_path)] == ["left"]


def test_an_app_that_is_ended_before_its_engine_is_up_leaves_nothing():
    with Terminal() as terminal:
        modes = termios.tcgetattr(terminal.descriptor)[:4]
        terminal.wait_for(lambda: children_of(terminal.pid))
        (engine,) = children_of(terminal.pid)
        send(signal.SIGTERM, signal.SIGTERM)(terminal)
        assert terminal.ended() == 143
        assert_restored(terminal, modes)
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
        terminal.wait_for(lambda: (terminal.epoch or 0) > epoch)
        assert b"\x1b[?1049l" not in terminal.output
        terminal.press("q")
        assert terminal.ended() == 0
        until(lambda: not lives(another), "the other engine's end")
