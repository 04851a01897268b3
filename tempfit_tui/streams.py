"""Standard output and error in encodings that lack signs: a plain sign in their place.

Without this, a dash ends a command in a traceback where PYTHONIOENCODING or the locale says
latin-1, cp437 or ASCII.
"""

import codecs
import encodings.ascii
import io
import sys

PLAIN = "tempfit-plain"
"""The error handler's name."""
_ASCII = "tempfit-ascii"
"""ASCII by a name that click doesn't know: in what it takes for ASCII it writes UTF-8."""
_SIGNS = {
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("‘’‚′", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}", " "),
    "…": "...",
    "→": "->",
    "←": "<-",
    "×": "x",
    "·": "-",
    "•": "*",
    "²": "^2",
    "³": "^3",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "°": "deg",
    "µ": "u",
}
"""What stands for a sign; any other character is written as `harmless` text writes it."""


def use_plain_signs() -> None:
    """Let standard output and error write what they can't encode in plain signs."""
    codecs.register_error(PLAIN, _plain)
    codecs.register(_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=_ASCII if is_ascii else None, errors=PLAIN)


def encodes(text: str) -> bool:
    """Tell whether the terminal's encoding has all characters of `text`."""
    try:
        text.encode(sys.stderr.encoding)
    except UnicodeEncodeError:
        return False
    return True


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(_SIGNS.get(letter) or _escaped(letter) for letter in letters), error.end


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _ascii(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != _ASCII:
        return None
    known = encodings.ascii.getregentry()
    return codecs.CodecInfo(
        known.encode,
        known.decode,
        incrementalencoder=known.incrementalencoder,
        incrementaldecoder=known.incrementaldecoder,
        name=_ASCII,
    )
