"""A short walk of the monkey; `python tests/monkey.py --steps 10000` is a long one."""

import subprocess
import sys
from pathlib import Path

import pytest

MONKEY = Path(__file__).parent / "monkey.py"


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(("--steps", "160", "--seed", "7"), id="in the pilot"),
        pytest.param(("--steps", "60", "--seed", "7", "--real"), id="in a terminal"),
    ],
)
def test_whatever_a_monkey_does_nothing_fails_and_no_run_is_lost(walk):
    done = subprocess.run(
        [sys.executable, str(MONKEY), *walk],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0), done.stdout
    assert done.stdout.startswith(f"{walk[1]} steps in ")
