"""Words for people: numbers, text from files made harmless, and the one error for bad input."""

import math
from decimal import Decimal

DASH = "—"
LONGEST_TITLE, LONGEST_TEXT = 200, 1000
"""In characters; what a file holds beyond is not shown."""


def harmless(text: str) -> str:
    r"""Return `text` with every control or invisible character written out, as in `\x1b`.

    What a file holds can then neither move the cursor nor break a line.
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def brief(text: str, most: int = LONGEST_TEXT) -> str:
    """Return `text` as `harmless` does, shortened to at most `most` characters with an ellipsis."""
    if len(text) <= most and len(shown := harmless(text)) <= most:
        return shown
    return harmless(text[:most])[: most - 1] + "…"


class InputError(Exception):
    """What a person gave cannot be used.

    The message is one line that names the file, the line or key, the value and the mend.
    """

    def __init__(self, message: str) -> None:
        super().__init__(harmless(message))


def finite(value: float | None, unit: float = 1.0) -> float | None:
    """Return `value` in `unit`; None where there is none, or it isn't finite."""
    return value * unit if value is not None and math.isfinite(value) else None


def number(value: float | None, digits: int = 4) -> str:
    """Return `value` to `digits` significant digits, as in 2.928, 12,345 or 1.2e-7."""
    if value is None:
        return DASH
    if not math.isfinite(value):
        return "not finite"
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if not -5 <= power < 7:
        trimmed = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{trimmed}e{power}"
    places = max(0, digits - 1 - power)
    return f"{value:,.{places}f}"


def resolved(value: float | None, step: float, digits: int = 6) -> str:
    """Return `value` as `number` does, with more digits where it takes them to tell `step`.

    A time of 1,717,211,700 s among others an hour apart is not 1.71721e9.
    """
    if value and step and math.isfinite(value):
        digits = max(digits, min(15, math.ceil(math.log10(abs(value) / step)) + 1))
        if digits > 6:
            return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return number(value, digits)


def fixed(value: float | None, places: int) -> str:
    """Return `value` with `places` decimals, as the article prints losses (6) and parameters (4).

    Where fewer than four of them would be significant digits it has `places` significant digits
    instead, as in 4.059e-05; from 10 million on it is in scientific notation.
    """
    if value is None or not math.isfinite(value):
        return "not finite"
    size = abs(value)
    if size >= 1e7:
        return f"{value:.{places}e}"
    return f"{value:.{places}f}" if size >= 10.0 ** (3 - places) else f"{value:.{places}g}"


def exact(value: float) -> str:
    """Return a finite `value` in the fewest digits that give it back, as in 45.5 or 1.2e-7."""
    if value == 0:
        return "0"
    shortest = Decimal(repr(value))
    if -5 <= shortest.adjusted() < 16:
        digits = f"{shortest:f}"
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    mantissa, _, exponent = f"{shortest:e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def signed(value: float | None) -> str:
    """Return `value` as what comes after a term of a sum, as in + 2.5 or − 17.3."""
    if value is None:
        return f"+ {number(value)}"
    return f"{'−' if value < 0 else '+'} {number(abs(value))}"


def setting(value: float | int | str | bool | tuple[int | float, ...] | None) -> str:
    """Return a setting's value in the fewest digits that give it back, as in 0.01."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else harmless(value)
