"""Every test starts on a clean machine: no settings, journals or colours of whoever runs it.

It also starts in an empty folder, where whatever it exports is left.
"""

import gc
import os
import signal
import sys
from functools import partial
from typing import NamedTuple

import pytest
import textual.app
import textual.pilot
from hypothesis import settings
from textual import _wait

from tempfit_tui.cli import main

# The same kernels on every machine, in this process and in those it starts: otherwise the last
# digit of a sum depends on the processor, and after a thousand epochs much else does.
os.environ |= {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}

# How long an example takes says nothing here; a busy machine would.
settings.register_profile("tempfit", deadline=None)
settings.load_profile("tempfit")


def pytest_configure():
    """Let what tests start be interrupted, also under nohup or a shell's `&`, which keep it off."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish():
    """Look for garbage seldom, and never in what is loaded: it took an eighth of a pilot test."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@pytest.fixture(autouse=True, scope="session")
def brisk_pilot():
    """Let the pilot look often whether a key has been dealt with, and not for a second.

    Where the engine in this process trains without a pause it is never idle, and tests wait for
    what is to come anyway.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_wait, "SLEEP_GRANULARITY", 0.01)
        for module in (textual.app, textual.pilot):
            patch.setattr(module, "wait_for_idle", partial(_wait.wait_for_idle, max_sleep=0.1))
        yield


FOLDERS = {
    "HOME": "",
    "TEMPFIT_HOME": "tempfit",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
}
UNSET = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "PYTHONWARNINGS")


@pytest.fixture(autouse=True)
def clean_machine(tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    for name, folder in FOLDERS.items():
        monkeypatch.setenv(name, str(home / folder))
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(home)


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def exit_code(monkeypatch):
    """Run a command line in this process; return its exit code."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tempfit-tui", *map(str, arguments)])
        try:
            main()
        except SystemExit as leaving:
            return leaving.code or 0
        return 0

    return run


@pytest.fixture
def tempfit(exit_code, capsys):
    """Run a command line in this process."""
    return lambda *arguments: Outcome(exit_code(*arguments), *capsys.readouterr())
