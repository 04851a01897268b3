"""Which runs are being lived, and which were cut off: a locked file each, while a process lives.

The system lets go of a lock when its process ends, however it ends. A file that is there and not
locked is what a process left that was killed.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path

from tempfit_tui.record import RunState

LOOK_SECONDS, LOOK_STEP_SECONDS = 0.1, 0.002
"""How long a lock is waited for, which another process may hold only to look."""


class Lives:
    """The lock files in a folder, of which this process holds those of its own runs."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    def begin(self, run: str) -> bool:
        """Live `run` from now on; tell whether nobody else does."""
        if run in self._held:
            return True
        if self._folder is None:
            self._held[run] = -1
            return True
        self._folder.mkdir(parents=True, exist_ok=True)
        place, deadline = self._folder / run, time.monotonic() + LOOK_SECONDS
        while True:
            file = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if not _locked(file):
                os.close(file)
                # Who only looks lets go at once.
                if time.monotonic() > deadline:
                    return False
                time.sleep(LOOK_STEP_SECONDS)
            elif _is_at(file, place):
                self._held[run] = file
                return True
            else:  # whoever left the run took the file away after it was opened here
                os.close(file)

    def end(self, run: str) -> None:
        """Live `run` no longer."""
        file = self._held.pop(run, -1)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / run).unlink(missing_ok=True)
        if file >= 0:
            os.close(file)

    def state(self, run: str) -> RunState:
        """Return whether a run that was never left is being lived, or was cut off."""
        if run in self._held:
            return "live"
        if self._folder is None:
            return "left"
        try:
            file = os.open(self._folder / run, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return "left"
        try:
            # Shared: two who look at once don't take each other for the run's process.
            return "cut off" if _locked(file, fcntl.LOCK_SH) else "live"
        finally:
            os.close(file)

    def close(self) -> None:
        """Let go of all runs: those that weren't left count as cut off."""
        for file in self._held.values():
            if file >= 0:
                os.close(file)
        self._held.clear()


def _is_at(file: int, place: Path) -> bool:
    """Tell whether an open file is the one at `place`."""
    try:
        return os.path.samestat(os.fstat(file), place.stat())
    except FileNotFoundError:
        return False


def _locked(file: int, how: int = fcntl.LOCK_EX) -> bool:
    """Lock an open file, and tell whether that went well."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
