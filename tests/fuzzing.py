"""What is fuzzed, and within which bounds: an input is read right, or refused in one line.

Never a traceback, a hang or unbounded memory.
"""

import contextlib
import io
import resource
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from tempfit_tui import cli

SECONDS = 20
"""No input takes longer: a hang, on a busy machine too."""
MEGABYTES = 1500
"""No input takes more memory on top."""
MOST_SHOWN = 3000
"""No longer file is shown where an input fails."""


class Case(NamedTuple):
    """An input: files in a folder of their own, and the command line that reads them."""

    files: dict[str, bytes]
    arguments: list[str]

    def __repr__(self):
        files = {
            name: content if len(content) < MOST_SHOWN else f"{len(content):,} bytes"
            for name, content in self.files.items()
        }
        return f"{self.arguments} with {files}"


@contextlib.contextmanager
def bounded():
    """Fail where what is done takes too long or too much memory."""

    def fail(*_):
        raise AssertionError(f"took more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, fail)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, limits[1]))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGALRM, before)


def check_line(words):
    """See that what a person is told is one line."""
    assert words.isprintable(), words
    assert len(words) < 20_000


def damaged(content):
    """Give `content` as it is, or with some bytes changed, left out, put in or cut off."""
    return st.lists(st.tuples(st.floats(0, 1), ODD_BYTES, st.integers(0, 3)), max_size=4).map(
        lambda wounds: _wounded(content, wounds)
    )


def _wounded(content, wounds):
    content = bytearray(content)
    for place, put, length in wounds:
        at = int(place * len(content))
        content[at : at + length] = put
    return bytes(content)


ODD_BYTES = st.sampled_from(
    [b"", b"\0", b"\xff", b"\xed\xa0\x80", b'"', b"\n", b"\r", b",", b";", b"\t", b"-", b"e9", b"_",
     b"[", b"=", b"'''", b"\\u0000", b"\xef\xbb\xbf", b"nan", b"1e999", b" " * 999]
) | st.binary(min_size=1, max_size=4)  # fmt: skip


def put(files, folder):
    """Write an input's files."""
    for name, content in files.items():
        (folder / name).write_bytes(content)


class Told(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def called(arguments, folder):
    """Return what a command comes to, called in this process in `folder`, without a terminal."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    code = 0
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPFIT_HOME", str(folder))
        patch.setattr(sys, "argv", ["tempfit-tui", *arguments])
        patch.setattr(sys, "stdin", io.StringIO())
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        try:
            cli.main()
        except SystemExit as leaving:
            code = leaving.code or 0
        out.flush()
        err.flush()
    return Told(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def check_told(told):
    """See that what a command came to is right, or one line; return which."""
    code, out, err = told
    assert "Traceback" not in out + err
    assert code in (0, 1, 2), told
    for line in err.splitlines():
        check_line(line)
        # What was decided about a file begins with its name.
        assert line.startswith("tempfit-tui: ") or (code != 2 and ".csv: " in line), line
    if code == 2:
        # What is missing in the journal is said before.
        assert sum("changes are missing, as" not in line for line in err.splitlines()) == 1, err
        return "refused"
    return "done" if code == 0 else "done, and diverged"
