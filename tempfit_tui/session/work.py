"""What takes longer than a key may wait is worked out a piece at a time."""

import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
Pieces = Iterator[T | None]
"""None after each piece of the work, and what came of it at last."""


class Work(Generic[T]):
    """The newest of something that is worked out again and again; it stays until the next is."""

    def __init__(self) -> None:
        self.done: T | None = None
        self._pieces: Pieces[T] | None = None

    def go_on(
        self, serves: Callable[[T], bool], begin: Callable[[], Pieces[T]], deadline: float
    ) -> bool:
        """Work until `deadline`, a piece at the least; tell whether what is done `serves`.

        What is under way is finished first, and after that `begin` is called where it must be.
        """
        begun = False
        while not begun:
            if self._pieces is None:
                if self.done is not None and serves(self.done):
                    return True
                self._pieces, begun = begin(), True
            for piece in self._pieces:
                if piece is not None:
                    self.done, self._pieces = piece, None
                    break
                if time.monotonic() >= deadline:
                    return False
        return True
