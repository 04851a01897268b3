"""What a terminal sends, cut into whole pieces of bounded length; what can't be used is dropped.

Anything can be among the keys: bytes of another encoding, sequences that never end, pastes of any
length, answers to questions that the app didn't ask. Textual's own parser fails on some of them
and takes others for keys. This module knows neither Textual nor a terminal: bytes in, pieces out.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

LONGEST_SEQUENCE = 64
"""In bytes; the longest that a terminal sends, a key with its text, has about 40."""
LONGEST_PASTE = 500
"""In characters; more than any text field takes."""
SEQUENCE_SECONDS, PASTE_SECONDS = 0.1, 0.5
"""When nothing more has come for so long, a sequence or a paste that has begun is over."""

_UTF8 = rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
_PART_OF_UTF8 = rb"[\xc2-\xf4][\x80-\xbf]{0,2}"
_CSI = rb"(?:\x1b\[|\x9b)"
_SS3 = rb"(?:\x1bO|\x8f)"
_PARAMETERS = rb"[ -?]{0,%d}" % LONGEST_SEQUENCE
_PIECE = re.compile(
    rb"(?P<text>(?:[^\x1b\x80-\xff]+|%(utf8)s)+)"
    # A key, or the mouse, of which no more has come yet.
    rb"|(?P<begun>(?:%(csi)s(?:M.{0,2}|\[|%(parameters)s)|%(ss3)s[0-9]?|\x1b?%(part)s|\x1b)\Z)"
    # The oldest mouse report: three bytes of any value. Textual doesn't read it.
    rb"|(?P<mouse>%(csi)sM.{3})"
    rb"|(?P<paste>%(csi)s200~)"
    rb"|(?P<sequence>%(csi)s(?:\[[A-E]|%(parameters)s[@-~])|%(ss3)s[0-9]?[ -~]"
    rb"|\x1b(?:[^\x1b\[O\]PX^_\\\x80-\xff]|%(utf8)s))"
    rb"|(?P<escape>\x1b(?=\x1b))"
    # Texts from the terminal, such as its name or the clipboard: none was asked for.
    rb"|(?P<string>\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])"
    rb"|(?P<broken>%(csi)s)"
    rb"|(?P<stray>\x1b\\|.)"
    % {
        b"utf8": _UTF8,
        b"part": _PART_OF_UTF8,
        b"csi": _CSI,
        b"ss3": _SS3,
        b"parameters": _PARAMETERS,
    },
    re.DOTALL,
)
_END_OF_STRING = re.compile(rb"[\x07\x18\x1a]|(?=\x1b)")
_END_OF_BROKEN = re.compile(rb"(?=[^ -?])")
_END_OF_PASTE = b"\x1b[201~"


class Piece(NamedTuple):
    """Something that a terminal sent, whole and in 7-bit form."""

    kind: Literal["text", "sequence", "paste"]
    """Characters that were typed, one escape sequence (Esc alone is one), or a pasted text."""
    text: str
    """All its characters are printable or control characters of ASCII."""


class Cutter:
    """Takes bytes as they come, and returns the pieces that are whole by then."""

    def __init__(self) -> None:
        self._rest = b""
        """What has begun and may become a piece: at most `LONGEST_SEQUENCE` and a few bytes."""
        self._paste: bytearray | None = None
        self._dropped_until: re.Pattern[bytes] | None = None

    @property
    def patience(self) -> float | None:
        """After how many seconds without input to call `pause`; None for never."""
        if self._paste is not None:
            return PASTE_SECONDS
        return SEQUENCE_SECONDS if self._rest or self._dropped_until else None

    def feed(self, data: bytes) -> list[Piece]:
        """Return the pieces that are whole with `data`."""
        data, self._rest = self._rest + data, b""
        return [*self._cut(data)]

    def pause(self) -> list[Piece]:
        """Return what had begun, as nothing more comes: Esc, or a paste without an end."""
        begun, self._rest, self._dropped_until = self._rest, b"", None
        if self._paste is not None:
            return [self._pasted()]
        return [_sequence(begun)] if begun.startswith(b"\x1b") else []

    def _cut(self, data: bytes) -> Iterator[Piece]:
        place = 0
        while place < len(data):
            if self._paste is not None:
                place = self._take_pasted(data, place)
                if place:
                    yield self._pasted()
                else:
                    return
            elif self._dropped_until:
                if not (end := self._dropped_until.search(data, place)):
                    return
                self._dropped_until, place = None, end.end()
            else:
                found = _PIECE.match(data, place)
                assert found, "any byte is at least a stray one"
                place = found.end()
                yield from self._piece(str(found.lastgroup), found[0])

    def _piece(self, kind: str, data: bytes) -> Iterator[Piece]:
        match kind:
            case "text":
                if text := _clean(data, also=_KEYS):
                    yield Piece("text", text)
            case "sequence" | "escape":
                yield _sequence(data)
            case "begun":
                self._rest = data
            case "paste":
                self._paste = bytearray()
            case "string":
                self._dropped_until = _END_OF_STRING
            case "broken":
                self._dropped_until = _END_OF_BROKEN

    def _take_pasted(self, data: bytes, place: int) -> int:
        """Take in what is pasted; return where the paste ends, 0 if not in `data`."""
        end = data.find(_END_OF_PASTE, place)
        until = end
        if end < 0:
            last = data.rfind(b"\x1b", max(place, len(data) - len(_END_OF_PASTE)))
            is_begun = last >= 0 and _END_OF_PASTE.startswith(data[last:])
            until = last if is_begun else len(data)
            self._rest = data[until:]
        assert self._paste is not None
        self._paste += data[place:until][: 4 * LONGEST_PASTE - len(self._paste)]
        return end + len(_END_OF_PASTE) if end >= 0 else 0

    def _pasted(self) -> Piece:
        pasted, self._paste = self._paste or b"", None
        return Piece("paste", _clean(bytes(pasted), also="\t\r\n")[:LONGEST_PASTE])


_KEYS = "".join(map(chr, (*range(0x20), 0x7F)))


def _clean(data: bytes, also: str) -> str:
    """Return the text that is UTF-8 in `data`: what is printable, and the characters in `also`."""
    text = data.decode("utf-8", "ignore")
    return "".join(letter for letter in text if letter.isprintable() or letter in also)


def _sequence(data: bytes) -> Piece:
    """Return a sequence; one that begins with an 8-bit control character in its 7-bit form."""
    data = data.replace(b"\x9b", b"\x1b[", 1) if data[0] == 0x9B else data
    data = data.replace(b"\x8f", b"\x1bO", 1) if data[0] == 0x8F else data
    return Piece("sequence", _clean(data, also=_KEYS))
