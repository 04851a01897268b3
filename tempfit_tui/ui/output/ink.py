"""How a character looks in the terminal, and the least that turns one look into another."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_OFF = {
    **{"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25"},
    **{"7": "27", "8": "28", "9": "29", "21": "24", "53": "55"},
}
"""What turns an attribute off; bold and faint are turned off together."""
_UNSEEN = frozenset({"1", "2", "3", "5", "6", "8"})
"""Attributes that nothing is seen of where there is a blank."""


class Ink(NamedTuple):
    """Attributes and colours, as the numbers of the sequence that sets them."""

    attributes: frozenset[str]
    fore: str | None
    """"" for the terminal's own; None for any, as nothing is seen of it."""
    back: str

    @property
    def of_blank(self) -> "Ink":
        """What is seen of it where there is a blank."""
        return _of_blank(self)

    def covers(self, other: "Ink") -> bool:
        """Tell whether what is in the `other` ink looks the same in this."""
        return other == self or (other.fore is None and other == self.of_blank)

    def after(self, before: "Ink") -> str:
        """Return the sequence that turns `before` into this, "" where nothing need be done."""
        if before.covers(self):
            return ""
        lost = {_OFF[attribute] for attribute in before.attributes - self.attributes}
        kept = frozenset[str]() if lost else before.attributes
        codes = [*sorted(lost), *sorted(self.attributes - kept)]
        if self.fore not in {None, before.fore}:
            codes.append(self.fore or "39")
        if self.back != before.back:
            codes.append(self.back or "49")
        return f"\x1b[{';'.join(codes)}m"

    @property
    def place(self) -> tuple[str, ...]:
        """Where it comes in an order that changes as little as can be from one to the next."""
        return (self.back, *sorted(self.attributes), self.fore or "")


PLAIN = Ink(frozenset(), "", "")


@lru_cache(1024)
def _of_blank(look: Ink) -> Ink:
    return look if look.attributes - _UNSEEN else Ink(frozenset(), None, look.back)


@lru_cache(1024)
def ink(numbers: str) -> Ink:
    """Return the look that a sequence of `numbers` sets, from plain."""
    look = PLAIN
    codes = iter(numbers.split(";"))
    for code in codes:
        if code in {"", "0"}:
            look = PLAIN
        elif code in _OFF:
            look = look._replace(attributes=look.attributes | {code})
        elif code.startswith(("4", "10")):
            look = look._replace(back=_colour(code, codes))
        else:
            look = look._replace(fore=_colour(code, codes))
    return look


def _colour(code: str, codes: Iterator[str]) -> str:
    """Return the numbers of a colour, which are more than one for those beyond the sixteen."""
    if code not in {"38", "48"}:
        return "" if code in {"39", "49"} else code
    kind = next(codes, "")
    return ";".join([code, kind, *(next(codes, "") for _ in range(3 if kind == "2" else 1))])
