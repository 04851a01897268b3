"""What a monkey does next, wherever it is: keys, clicks, drags, scrolls, pastes, resizes, edits.

Only chance decides, but it is weighted: training has to go on, and every screen to be come to.
"""

import string
from typing import NamedTuple

from tempfit_tui.catalogue import bundled_recipes
from tempfit_tui.ui.keys import KEYS


class Press(NamedTuple):
    """Keys, all at once: a character each, or a name."""

    keys: tuple[str, ...]


class Click(NamedTuple):
    x: int
    y: int
    button: int
    times: int


class Drag(NamedTuple):
    x: int
    y: int
    to_x: int
    to_y: int


class Scroll(NamedTuple):
    x: int
    y: int
    up: bool


class Paste(NamedTuple):
    text: str


class Resize(NamedTuple):
    columns: int
    rows: int


NAMES = {"space": " ", "Enter": "enter", "Esc": "escape"}
MAIN_KEYS = {NAMES.get(key.shown, key.shown): 2.0 for key in KEYS} | {
    ">": 3.0,
    # At an epoch a second little comes of it.
    "<": 0.3,
    # What begins anew ends a run that could have become long.
    "r": 0.7,
    "R": 0.7,
    "p": 0.7,
    "q": 0.5,
}
OTHER_KEYS = (
    *(string.ascii_letters + string.digits + string.punctuation + " é漢"),
    *("tab", "shift+tab", "enter", "escape", "backspace", "delete", "f1", "f5"),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *("ctrl+a", "ctrl+d", "ctrl+e", "ctrl+k", "ctrl+l", "ctrl+p", "ctrl+u", "ctrl+w"),
)
VALUES = (
    *("0", "1", "2", "5", "-1", "1e-3", "0.03", "0.1", "0.5", "0.9", "10", "64", "200"),
    *("8", "8,8", "4 4", "1,000", "0,5", "1e300", "1e-320", "nan", "inf", "-inf", "7" * 40),
    *("", " ", "off", "abc", "[bold]x", "\\", "漢字", "0x10", "1_000", "1e", "--", "true"),
)
SIZES = ((120, 40), (120, 40), (80, 24), (60, 20), (200, 60), (100, 28), (132, 43), (40, 12))
PALETTE = ("theme", "light", "dark", "keys", "learning rate", "all runs", "other recipe", "x")
PASTES = ("0.01", "r", "two\nlines\n", "\x1b[31mred", "[b]bold[/b]", "x" * 5000, "漢字 ẞ", "\t ")


def antic(rng, place, size):
    """Return what is done next at `place`, on a screen of that size."""
    ways = PLACES[place]
    way = rng.choices(list(ways), weights=list(ways.values()))[0]
    return way(rng, size)


def pressed(*keys):
    """Return the way to press these keys, all at once."""
    return lambda rng, size: Press(keys)


def _main_key(rng, _):
    return Press((_weighted(rng, MAIN_KEYS),))


def _other_key(rng, _):
    return Press((rng.choice(OTHER_KEYS),))


def _again(rng, _):
    """Return one key many times, faster than it is answered."""
    some = ("[", "[", "]", "{", "}", "+", "-", "n", "z", "tab", "l", "g", "4", "left", "right")
    key = rng.choice(some)
    return Press((key,) * rng.randint(2, 25))


def _storm(rng, _):
    """Return several keys, faster than they are answered."""
    keys = {key: weight for key, weight in MAIN_KEYS.items() if key != "q"}
    return Press(tuple(_weighted(rng, keys) for _ in range(rng.randint(2, 6))))


def _back_and_branch(rng, _):
    return Press((*["["] * rng.randint(1, 30), "b"))


def _edit(rng, _):
    """Return a value typed for some setting, taken or not."""
    move = rng.choice(("up", "down"))
    typed = rng.choice(VALUES)
    end = rng.choice(("enter", "enter", "enter", "escape", "tab"))
    return Press(("2", *[move] * rng.randint(0, 20), "enter", *typed, end))


