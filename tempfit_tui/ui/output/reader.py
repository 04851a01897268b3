"""Reads the terminal, and hands the app no more than it takes and nothing that it can't use.

Why not Textual's own thread: it ends the app at a byte that isn't UTF-8 or a number that is no
character, takes unknown sequences for keys, believes any size that it reads, and sends the app
whatever comes, so that a key has to wait for all that was sent before it.
"""

import os
import select
import threading
import time
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from textual.events import AppBlur, AppFocus, MouseMove
from textual.message import Message

from .messages import Translator
from .pieces import Cutter

AT_ONCE = 16
"""How many messages the app gets before it is looked at again."""
MOST_WAITING = 1000
"""When more come than the app has time for, the oldest are dropped,"""
ENOUGH, OLD_SECONDS = 64, 0.4
"""and those that have waited longer than this, except for the newest: a person may type ahead."""
LOOK_SECONDS = 0.005
"""When to look again whether the app has taken in what it was sent."""
STOP_SECONDS = 0.1
"""How often to look whether reading is over."""


def read_terminal(
    descriptor: int, stop: threading.Event, take: Callable[[Iterable[Message]], None]
) -> None:
    """Read until `stop` is set, and let `take` have the messages."""
    cutter, translator = Cutter(), Translator()
    read_at = time.monotonic()
    while not stop.is_set():
        patience = cutter.patience
        left = STOP_SECONDS if patience is None else read_at + patience - time.monotonic()
        pieces = []
        if select.select([descriptor], [], [], max(0, min(STOP_SECONDS, left)))[0]:
            data = b""
            with suppress(OSError):  # the terminal is gone: the signal of that is on its way
                data = os.read(descriptor, 65536)
            pieces = cutter.feed(data)
            read_at = time.monotonic()
            if not data:
                stop.wait(STOP_SECONDS)
        elif patience is not None and time.monotonic() - read_at >= patience:
            pieces = cutter.pause()
        take(message for piece in pieces for message in translator.messages(piece))


class Inbox:
    """Messages on their way to the app, the newest of them if there are too many."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        send: Callable[[Message], None],
        is_behind: Callable[[], bool],
    ) -> None:
        """Let `send` have the messages, in the `loop`, unless the app `is_behind`."""
        self._loop, self._send, self._is_behind = loop, send, is_behind
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, Message]] = deque(maxlen=MOST_WAITING)
        """Each with the time when it came."""
        self._is_sending = False

    def put(self, messages: Iterable[Message]) -> None:
        """Add what has come; in any thread."""
        new = [*messages]
        with self._lock:
            for message in new:
                self._add(message)
            if self._is_sending or not self._waiting:
                return
            self._is_sending = True
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._deliver)

    def _add(self, message: Message) -> None:
        """Add a message in place of what it makes out of date."""
        waiting = self._waiting
        if isinstance(message, AppFocus | AppBlur):
            for other in [other for other in waiting if isinstance(other[1], AppFocus | AppBlur)]:
                waiting.remove(other)
        elif isinstance(message, MouseMove) and waiting and isinstance(waiting[-1][1], MouseMove):
            waiting.pop()
        waiting.append((time.monotonic(), message))

    def _deliver(self) -> None:
        batch: list[Message] = []
        with self._lock:
            if not self._is_behind():
                self._drop_old()
                while self._waiting and len(batch) < AT_ONCE:
                    batch.append(self._waiting.popleft()[1])
            self._is_sending = bool(self._waiting)
        for message in batch:
            self._send(message)
        if self._is_sending:
            self._loop.call_later(LOOK_SECONDS, self._deliver)

    def _drop_old(self) -> None:
        too_old = time.monotonic() - OLD_SECONDS
        while len(self._waiting) > ENOUGH and self._waiting[0][0] < too_old:
            self._waiting.popleft()
