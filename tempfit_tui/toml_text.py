"""TOML within bounds: what would take the parser minutes, gigabytes or the whole stack is refused.

A recipe needs a fraction of these bounds. They are checked in one pass before anything is parsed.
"""

import re
import tomllib
from typing import Any

MOST_LETTERS = 1000
"""Of a number or a bare key: converting longer numbers takes a time that grows with the square."""
MOST_PARTS = 8
"""Of a dotted key: the parser's memory grows with the square of their number."""
MOST_NESTED = 8
"""Arrays and tables within each other: the parser calls itself for each."""

_QUOTED = re.compile(
    r"""
    \"{3} (?: \\(?:.|\Z) | [^\\] )*? (?: \"{3} | \Z )
    | '{3} .*? (?: '{3} | \Z )
    | \" (?: \\(?:.|\Z) | [^"\\\n] )* \"?
    | ' [^'\n]* '?
    | \# [^\n]*
    """,
    re.DOTALL | re.VERBOSE,
)
"""Strings and comments: what looks like a key in them is none."""
_WORD = re.compile(r"\w+")
_BRACKET = re.compile(r"[\[\]{}]")
_BETWEEN_KEYS = re.compile(r"[=,\[\]{}\n]")


class TooLargeError(ValueError):
    """The text goes beyond a bound; the message says in which line."""


def parse_toml(text: str) -> dict[str, Any]:
    """Return what the TOML `text` holds.

    Raises:
        TooLargeError: it goes beyond a bound.
        ValueError: it isn't TOML.
    """
    _refuse_beyond_bounds(text)
    return tomllib.loads(text)


def _refuse_beyond_bounds(text: str) -> None:
    depth = 0
    bare = _QUOTED.sub(_newlines, text)
    for number, line in enumerate(bare.split("\n"), 1):
        if any(len(word) > MOST_LETTERS for word in _WORD.findall(line)):
            raise TooLargeError(
                f"line {number}: a number or key of more than {MOST_LETTERS:,} letters; shorten it"
            )
        if any(part.count(".") >= MOST_PARTS for part in _BETWEEN_KEYS.split(line)):
            raise TooLargeError(
                f"line {number}: a dotted key of more than {MOST_PARTS} parts; no setting has them"
            )
        for bracket in _BRACKET.findall(line):
            depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
            if depth > MOST_NESTED:
                raise TooLargeError(
                    f"line {number}: more than {MOST_NESTED} arrays or tables in each other; "
                    "no setting needs them"
                )


def _newlines(quoted: re.Match[str]) -> str:
    """Return what takes the place of a string or comment: as many lines, so that they count."""
    return "s" + "\n" * quoted[0].count("\n")
