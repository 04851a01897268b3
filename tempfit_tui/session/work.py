"""What takes longer than a key may wait is worked out a piece at a time."""

import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
Pieces = Iterator[T | None]
"""None after each piece of the work, and what came of it at last."""


class Turn:
    """Time to work in: so many seconds, and a piece in any case if `surely`."""

    def __init__(self, seconds: float = 0.0, *, surely: bool = False) -> None:
        self._end, self._surely = time.monotonic() + seconds, surely
        self.spent = 0.0
        """What all pieces in it took, in seconds."""

    def allows(self, seconds: float) -> bool:
        """Tell whether another piece may be begun, which takes about so long."""
        surely, self._surely = self._surely, False
        return surely or time.monotonic() + seconds < self._end


class Work(Generic[T]):
    """The newest of something that is worked out again and again; it stays until the next is."""

    def __init__(self) -> None:
        self.done: T | None = None
        self._pieces: Pieces[T] | None = None
        self._last = 0.0
        """What the last piece took, in seconds."""

    def go_on(
        self, serves: Callable[[T], bool], begin: Callable[[], Pieces[T]], turn: Turn
    ) -> bool:
        """Work for a `turn`; tell whether it is done: nothing better would come of more.

        What is under way is finished first, and after that `begin` is called where it must be.
        """
        begun = False
        while not begun:
            if self._pieces is None:
                if self.done is not None and serves(self.done):
                    return True
                self._pieces, begun = begin(), True
            if not self._finish(self._pieces, turn):
                return False
        return True

    def _finish(self, pieces: Pieces[T], turn: Turn) -> bool:
        while turn.allows(self._last):
            began = time.monotonic()
            for piece in pieces:
                if piece is not None:
                    self.done, self._pieces = piece, None
                break
            else:
                self._pieces = None  # nothing came of it, and nothing will
                return True
            self._last = time.monotonic() - began
            turn.spent += self._last
            if self._pieces is None:
                return True
        return False
