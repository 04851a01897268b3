"""The engine's process: messages in on standard input, messages out on standard output."""

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from tempfit_tui.engine.messages import PREFIX, AnyRequest, WireError, length_of, packed, request_of
from tempfit_tui.home import home

Inbox = queue.SimpleQueue[AnyRequest | None]

IDLE_SECONDS = 0.2
"""Without a request for so long, what isn't written yet is written."""
LAST_SECONDS = 1.0
"""So long the last of a run may take to write when the app is gone."""


def main() -> None:
    """Answer requests until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = _claimed_streams()
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, inbox), daemon=True).start()

    # Only now: loading torch takes a second, in which the app may already be gone.
    from tempfit_tui.engine.host import Host  # noqa: PLC0415

    host = Host(home(), interrupted=lambda: not inbox.empty())
    while (request := _next(inbox, host.settle)) is not None:
        answers.write(packed(host.answer(request)))
        answers.flush()
    host.close()


def _next(inbox: Inbox, when_idle: Callable[[], None]) -> AnyRequest | None:
    """Return the next request, None after the last; call `when_idle` where it takes a while."""
    with contextlib.suppress(queue.Empty):
        return inbox.get(timeout=IDLE_SECONDS)
    when_idle()
    return inbox.get()


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
    """Put each request into `inbox`, None after the last; end the process if that takes long."""
    status = 0
    try:
        while len(prefix := requests.read(PREFIX)) == PREFIX:
            length = length_of(prefix)
            if len(body := requests.read(length)) < length:
                break
            inbox.put(request_of(body))
    except WireError as error:
        print(f"unreadable request: {error}", file=sys.stderr, flush=True)
        status = 2
    # Without the app there is nothing to train for, whatever the main thread is at.
    inbox.put(None)
    time.sleep(0 if status else LAST_SECONDS)
    os._exit(status)


if __name__ == "__main__":
    main()
