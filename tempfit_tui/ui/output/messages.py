"""The Textual messages that whole pieces of input stand for: the only place that knows its parser.

Textual has no public way from a sequence to its key. Its parser's tables are used here for one
sequence at a time, with numbers that they can take; its own reading of bytes is not.
"""

import re
from collections.abc import Iterator

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from .pieces import Piece
from .size import MOST_COLUMNS, MOST_LINES

_FOCUS: dict[str, type[Message]] = {"\x1b[I": events.AppFocus, "\x1b[O": events.AppBlur}
_MOUSE = re.compile(r"\x1b\[<(\d{1,3});(\d{1,5});(\d{1,5})[Mm]")
_SYNCHRONIZED = re.compile(r"\x1b\[\?2026;[1-4]\$y")
_PLACE = re.compile(r"\x1b\[\d*;\d*R")
"""Where the cursor is, or F3 with a modifier: the same to the byte."""
_NUMBERED_KEY = re.compile(r"\x1b\[([\d:]*)((?:;[\d:]*){0,2})([u~A-HPQS])")
_MOST_MODIFIERS = 256
_RELEASED = "3"


class Translator:
    """Turns pieces into messages; what is no key, mouse report or answer is dropped."""

    def __init__(self) -> None:
        self._parser = XTermParser()

    def messages(self, piece: Piece) -> Iterator[Message]:
        """Return the messages for a piece; often one, for most answers none."""
        if piece.kind == "paste":
            yield events.Paste(piece.text)
        elif piece.kind == "text":
            for character in piece.text:
                yield from self._keys(character)
        elif focus := _FOCUS.get(piece.text):
            yield focus()
        elif mouse := _MOUSE.fullmatch(piece.text):
            yield from self._mouse(piece.text, *map(int, mouse.groups()))
        elif _SYNCHRONIZED.fullmatch(piece.text):
            yield TerminalSupportsSynchronizedOutput()
        elif numbered := _NUMBERED_KEY.fullmatch(piece.text):
            yield from self._numbered(*numbered.groups())
        elif piece.text == "\x1b":
            yield events.Key("escape", "\x1b")
        elif piece.text in ANSI_SEQUENCES_KEYS and not _PLACE.fullmatch(piece.text):
            yield from self._keys(piece.text)
        elif len(piece.text) == len("\x1bx"):
            yield from self._keys(piece.text[1], alt=True)

    def _keys(self, sequence: str, *, alt: bool = False) -> Iterator[Message]:
        for key in self._parser._sequence_to_key_events(sequence, alt):
            if key.key != Keys.Ignore:
                yield key

    def _mouse(self, report: str, buttons: int, column: int, line: int) -> Iterator[Message]:
        inside = 0 < column <= MOST_COLUMNS and 0 < line <= MOST_LINES
        if inside and buttons < 256 and (event := self._parser.parse_mouse_code(report)):
            yield event

    def _numbered(self, code: str, others: str, final: str) -> Iterator[Message]:
        """Return a key by its number, modifiers and text, unless one of them can't be meant."""
        modifiers, text = [*others.split(";")[1:], "", ""][:2]
        code, (modifier, _, kind) = code.partition(":")[0], modifiers.partition(":")
        points = [point for point in text.split(":") if point]
        is_known = _is_character(code or "1") and all(map(_is_character, points))
        if is_known and int(modifier or 1) in range(1, _MOST_MODIFIERS + 1) and kind != _RELEASED:
            rest = ";".join([modifier, *([":".join(points)] if points else [])])
            yield from self._keys(f"\x1b[{code}{';' if rest else ''}{rest}{final}")


def _is_character(point: str) -> bool:
    """Tell whether a number, in digits, is that of a character of Unicode."""
    return len(point) <= 7 and int(point) <= 0x10FFFF and not 0xD800 <= int(point) <= 0xDFFF
