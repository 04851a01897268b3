"""A signal at any moment ends a command in one line at the most, or stops it as a shell expects."""

import os
import signal
import sqlite3
import subprocess
import sys
import termios
from contextlib import closing, contextmanager
from types import SimpleNamespace

import pytest
from helpers import until
from terminal import Terminal, children_of, lives, state_of
from test_lifetime import assert_restored

from tempfit_tui import signals
from tempfit_tui.signals import ENDING, Ending, SignalledError
from tempfit_tui.ui.output.driver import TerminalDriver

AT_IMPORT = """
import os, runpy, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {number})

sys.meta_path.insert(0, Finder())
sys.argv = ["tempfit-tui", *sys.argv[1:]]
runpy.run_module("tempfit_tui", run_name="__main__")
"""
"""The program, and a signal when it comes to import a module: the same moment on any machine."""
RUN = ("run", "split", "--epochs", "1000000000")
APP = ("split", "--start", "--set", "training.epochs=1000000000")


def program(module, number):
    return (sys.executable, "-c", AT_IMPORT.format(module=module, number=int(number)))


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_while_the_command_line_loads_ends_it_without_a_traceback(number):
    done = subprocess.run(
        [*program("tempfit_tui.cli", number), *RUN],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = "tempfit-tui: interrupted\n" if number == signal.SIGINT else ""
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", told)


@pytest.mark.parametrize("module", ["click", "tempfit_tui.catalogue", "torch", "torch.nn"])
def test_ctrl_c_while_a_run_loads_ends_it_with_one_line(module):
    done = subprocess.run(
        [*program(module, signal.SIGINT), *RUN],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "tempfit-tui: interrupted\n"


@pytest.mark.parametrize(("number", "state"), [(signal.SIGINT, "left"), (signal.SIGTERM, None)])
def test_a_run_that_is_ended_amid_training_is_kept(number, state, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "tempfit_tui", *RUN, "--json"],
        env={**os.environ, "TEMPFIT_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for _ in range(6):
            assert process.stdout.readline()
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (128 + number, "tempfit-tui: interrupted\n")
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        ((epochs, left),) = journal.execute("SELECT epochs, left FROM runs").fetchall()
    assert epochs >= 1000
    assert (left is None) == (state is None), "what only a person interrupts is complete"


# --- what a command notes


@pytest.fixture
def timers(monkeypatch):
    """Set no timer that would end the tests; keep what was asked for."""
    asked = []
    monkeypatch.setattr(signals, "exit_in", lambda *wanted: asked.append(wanted))
    return asked


def test_a_signal_is_noted_and_ends_the_command_where_it_looks(timers):
    before = [signal.getsignal(number) for number in ENDING]
    with Ending() as ending:
        ending.check()
        os.kill(os.getpid(), signal.SIGTERM)
        assert ending.asked
        with pytest.raises(SignalledError, match="interrupted") as caught:
            ending.check()
    assert caught.value.number == signal.SIGTERM
    assert timers == [(signals.GRACE_SECONDS, 143)]
    assert [signal.getsignal(number) for number in ENDING] == before


def test_a_second_signal_ends_the_process_at_once(timers, monkeypatch):
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    with Ending():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
    assert codes == [143]


def test_what_was_ignored_at_the_start_stays_ignored():
    code = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from tempfit_tui.signals import Ending, end_at_once
end_at_once()
with Ending():
    signal.raise_signal(signal.SIGHUP)
signal.raise_signal(signal.SIGHUP)
print("here")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "here\n", "")


# --- the app


@pytest.mark.parametrize("module", ["textual.app", "tempfit_tui.ui.start", "textual.screen"])
def test_a_signal_while_the_app_loads_leaves_nothing(module):
    with Terminal(*APP, command=program(module, signal.SIGTERM)) as terminal:
        assert terminal.ended() == 143
        assert terminal.output == b""
        assert children_of(terminal.pid) == []


def test_signals_to_stop_and_to_continue_are_obeyed_in_the_order_they_come():
    with Terminal(*APP) as terminal:
        modes = termios.tcgetattr(terminal.descriptor)[:4]
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        for _ in range(5):
            # One to continue that comes before the stop takes it back.
            reached = terminal.epoch
            terminal.send_signal(signal.SIGTSTP)
            terminal.send_signal(signal.SIGCONT)
            terminal.wait_for(lambda epoch=reached: (terminal.epoch or 0) > epoch + 20)

        # This terminal's app leads its session: no shell could continue it.
        terminal.press("\x1a")
        terminal.wait_for("can't suspend: no shell is there to continue the app")

        terminal.send_signal(signal.SIGTSTP)
        terminal.wait_for(lambda: state_of(terminal.pid) == "T")
        assert_restored(terminal, modes)
        reached = terminal.epoch
        terminal.wipe()
        terminal.send_signal(signal.SIGCONT)
        terminal.sees("1 Dataset", "3 Loss", "● running")
        terminal.wait_for(lambda: (terminal.epoch or 0) > reached)

        # As `kill %1` ends a job that is stopped.
        terminal.send_signal(signal.SIGTSTP)
        terminal.wait_for(lambda: state_of(terminal.pid) == "T")
        terminal.send_signal(signal.SIGTERM)
        terminal.send_signal(signal.SIGCONT)
        assert terminal.ended() == 143
        assert_restored(terminal, modes)


def test_signals_to_stop_and_to_continue_that_come_together_stop_nothing():
    scheduled = []
    driver = SimpleNamespace(
        _in_loop=scheduled.append, _stop="stop", _take_again="take again", _continued_at=-1.0
    )
    TerminalDriver._sigcont_application(driver)
    TerminalDriver._sigtstp_application(driver)
    assert (scheduled, driver._stop_wanted) == (["take again"], False)
    driver._continued_at -= 1
    TerminalDriver._sigtstp_application(driver)
    assert (scheduled, driver._stop_wanted) == (["take again", "stop"], True)


@contextmanager
def job_in_a_shell():
    """Give a terminal with a shell, and the app and its engine that train as a job of it."""
    shell = ("bash", "--norc", "--noprofile", "-i")
    with Terminal(command=shell, variables={"PS1": "READY "}) as terminal:
        terminal.wait_for("READY")
        terminal.press(" ".join([sys.executable, "-m", "tempfit_tui", *APP]), "enter")
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        (app,) = children_of(terminal.pid)
        (engine,) = children_of(app)
        yield terminal, app, engine


def test_ctrl_z_suspends_in_a_shell_and_what_is_typed_there_is_no_key():
    with job_in_a_shell() as (terminal, app, engine):
        # A q that follows at once would end the app, and a space would pause it.
        terminal.press("\x1aq ")
        terminal.wait_for(lambda: state_of(app) == "T")
        reached = terminal.epoch
        terminal.wait_for(lambda: terminal.output.endswith(b"READY "))
        # The engine has answered, and waits to be asked.
        terminal.wait_for(lambda: state_of(engine) == "S")
        terminal.press("\x15echo q q", "enter")
        terminal.wait_for(lambda: b"\rq q\r\n" in terminal.output)
        terminal.wipe()
        terminal.press("fg", "enter")
        terminal.sees("1 Dataset", "3 Loss", "● running")
        terminal.wait_for(lambda: (terminal.epoch or 0) > reached)
        assert "silent" not in terminal.text

        # In the background it waits for `fg`; ended there, it leaves nothing.
        terminal.press("\x1a")
        terminal.wait_for(lambda: state_of(app) == "T")
        terminal.press("bg", "enter", "kill %1; wait; echo e''nded", "enter")
        terminal.wait_for(lambda: b"ended\r\n" in terminal.output)
        until(lambda: not lives(app) and not lives(engine), "the end of both")
        assert b"Traceback" not in terminal.output


def test_a_job_whose_terminal_closes_while_it_is_suspended_ends():
    with job_in_a_shell() as (terminal, app, engine):
        terminal.press("\x1a")
        terminal.wait_for(lambda: state_of(app) == "T")
        terminal.hang_up()
        until(lambda: not lives(app) and not lives(engine), "the end of both")