def _turn(rng, _):
    """Return a setting turned to another value."""
    move, turn = rng.choice(("up", "down")), rng.choice(("left", "right", "enter"))
    return Press(("2", *[move] * rng.randint(0, 20), *[turn] * rng.randint(1, 3)))


def _predict(rng, _):
    """Return an input typed to be predicted for, where the fit is in sight."""
    return Press(("4", *["4"] * rng.randint(0, 2), "down", *rng.choice(VALUES), "enter"))


def _export(rng, _):
    return Press(("e", rng.choice("1234")))


def _recipe(rng, _):
    """Return another recipe opened."""
    moves = rng.randint(0, len(bundled_recipes()))
    return Press(("o", *[rng.choice("jk")] * moves, "enter"))


def _run(rng, _):
    """Return a run opened, marked or deleted."""
    moves = ["down"] * rng.randint(0, 8)
    end = rng.choice((("enter",), (" ", "down", " "), ("d",), ("d", "2"), (" ", "d", "1")))
    return Press((*moves, *end))


def _command(rng, _):
    """Return a command chosen by its words."""
    return Press((*rng.choice(PALETTE), *["down"] * rng.randint(0, 2), "enter"))


def _click(rng, size):
    return Click(*_point(rng, size), rng.choice((1, 1, 1, 1, 3)), rng.choice((1, 1, 1, 2, 3)))


def _drag(rng, size):
    return Drag(*_point(rng, size), *_point(rng, size))


def _scroll(rng, size):
    return Scroll(*_point(rng, size), rng.random() < 0.4)


def _paste(rng, _):
    return Paste(rng.choice(PASTES))


def _resize(rng, _):
    if rng.random() < 0.2:
        return Resize(rng.randint(2, 220), rng.randint(1, 70))
    return Resize(*rng.choice(SIZES))


def _point(rng, size):
    columns, rows = size
    return rng.randrange(columns), rng.randrange(rows)


def _weighted(rng, weights):
    return rng.choices(list(weights), weights=list(weights.values()))[0]


ANYWHERE = {
    _other_key: 4,
    _click: 5,
    _drag: 2,
    _scroll: 3,
    _paste: 1,
    _resize: 2,
}
MAIN = {
    **ANYWHERE,
    _main_key: 40,
    _again: 6,
    _storm: 2,
    _back_and_branch: 2,
    _edit: 8,
    _turn: 5,
    _export: 1,
    _predict: 2,
    pressed("f", "enter", "up", "enter"): 1,
    _recipe: 0.5,
    pressed("ctrl+p"): 1,
}
LIVE_KEYS = "+-l s z g w 3 4 ?".replace(" ", "")
PLACES = {
    "paused": {**MAIN, pressed(" "): 40},
    "training": {
        # Most of this leaves it training.
        **dict.fromkeys(map(pressed, LIVE_KEYS), 8),
        **{way: weight / 3 for way, weight in MAIN.items()},
    },
    "choice": {
        **ANYWHERE,
        pressed("enter"): 10,
        pressed("1"): 10,
        pressed("2"): 10,
        pressed("3"): 4,
        pressed("down"): 10,
        pressed("escape"): 10,
    },
    "recipes": {
        **ANYWHERE,
        pressed("j"): 10,
        pressed("k"): 10,
        pressed("end"): 3,
        pressed("enter"): 5,
        pressed("escape"): 15,
    },
    "runs": {**ANYWHERE, _run: 30, pressed("escape"): 15, pressed("J"): 3, pressed("end"): 3},
    "experiments": {
        **ANYWHERE,
        pressed("left"): 10,
        pressed("right"): 10,
        pressed("r"): 5,
        pressed("enter"): 10,
        pressed("escape"): 15,
    },
    "help": {**ANYWHERE, pressed("down"): 5, pressed("escape"): 20},
    "palette": {**ANYWHERE, _command: 20, pressed("escape"): 10},
    "too small": {**ANYWHERE, _resize: 30, _main_key: 10},
}
"""What is done at each place, and how often."""
