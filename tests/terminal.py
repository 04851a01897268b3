"""The program in a real pseudo-terminal, and the screen that a person has of it."""

import os
import re
import select
import signal
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pexpect
import pyte

PROGRAM = (sys.executable, "-m", "tempfit_tui")
DEADLINE_SECONDS = 30
"""Nothing that is waited for takes longer, on a busy machine either."""
POLL_SECONDS = 0.02
CONTROL = re.compile(rb"\x1b\[[?<>]?[\d;]*[a-z]|\x1b\][^\x07]*\x07")
MODE = re.compile(rb"\x1b\[\?(\d+)([hl])")
QUESTION, ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
KEYS = {"space": " ", "enter": "\r", "escape": "\x1b", "tab": "\t", "ctrl+c": "\x03"}


class Terminal:
    """Runs the program, or another command, in a terminal of its own until the `with` block ends.

    Nothing is read but while something is waited for. As many terminals do, it `answers` whether
    it can show a frame at once, if told to. `variables` are of the environment, None for none.
    """

    def __init__(
        self, *arguments, size=(120, 40), command=PROGRAM, home=None, answers=False, variables=()
    ):
        # An engine that ends a little later than the app may still write its log.
        self._home = tempfile.TemporaryDirectory(prefix="tempfit-", ignore_cleanup_errors=True)
        columns, rows = size
        environment = {
            **os.environ,
            "COLORTERM": "truecolor",
            "TEMPFIT_HOME": str(home or self._home.name),
            "TERM": "xterm-256color",
            **dict(variables),
        }
        environment = {name: value for name, value in environment.items() if value is not None}
        first, *others = [*command, *map(str, arguments)]
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.output = bytearray()
        """All that the program wrote."""
        self._answers, self._answered = answers, 0
        self.read_at = 0.0
        """When the last of it came, by `time.monotonic`."""
        with warnings.catch_warnings():
            # Later Pythons warn of any fork beside threads; this one goes on to exec at once.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = pexpect.spawn(
                first, others, env=environment, dimensions=(rows, columns), timeout=None
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.isalive():
            self._process.kill(signal.SIGKILL)
            self._process.ptyproc.wait()
        self._process.close()
        self._home.cleanup()

    @property
    def pid(self):
        return self._process.pid

    @property
    def descriptor(self):
        return self._process.child_fd

    @property
    def rows(self):
        # pyte's own `display` fails amid a frame, where half of a wide character is written over.
        lines, columns = self._screen.buffer, range(self._screen.columns)
        return [
            "".join(lines[row][column].data for column in columns).rstrip()
            for row in range(self._screen.lines)
        ]

    @property
    def text(self):
        return "\n".join(self.rows)

    def row(self, text):
        """Return the first row that holds `text`, "" where there is none."""
        return next((row for row in self.rows if text in row), "")

    @property
    def status(self):
        """The line of numbers under the panes."""
        return next((row for row in self.rows if row.startswith(" epoch ")), "")

    @property
    def epoch(self):
        """The epoch of the status line; None while there is no such line."""
        found = re.match(r" epoch ([\d,]+) ", self.status)
        return int(found[1].replace(",", "")) if found else None

    @property
    def verdict(self):
        """The sentence under the status line, on one line or two."""
        if not self.status:
            return ""
        below = self.rows[self.rows.index(self.status) + 1 : -1]
        return " ".join(" ".join(below).split())

    @property
    def left_behind(self):
        """What the program wrote after it left the screen of its own, control sequences apart."""
        _, left, after = self.output.rpartition(b"\x1b[?1049l")
        assert left, "the alternate screen was not left"
        assert b"\x1b[?25h" in after, "the cursor was not shown again"
        return CONTROL.sub(b"", after).decode()

    @property
    def modes(self):
        """The private modes that the program left on, and how many keyboard settings."""
        states = dict(MODE.findall(self.output))
        on = {int(mode) for mode, state in states.items() if state == b"h"}
        return on, self.output.count(b"\x1b[>") - self.output.count(b"\x1b[<u")

    def press(self, *keys):
        """Press `keys`, by their names or as they are."""
        os.write(self.descriptor, "".join(KEYS.get(key, key) for key in keys).encode())

    def send(self, data):
        """Send bytes, whatever they are."""
        while data:
            data = data[os.write(self.descriptor, data[:4096]) :]

    def resize(self, columns, rows):
        self._screen.resize(rows, columns)
        self._process.setwinsize(rows, columns)

    def wipe(self):
        """Forget what is on the screen, as a terminal does that another program has used."""
        self._screen.reset()

    def send_signal(self, number):
        self._process.kill(number)

    def hang_up(self):
        """Close the terminal, as a dropped line does."""
        self._process.ptyproc.fileobj.close()
        self._process.child_fd = -1

    def wait_for(self, wanted, seconds=DEADLINE_SECONDS):
        """Read until a text is on the screen, or a condition holds; fail, with the screen."""
        met = wanted if callable(wanted) else lambda: wanted in self.text
        deadline = time.monotonic() + seconds
        while not met():
            late = time.monotonic() > deadline
            if late or not self._read():
                why = f"waited {seconds} s in vain" if late else "the program ended"
                raise AssertionError(f"{why}; wanted {wanted!r}, on the screen is:\n{self.text}")

    def sees(self, *texts):
        """Wait until all of `texts` are on the screen."""
        for text in texts:
            self.wait_for(text)
        self.wait_for(lambda: all(text in self.text for text in texts))

    def reads_for(self, seconds):
        """Read for so long, for a measurement."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._read()

    def ended(self, seconds=DEADLINE_SECONDS):
        """Wait until the program has ended; return its exit code, or minus the signal's number."""
        deadline = time.monotonic() + seconds
        while self._process.isalive():
            assert time.monotonic() < deadline, f"still there after {seconds} s:\n{self.text}"
            if not self._read():
                time.sleep(POLL_SECONDS)
        self._read()
        killed_by = self._process.signalstatus
        return self._process.exitstatus if killed_by is None else -killed_by

    def feed(self, piece):
        """Bring to the screen what was read."""
        self.output += piece
        self._stream.feed(piece)
        if self._answers:
            asked = self.output.count(QUESTION)
            os.write(self.descriptor, ANSWER * (asked - self._answered))
            self._answered = asked

    def _read(self):
        """Take in what there is, waiting a little for it; return whether there may be more."""
        open_ones = [self.descriptor] if self.descriptor >= 0 else []
        ready = select.select(open_ones, [], [], POLL_SECONDS)[0]
        piece = b""
        if ready:
            with suppress(OSError):  # how Linux tells that the other side is closed
                piece = os.read(self.descriptor, 65536)
            self.read_at = time.monotonic()
        self.feed(piece)
        return bool(piece) or not ready


@contextmanager
def kept_open(terminal):
    """Hold the terminal open as a shell does, so that its modes outlive the app."""
    line = os.open(f"/proc/{terminal.pid}/fd/0", os.O_RDWR | os.O_NOCTTY)
    try:
        yield line
    finally:
        os.close(line)


def children_of(pid):
    """Return the ids of the living processes that `pid` started."""
    ids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    return [child for child in ids if lives(child) and _stat(child).parent == pid]


def lives(pid):
    """Tell whether there is such a process, more than the mere record of its end."""
    return _stat(pid).state not in "ZX"


def sleeps(pid):
    """Tell whether a process waits for something."""
    return state_of(pid) == "S"


def state_of(pid):
    """Return a process's state as `ps` has it: S waits, R runs, T is stopped, X is gone."""
    return _stat(pid).state


class _Stat(NamedTuple):
    state: str
    parent: int


def _stat(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return _Stat("X", 0)
    state, parent = stat.rpartition(")")[2].split()[:2]
    return _Stat(state, int(parent))
