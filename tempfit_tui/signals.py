"""What a signal does to a command: it ends in one line, without a traceback, and leaves nothing.

Python's own way, an exception wherever the signal comes, is never right here: it ends in a
traceback while modules are imported, in an abort while PyTorch loads, and it is lost in callbacks.
A command begins with `end_at_once`, and one with something to write at its end uses `Ending`.

Nothing slow is imported here: until `end_at_once` has run, signals do as Python has them.
"""

import os
import select
import signal
from collections.abc import Callable

ENDING = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
"""The signals that end a program which doesn't handle them, and that people and systems send."""
GRACE_SECONDS = 3.0
"""How long a program may take to end after a signal."""


_exit_codes: list[int] = []
"""What `exit_in` was called with."""


class SignalledError(Exception):
    """A signal asked the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__("interrupted")
        self.number = number


def end_at_once() -> None:
    """Let a signal end the process without a traceback, while there is nothing to restore.

    What was ignored when the process began stays ignored, as under nohup.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def exit_in(seconds: float, code: int, restore: Callable[[], None] | None = None) -> None:
    """End the process with `code` after `seconds`, even if it is still waiting for something.

    `restore` is called just before that; it must not wait.
    """

    def end(*_: object) -> None:
        if restore:
            restore()
        _show_cursor()
        os._exit(code)

    signal.signal(signal.SIGALRM, end)
    if not _exit_codes:  # a further signal doesn't extend the time
        signal.setitimer(signal.ITIMER_REAL, seconds)
    _exit_codes.append(code)


def is_ending() -> bool:
    """Tell whether `exit_in` was called."""
    return bool(_exit_codes)


class Ending:
    """Notes a signal to end, for a command that ends where nothing is lost.

    A second signal ends the process at once, and so does GRACE_SECONDS after the first. A signal
    to stop (ctrl+z) first shows the cursor that a progress bar hides.
    """

    def __init__(self) -> None:
        self._number = 0
        self._before = {number: signal.getsignal(number) for number in (*ENDING, signal.SIGTSTP)}

    def __enter__(self) -> "Ending":
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._stop if number == signal.SIGTSTP else self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def asked(self) -> bool:
        """Whether a signal has come."""
        return bool(self._number)

    def check(self) -> None:
        """End the command here if a signal has come.

        Raises:
            SignalledError: one has.
        """
        if self._number:
            raise SignalledError(self._number)

    def _note(self, number: int, _: object) -> None:
        if self._number:
            _show_cursor()
            _end(number, None)
        self._number = number
        exit_in(GRACE_SECONDS, 128 + number)

    def _stop(self, *_: object) -> None:
        _show_cursor()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._stop)


def _end(number: int, _: object) -> None:
    if number == signal.SIGINT:
        _write(b"tempfit-tui: interrupted\n")
    os._exit(128 + number)


def _show_cursor() -> None:
    if os.isatty(2):
        _write(b"\x1b[?25h")


def _write(words: bytes) -> None:
    try:
        if select.select([], [2], [], 0)[1]:  # a terminal that takes no output would block
            os.write(2, words)
    except OSError:  # it is gone
        pass
