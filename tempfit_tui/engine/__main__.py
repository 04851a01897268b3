"""The engine's process: messages in on standard input, messages out on standard output."""

import contextlib
import gc
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from tempfit_tui.engine.inbox import Inbox
from tempfit_tui.engine.messages import Answer, AnyRequest, Refused, WireError, packed
from tempfit_tui.home import home

IDLE_SECONDS = 0.2
"""Without a request for so long, what isn't written yet is written."""
LAST_SECONDS = 1.0
"""So long the last of a run may take to write when the app is gone."""


def main() -> None:
    """Answer requests until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = _claimed_streams()
    inbox = Inbox()
    threading.Thread(target=_read, args=(requests, inbox), daemon=True).start()

    # What is loaded stays: looking through all of PyTorch for garbage takes 80 ms, over and over
    # while it loads.
    gc.disable()
    # Only now: loading torch takes a second, in which the app may already be gone.
    from tempfit_tui.engine.host import Host  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    host = Host(home(), interrupted=lambda: not inbox.is_empty)
    with contextlib.suppress(BrokenPipeError):  # a killed app reads no answer
        while (request := _next(inbox, host.settle)) is not None:
            answers.write(_packed(host.answer(request)))
            answers.flush()
    host.close()


def _next(inbox: Inbox, when_idle: Callable[[], None]) -> AnyRequest | None:
    """Return the next request, None after the last; call `when_idle` where it takes a while."""
    with contextlib.suppress(queue.Empty):
        return inbox.take(timeout=IDLE_SECONDS)
    when_idle()
    return inbox.take()


def _packed(answer: Answer) -> bytes:
    try:
        return packed(answer)
    except WireError as error:
        return packed(Refused(str(error)))


def _claimed_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for messages; what is printed goes to standard error."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, answers


def _read(requests: BinaryIO, inbox: Inbox) -> None:
    """Fill the inbox; when the input ends, end the process if the main thread takes long."""
    try:
        inbox.fill(requests)
    except WireError as error:
        print(f"unreadable request: {error}", file=sys.stderr, flush=True)
        os._exit(2)
    # Without the app there is nothing to train for, whatever the main thread is at.
    time.sleep(LAST_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
