"""What the app asks of the engine's process, read in a thread while the main one is at work."""

import queue
from typing import BinaryIO

from tempfit_tui.engine.messages import (
    MAX_BYTES,
    MAX_WAITING,
    PREFIX,
    AnyRequest,
    WireError,
    length_of,
    request_of,
)


class Inbox:
    """The requests that wait, first come first served, up to a number and to a size."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[AnyRequest, int] | None] = queue.SimpleQueue()
        self._read, self._taken = 0, 0
        """The bytes of all requests, each written by one thread only."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits, not even the end."""
        return self._waiting.empty()

    def fill(self, requests: BinaryIO) -> None:
        """Take in each of `requests`, until they end.

        Raises:
            WireError: it is none, or there are more than an app ever asks at once.
        """
        while len(prefix := requests.read(PREFIX)) == PREFIX:
            length = length_of(prefix)
            self._refuse_flood(length)
            if len(body := requests.read(length)) < length:
                break
            self._read += length
            self._waiting.put((request_of(body), length))
        self._waiting.put(None)

    def _refuse_flood(self, length: int) -> None:
        size = self._read - self._taken + length
        if self._waiting.qsize() >= MAX_WAITING or size > 2 * MAX_BYTES:
            raise WireError(f"{self._waiting.qsize() + 1:,} requests of {size:,} bytes at once")

    def take(self, timeout: float | None = None) -> AnyRequest | None:
        """Wait for the next request and return it; None after the last.

        Raises:
            queue.Empty: none came within so many seconds.
        """
        if (taken := self._waiting.get(timeout=timeout)) is None:
            return None
        request, length = taken
        self._taken += length
        return request
