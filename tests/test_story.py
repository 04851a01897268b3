"""One story in a real terminal: train, be killed, go on, look back, branch, compare, take away."""

import os
import re
import signal
import subprocess
import sys

import pytest
from helpers import until
from kept_runs import kept
from terminal import Terminal, children_of, lives

from tempfit_tui.home import home

FOREVER = ("--set", "training.epochs=1000000000")
STORY = ("split", "--start", "--speed", "500", *FOREVER)


@pytest.mark.parametrize("victims", ["app", "both"])
def test_nothing_is_lost(victims, tmp_path, monkeypatch, tempfit):
    monkeypatch.chdir(tmp_path)
    with Terminal(*STORY, home=home()) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        terminal.press("+")
        terminal.wait_for("lr 0.01→0.0178")
        terminal.wait_for(lambda: (terminal.epoch or 0) > 300)
        (run,), (engine,) = kept(home()), children_of(terminal.pid)
        if victims == "both":
            os.kill(engine, signal.SIGKILL)
        terminal.send_signal(signal.SIGKILL)
        assert terminal.ended() == -signal.SIGKILL
        until(lambda: not lives(engine), "the engine's end")

    with Terminal("split", *FOREVER, home=home()) as terminal:
        terminal.sees("was cut off at epoch", "Enter: go on with it")
        terminal.press("enter")
        terminal.wait_for(lambda: (terminal.epoch or 0) > 0)
        terminal.sees("lr 0.01778", "‖ paused")
        there = terminal.epoch
        assert there >= run.epochs > 0
        terminal.press("space")
        terminal.wait_for(lambda: (terminal.epoch or 0) > there + 300)
        terminal.press("[", "[", "[")
        terminal.sees("◀ looking back")
        terminal.press("b")
        terminal.sees("begins here, a branch of run")
        branched = terminal.epoch
        terminal.press("n", "n")
        terminal.wait_for(lambda: terminal.epoch == branched + 2)
        terminal.press("e")
        terminal.sees("Take this run away as:")
        terminal.press("1")
        terminal.sees("split-1.py")
        terminal.press("u")
        terminal.sees("Runs", f"@ {branched:,}")
        terminal.press("q")
        terminal.sees("space train")
        terminal.press("q")
        assert terminal.ended() == 0

    for run in ("last", re.findall(r"^(\w{8})", tempfit("runs").out, re.MULTILINE)[1]):
        replayed = tempfit("replay", run)
        assert (replayed.code, replayed.err) == (0, "")
    printed = subprocess.run(
        [sys.executable, "split-1.py"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    last = tempfit("export", "last", "--to", "csv").out.splitlines()[-1].split(",")
    assert last[0] == str(branched + 2)
    line = next(line for line in printed.splitlines() if line.split()[0] == last[0])
    assert line.split()[1:] == [f"{float(loss):.6f}" for loss in last[1:]]
