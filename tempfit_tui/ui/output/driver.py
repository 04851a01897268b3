"""The driver between Textual and the terminal: it sends what differs, when the terminal is ready.

A terminal that is slow, or far away, gets fewer frames and always the newest: nothing waits in
line. Whether it is ready is measured. Each frame ends with a question; a terminal that answered it
when the app started has taken a frame in when it answers again. One that never answers is ready
while its line takes output. The app itself never waits.
"""

import asyncio
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from .picture import Picture, is_frame
from .reader import AT_ONCE, Inbox, read_terminal
from .size import terminal_size

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
"""Around a frame: the terminal shows it at once or not at all."""
QUESTION = "\x1b[?2026$p"
"""Whether it can do so: Textual's own question, and any that is answered would do."""
ON_THEIR_WAY = 2
"""So many frames may be unanswered: over a long line the next is sent before the answer comes."""
LOST_SECONDS = 3.0
"""An answer that takes longer isn't waited for."""
RETRY_SECONDS = 0.02
REDRAW_SECONDS = 0.1
"""After a change of size Textual draws the whole screen; by then it has."""
LEAVE_SECONDS = 0.5
"""How long to wait for the last answers, which would end up at the shell's prompt."""


class TerminalDriver(LinuxDriver):
    """Sends the difference between what the terminal shows and what it should show."""

    _answers = False
    """Whether the terminal answers questions."""
    _asked = _answered = 0
    """How many frames were sent with a question, and how many of those were answered."""
    _asked_at = 0.0
    _retry: asyncio.TimerHandle | None = None
    _resize_is_due = False
    """Whether Textual is to be told of a change of size; one message for many signals."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "size": self._get_terminal_size()})
        self._picture = Picture(0, 0)
        self._inbox = Inbox(self._loop, super().process_message, self._is_app_behind)

    def start_application_mode(self) -> None:
        """Take the terminal; nothing is known of what it shows, so all is drawn again."""
        self._redraw()
        terminal = sys.__stderr__
        assert terminal is not None, "an app without a terminal doesn't start"
        # With PYTHONUNBUFFERED what a signal interrupts is written in part, and the rest is lost.
        self._file = self._output = open(  # noqa: SIM115 - as long as the app
            terminal.fileno(), "w", encoding=terminal.encoding, errors="replace", closefd=False
        )
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # Textual is told in the loop: amid a signal, the size that it reads could be overtaken by
        # the one that the next signal tells.
        loop, tell = asyncio.get_running_loop(), signal.getsignal(signal.SIGWINCH)
        assert callable(tell), "Textual has set one"

        def on_resize(*_: object) -> None:
            if not self._resize_is_due:
                self._resize_is_due = True
                loop.call_soon_threadsafe(self._resized, tell)

        signal.signal(signal.SIGWINCH, on_resize)
        on_resize()  # Textual was told amid signals until now

    def write(self, data: str) -> None:
        """Send a frame when the terminal is ready for it, anything else at once."""
        if is_frame(data):
            self._picture.draw(data)
            self._send()
        elif data not in {BEGIN, END}:  # around Textual's frame; what is sent has its own
            super().write(data)

    def run_input_thread(self) -> None:
        """Read the terminal until Textual gives it up."""
        read_terminal(self.fileno, self.exit_event, self._take)

    def _take(self, messages: Iterable[Message]) -> None:
        """Take in what was read, in the thread that reads; of answers the first is news."""
        self._inbox.put(message for message in messages if not self._is_answer(message))

    def _is_answer(self, message: Message) -> bool:
        if not isinstance(message, TerminalSupportsSynchronizedOutput):
            return False
        if self._answered < self._asked:
            self._answered += 1
            self._loop.call_soon_threadsafe(self._send)
        was_known, self._answers = self._answers, True
        return was_known

    def _is_app_behind(self) -> bool:
        pumps = self._app, *self._app.screen_stack[-1:]
        return any(pump.message_queue_size > AT_ONCE for pump in pumps)

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return the size as all of the app has to see it, within bounds."""
        streams = sys.__stderr__, sys.__stdin__
        return terminal_size(stream.fileno() for stream in streams if stream)

    def _send(self) -> None:
        if self._retry:
            self._retry.cancel()
            self._retry = None
        if not self._is_ready():
            self._send_in(RETRY_SECONDS)
        elif difference := self._picture.difference():
            if self._answers:
                self._asked = max(self._asked, self._answered) + 1
                self._asked_at = time.monotonic()
                difference = f"{BEGIN}{difference}{END}{QUESTION}"
            super().write(difference)

    def _send_in(self, seconds: float) -> None:
        self._retry = self._loop.call_later(seconds, self._send)

    def _is_ready(self) -> bool:
        """Tell whether the terminal has taken in what it was sent."""
        if time.monotonic() - self._asked_at > LOST_SECONDS:
            self._asked = self._answered
        takes_output = select.select([], [self._output], [], 0)[1]
        return bool(takes_output) and self._asked - self._answered < ON_THEIR_WAY

    def _resized(self, tell: Callable[[int, FrameType | None], object]) -> None:
        """Tell Textual, and count on nothing that is shown: a terminal may do as it likes to it."""
        self._resize_is_due = False
        tell(signal.SIGWINCH, None)
        self._redraw()

    def _redraw(self) -> None:
        self._picture.resize(*self._get_terminal_size())
        self._asked = self._answered
        if self._retry:
            self._retry.cancel()
        self._send_in(REDRAW_SECONDS)

    def resume_application_mode(self) -> None:
        """Take the terminal back; after a SIGSTOP, of which no one is told, it is given up first.

        Otherwise two threads would read the keys, and one of them would wait for ever.
        """
        if self._key_thread is not None and self._key_thread.is_alive():
            self.suspend_application_mode()
            self._must_signal_resume = True
        super().resume_application_mode()

    def stop_application_mode(self) -> None:
        """Give the terminal back, once it has answered or has had the time to."""
        if self._retry:
            self._retry.cancel()
        deadline = time.monotonic() + LEAVE_SECONDS
        while self._asked > self._answered and time.monotonic() < deadline:
            time.sleep(0.005)
        super().stop_application_mode()
