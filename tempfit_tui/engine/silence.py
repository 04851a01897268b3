"""When an engine's silence is worth telling: it owes an answer that it should have given by now."""

import os
import time

from tempfit_tui.engine.messages import Advance, AnyRequest, ChangeSettings, SetView

LOOK_SECONDS = 0.25
"""So often to look."""
MOST_SECONDS = 1.5 * LOOK_SECONDS
"""No more is counted between two looks: a longer gap is the app's own, as it was suspended too."""
SUSPENDED_SECONDS = 0.4
"""A process that is suspended for so long is told: one look doesn't do, it may be going on."""
SHORT_SECONDS = 1.5
"""What is asked while training is answered at once, or after a slice of training."""
LONG_SECONDS = 30.0
"""What else is asked may take a while: loading PyTorch, reading back, exporting a long run."""
SLOWER = 3
"""An epoch that takes seconds is no silence: so many times the last answer's are waited for."""


class Silence:
    """How long an engine has owed its answer, counted only while the app itself is awake."""

    def __init__(self) -> None:
        self.words = ""
        """What there is to say of it; "" while an answer can still be expected."""
        self._waited, self._suspended = 0.0, 0.0
        self._last = 0.0
        """How long the last short answer took."""
        self._looked = time.monotonic()

    def broken(self, request: AnyRequest) -> None:
        """Note that `request` was answered."""
        if _is_short(request):
            self._last = self._waited
        self._waited = 0.0

    def look(self, owed: AnyRequest | None, suspended: bool) -> None:
        """Look once more: at what is to be answered next, and at the engine's process."""
        now = time.monotonic()
        passed, self._looked = min(now - self._looked, MOST_SECONDS), now
        self._waited = self._waited + passed if owed else 0.0
        self._suspended = self._suspended + passed if suspended else 0.0
        self.words = ""
        if self._suspended >= SUSPENDED_SECONDS:
            self.words = "the engine is suspended: a signal stopped it"
        elif owed and self._waited >= self._patience(owed):
            self.words = "no answer from the engine; it may still come"

    def _patience(self, owed: AnyRequest) -> float:
        if not _is_short(owed):
            return LONG_SECONDS
        return max(SHORT_SECONDS, SLOWER * self._last)


def _is_short(request: AnyRequest) -> bool:
    match request:
        case Advance(epochs, seconds):
            return epochs == 1 or seconds is not None
        case _:
            return isinstance(request, ChangeSettings | SetView)


def is_suspended(process: int) -> bool:
    """Tell whether a child of this process was stopped by a signal, and not continued since."""
    if not hasattr(os, "waitid"):  # as on an older macOS: there it is told as a late answer
        return False
    try:
        state = os.waitid(os.P_PID, process, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return state is not None
