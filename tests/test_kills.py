"""Twelve kills; `python tests/kills.py --rounds 200` has more."""

import subprocess
import sys
from pathlib import Path

KILLS = Path(__file__).parent / "kills.py"


def test_nothing_is_lost_whoever_is_killed_and_when():
    done = subprocess.run(
        [sys.executable, str(KILLS), "--rounds", "12", "--real", "1"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0), done.stdout
    assert done.stdout.startswith("12 rounds in ")
