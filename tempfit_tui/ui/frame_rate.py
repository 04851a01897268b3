"""How often a frame is drawn: as asked for, but never so often that a key has to wait for it."""

import time
from collections.abc import Callable

SHARE = 0.5
"""So much of the time goes into drawing, at the most."""
LONGEST_SECONDS = 1.0


class FrameRate:
    """The `seconds` from one frame to the next.

    What the app's thread works in between is measured; most of it is drawing.
    """

    def __init__(self, fps: int, clock: Callable[[], float] = time.thread_time) -> None:
        self._least, self._clock = 1 / fps, clock
        self.begin()

    def begin(self) -> None:
        """Begin as asked for: nothing that was done before counts."""
        self._worked, self.seconds = self._clock(), self._least

    def drawn(self) -> None:
        """Take note of a frame."""
        before, self._worked = self._worked, self._clock()
        wanted = (self._worked - before) / SHARE
        self.seconds = min(max(self._least, wanted), max(self._least, LONGEST_SECONDS))
