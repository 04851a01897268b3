"""The engine's process: messages in on standard input, messages out on standard output."""

import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

from tempfit_tui.engine.messages import PREFIX, AnyRequest, WireError, length_of, packed, request_of


def main() -> None:
    """Answer requests until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = _claimed_streams()
    inbox: queue.SimpleQueue[AnyRequest] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, inbox), daemon=True).start()

    # Only now: loading torch takes a second, in which the app may already be gone.
    from tempfit_tui.engine.host import Host  # noqa: PLC0415

    host = Host(interrupted=lambda: not inbox.empty())
    while True:
        answers.write(packed(host.answer(inbox.get())))
        answers.flush()


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


def _read(requests: BinaryIO, inbox: queue.SimpleQueue[AnyRequest]) -> None:
    """Put each request into `inbox`; end the process when there can be no more."""
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
    os._exit(status)


if __name__ == "__main__":
    main()
