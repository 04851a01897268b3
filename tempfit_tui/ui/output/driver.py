"""The driver between Textual and the terminal: it sends what differs, when the terminal is ready.

A terminal that is slow, or far away, gets fewer frames and always the newest: nothing waits in
line. Whether it is ready is measured. Each frame ends with a question; a terminal that answered it
when the app started has taken a frame in when it answers again. One that never answers is ready
while its line takes output. The app itself never waits.
"""

import asyncio
import contextlib
import os
import select
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from textual.drivers.linux_driver import LinuxDriver
from textual.events import InputEvent, Key, Paste
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from tempfit_tui.signals import is_ending

from .picture import Picture, is_frame
from .reader import AT_ONCE, Inbox, read_terminal
from .size import terminal_size

LEAVE = b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l"
LEAVE += b"\x1b[<u\x1b[?1049l\x1b[?25h"
"""What Textual writes in parts: all modes off, the keyboard's own, the normal screen, a cursor."""
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
SAME_SECONDS = 0.005
"""Python handles signals that have come together by their numbers: SIGCONT, then SIGTSTP.

In which order they came is not known then. The app is not stopped: a signal to continue that is
lost would leave it stopped for good.
"""
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
    """Whether a change of size is still to be sent to Textual; one message for many signals."""
    _has_terminal = False
    """Whether the terminal is the app's to write to."""
    _is_suspended = False
    """Whether it was given back for a time only."""
    _is_for_shell = False
    """Whether what is typed is for the shell."""
    _continued_at = -SAME_SECONDS
    """When the last signal to continue was handled."""
    _stop_wanted = False
    """Whether the last signal of job control was one to stop."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "size": self._get_terminal_size()})
        self._picture = Picture(0, 0)
        self._inbox = Inbox(self._loop, super().process_message, self._is_app_behind)

    def start_application_mode(self) -> None:
        """Take the terminal; nothing is known of what it shows, so all is drawn again.

        In the background, as after `bg`, the process is stopped until the shell's `fg`.
        """
        self._redraw()
        terminal = sys.__stderr__
        assert terminal is not None, "an app without a terminal doesn't start"
        # With PYTHONUNBUFFERED what a signal interrupts is written in part, and the rest is lost.
        self._file = self._output = open(  # noqa: SIM115 - as long as the app
            terminal.fileno(), "w", encoding=terminal.encoding, errors="replace", closefd=False
        )
        self._has_terminal = True
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._has_terminal = self._key_thread is not None and self._key_thread.is_alive()
        self._is_suspended = self._is_for_shell = not self._has_terminal
        if self._is_suspended:
            return
        # Textual is told in the loop: amid a signal, the size that it reads could be overtaken by
        # the one that the next signal tells.
        loop, tell = asyncio.get_running_loop(), signal.getsignal(signal.SIGWINCH)
        assert callable(tell), "Textual has set one"

        def on_resize(*_: object) -> None:
            if not self._resize_is_due:
                self._resize_is_due = True
                loop.call_soon_threadsafe(self._resized, tell)

        signal.signal(signal.SIGWINCH, on_resize)
        on_resize()  # until now Textual read the size inside a signal handler

    def write(self, data: str) -> None:
        """Send a frame when the terminal is ready for it, anything else at once."""
        if is_frame(data):
            self._picture.draw(data)
            self._send()
        # Around Textual's frame; what is sent has its own.
        elif data not in {BEGIN, END} and self._has_terminal:
            super().write(data)

    def run_input_thread(self) -> None:
        """Read the terminal until Textual gives it up."""
        read_terminal(self.fileno, self.exit_event, self._take)

    def _take(self, messages: Iterable[Message]) -> None:
        """Take in what was read, in the thread that reads."""
        self._inbox.put(message for message in messages if self._is_for_app(message))

    def _is_for_app(self, message: Message) -> bool:
        """Return whether the app is to see a message; ctrl+z, and answers, are acted on here.

        ctrl+z suspends the app on every screen; what is typed after it is for the shell. Of the
        answers only the first is news.
        """
        if self._is_for_shell and isinstance(message, InputEvent | Paste):
            return False
        if isinstance(message, Key) and message.key == "ctrl+z":
            self._is_for_shell = True
            self._in_loop(self.suspend)
            return False
        if not isinstance(message, TerminalSupportsSynchronizedOutput):
            return True
        if self._answered < self._asked:
            self._answered += 1
            self._loop.call_soon_threadsafe(self._send)
        was_known, self._answers = self._answers, True
        return not was_known

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
        if not self._has_terminal:
            return False
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

    def suspend(self) -> None:
        """Give the terminal back and stop the process group, as ctrl+z does to other programs.

        The system stops no group that no shell could continue; a message then says so.
        """
        self._stop_wanted = True
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(0, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._sigtstp_application)
        if self._stop_wanted:  # no signal to continue has come: it was not stopped
            self._stop_wanted = False
            self._take_again()
            words = "can't suspend: no shell is there to continue the app"
            self._app.call_later(self._app.notify, words, severity="warning")

    def _sigtstp_application(self, *_: object) -> None:
        """Stop at a signal: in the loop, as what is being written amid a signal holds a lock."""
        if time.monotonic() - self._continued_at > SAME_SECONDS:
            self._stop_wanted = True
            self._in_loop(self._stop)

    def _stop(self) -> None:
        # A signal to continue may come before the stop, or while the terminal is given back.
        if self._stop_wanted:
            self._give_back()
        if self._stop_wanted:
            os.kill(os.getpid(), signal.SIGSTOP)

    def _sigcont_application(self, *_: object) -> None:
        self._stop_wanted, self._continued_at = False, time.monotonic()
        self._in_loop(self._take_again)

    def _in_loop(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the app has ended
            self._loop.call_soon_threadsafe(call)

    def _give_back(self) -> None:
        self._is_for_shell = True
        if self._has_terminal:
            self.suspend_application_mode()
            self._is_suspended = True

    def _take_again(self) -> None:
        """Take the terminal after a stop; a SIGSTOP has no handler, so it is given back first.

        Otherwise two threads would read the keys, and one of them would never stop waiting.
        """
        if not is_ending():
            self._give_back()
            if self._is_suspended:
                self._must_signal_resume = True
                self.resume_application_mode()

    def disable_input(self) -> None:
        """Read no more keys, and drop those that were typed."""
        if self._has_terminal:
            super().disable_input()

    def restore(self) -> None:
        """Restore the terminal in the middle of anything, without waiting for it."""
        if not self._has_terminal:
            return
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        with contextlib.suppress(OSError):
            line = os.open(os.ttyname(self.fileno), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            os.write(line, LEAVE)

    def stop_application_mode(self) -> None:
        """Give the terminal back, once it has answered or has had the time to."""
        if not self._has_terminal:
            return
        if self._retry:
            self._retry.cancel()
        deadline = time.monotonic() + LEAVE_SECONDS
        while self._asked > self._answered and time.monotonic() < deadline:
            time.sleep(0.005)
        super().stop_application_mode()
        self._has_terminal = False
