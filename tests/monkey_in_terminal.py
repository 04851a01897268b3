"""The monkey at the real program in a terminal, with the engine in its own process."""

import os
import re
import time

import proc
from antics import SIZES, Click, Drag, Paste, Press, Resize, Scroll
from helpers import until
from hostile import WHOLE
from kept_runs import check_journal, kept
from terminal import DEADLINE_SECONDS, KEYS, Terminal, children_of, lives

from tempfit_tui.catalogue import bundled_recipes

MOST_DESCRIPTORS, MOST_THREADS = 40, 20
"""More of them in the app or in the engine are a leak."""
READ_SECONDS = 0.03
"""So long a screen is read after a step; Esc alone takes longer to be known from a longer key."""
ESCAPE_SECONDS = 0.15
UNKNOWN_SECONDS = 3.0
"""After so long Esc is pressed on a screen that isn't known."""
QUIT_SECONDS = 0.5
"""How long the end of the program is read before keys are pressed again."""
NOISE = 0.03
"""How often the terminal sends something of its own between two steps."""
LOOKED_AT = 20
"""After so many steps the processes are looked at."""
SEQUENCES = {
    **KEYS,
    **{"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D"},
    **{"home": "\x1b[H", "end": "\x1b[F", "pageup": "\x1b[5~", "pagedown": "\x1b[6~"},
    **{"delete": "\x1b[3~", "backspace": "\x7f", "shift+tab": "\x1b[Z"},
    **{"f1": "\x1bOP", "f5": "\x1b[15~"},
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
SIGNS = {
    "choice": "Enter or its number takes it",
    "recipes": "Enter: open it",
    "experiments": "[─-] Experiments ",
    "palette": "Search for ",
    "help": "[─-] Help [─-]",
    "too small": "tempfit needs",
}
"""What is on no other screen."""


def place_of(rows):
    """Return which screen that is; "" where it isn't any, as while it is drawn."""
    text = "\n".join(rows)
    for place, sign in SIGNS.items():
        if re.search(sign, text):
            return place
    if rows[0].startswith(" Runs"):
        return "runs"
    if rows[0].startswith(" tempfit  ") and any(re.match(r" epoch [\d,]+ ", row) for row in rows):
        return "training" if " running " in rows[0] else "paused"
    return ""


class Witness:
    """The runs that were in the journal, and which of them could have been deleted since."""

    def __init__(self, home):
        self.home, self.known, self.deleted = home, {}, set()
        self.deleting = False

    def look(self):
        """See that no run is gone that wasn't deleted, and none has become shorter."""
        runs = {run.id: run.epochs for run in kept(self.home)}
        gone = self.known.keys() - runs.keys()
        assert self.deleting or not gone, f"lost runs: {gone}"
        self.deleted |= gone
        for run, epochs in runs.items():
            assert epochs >= self.known.get(run, 0), f"run {run} has lost epochs"
        self.known, self.deleting = runs, False


class Sitting:
    """The monkey before one program."""

    def __init__(self, monkey, terminal, size, witness):
        self._monkey, self._terminal = monkey, terminal
        self._size, self._witness = size, witness
        self._read_to = 0
        self._engine = None

    @property
    def place(self):
        return place_of(self._terminal.rows)

    def live(self):
        """Do what comes to mind until the program is left, or all is done."""
        terminal = self._terminal
        self._wait_for_place()
        terminal.wait_for(lambda: children_of(terminal.pid))
        (self._engine,) = children_of(terminal.pid)
        while self._monkey.done < self._monkey.steps and lives(terminal.pid):
            place = self.place or "paused"
            self._witness.deleting |= place == "runs" or "Delete " in terminal.text
            self._do(self._monkey.next(place, self._size))
            self._check()

    def _do(self, what):
        if self._monkey.rng.random() < NOISE and lives(self._terminal.pid):
            self._terminal.send(self._monkey.rng.choice(list(WHOLE.values())))
        self._send(what)
        alone = isinstance(what, Press) and what.keys[-1] == "escape"
        self._terminal.reads_for(ESCAPE_SECONDS if alone else READ_SECONDS)

    def _send(self, what):
        terminal = self._terminal
        match what:
            case Press(keys):
                self._write("".join(SEQUENCES.get(key, key) for key in keys))
            case Click(x, y, button, times):
                self._write(times * (_mouse(button - 1, x, y) + _mouse(button - 1, x, y, up=True)))
            case Drag(x, y, to_x, to_y):
                way = [((x + to_x) // 2, (y + to_y) // 2), (to_x, to_y)]
                moves = "".join(_mouse(32, *there) for there in way)
                self._write(_mouse(0, x, y) + moves + _mouse(0, to_x, to_y, up=True))
            case Scroll(x, y, up):
                self._write(_mouse(64 if up else 65, x, y))
            case Paste(text):
                self._write(f"\x1b[200~{text}\x1b[201~")
            case Resize(columns, rows):
                self._size = columns, rows
                terminal.resize(columns, rows)

    def _write(self, text):
        if lives(self._terminal.pid):
            os.write(self._terminal.descriptor, text.encode())

    def _check(self):
        """See that all is as it should be, whatever was done."""
        terminal = self._terminal
        new = bytes(terminal.output[max(0, self._read_to - 20) :])
        self._read_to = len(terminal.output)
        assert b"Traceback" not in new, f"it says:\n{terminal.text}"
        assert "engine stopped" not in terminal.text, terminal.text
        if not self.place:
            self._wait_for_place()
        if self._monkey.done % LOOKED_AT == 0 and lives(terminal.pid):
            for process in (terminal.pid, self._engine):
                assert lives(process), "the engine is gone"
                open_files, threads = proc.descriptors(process), proc.threads(process)
                assert open_files <= MOST_DESCRIPTORS, f"{open_files} descriptors"
                assert threads <= MOST_THREADS, f"{threads} threads"
            self._witness.look()

    def _wait_for_place(self):
        """Wait until the screen is one of those there are, unless the program is left."""
        terminal, began = self._terminal, time.monotonic()
        while not self.place and lives(terminal.pid):
            waited = time.monotonic() - began
            assert waited < DEADLINE_SECONDS, f"which screen is this?\n{terminal.text}"
            terminal.reads_for(READ_SECONDS)
            if waited > UNKNOWN_SECONDS:
                # The command palette has no sign while a text is in its field, nor has a pane
                # that it maximised.
                self._write("\x1b")
                terminal.reads_for(ESCAPE_SECONDS)

    def ends(self):
        """Close what is open and leave, if it isn't left; see that nothing stays behind."""
        terminal = self._terminal
        self._do(Resize(120, 40))
        deadline = time.monotonic() + DEADLINE_SECONDS
        # After ctrl+z keys are the shell's for a moment, so all of it may have to be pressed again.
        while lives(terminal.pid):
            assert time.monotonic() < deadline, f"it can't be closed:\n{terminal.text}"
            if self.place in ("paused", "training"):
                self._do(Press(("3",)))  # out of a text field
                self._do(Press(("escape",)))
                self._do(Press(("q",)))
                terminal.reads_for(QUIT_SECONDS)
            else:
                self._do(Press(("escape",)))
        code = terminal.ended()
        assert code == 0, f"exit {code}:\n{terminal.text}"
        # Keys that came too late are the shell's: the terminal echoes them, on one line.
        assert terminal.left_behind.count("\n") <= 1, terminal.left_behind
        until(lambda: not lives(self._engine), "the engine's end")


def _mouse(button, x, y, up=False):
    return f"\x1b[<{button};{x + 1};{y + 1}{'m' if up else 'M'}"


def live(monkey, home):
    """Do all steps; return what there was."""
    rng, witness = monkey.rng, Witness(home)
    while monkey.done < monkey.steps:
        monkey.sittings += 1
        size = rng.choice(SIZES[:-1])
        options = [rng.choice(list(bundled_recipes()))]
        options += ["--speed", rng.choice(("100", "500", "full"))]
        options += ["--start"] * (rng.random() < 0.5) + ["--ascii"] * (rng.random() < 0.2)
        with Terminal(*options, size=size, home=home) as terminal:
            sitting = Sitting(monkey, terminal, size, witness)
            sitting.live()
            sitting.ends()
    log = home / "engine.log"
    assert "Traceback" not in log.read_text(), log.read_text()
    counts = check_journal(home, witness.known, witness.deleted, rng)
    return {"sittings": monkey.sittings, **counts}
