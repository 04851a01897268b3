"""SVG made of elements: text that is always harmless, axes with ticks, clipped areas."""

import math
from collections.abc import Sequence
from html import escape
from itertools import chain
from typing import Any, NamedTuple

from tempfit_tui.text import harmless
from tempfit_tui.ticks import LARGEST, labels, linear_ticks, log_ticks

INK, FAINT, GRID = "#222222", "#6b6b6b", "#e4e4e4"
TRAIN, VALIDATION = "#0072b2", "#d55e00"
"""Told apart by colour-blind people too (Okabe and Ito)."""
SMALL = 12
"""The size of what is written in a chart."""
CLEAR = 11.0
"""As far from the middle of a word, a curve is clear of it."""
LETTER = 0.56
"""About how wide a letter is, in heights of it."""

Point = tuple[float, float]


def escaped(words: str) -> str:
    """Return `words` as they can stand in a document, whatever is in them."""
    return escape(harmless(words))


def element(name: str, *inside: str, **attributes: object) -> str:
    """Return an element with `attributes`, an underscore in their names for a hyphen."""
    told = "".join(
        f' {key.replace("_", "-")}="{escaped(_short(value))}"' for key, value in attributes.items()
    )
    return f"<{name}{told}>{''.join(inside)}</{name}>" if inside else f"<{name}{told}/>"


def text(at: Point, words: str, *, most: int = 120, **attributes: object) -> str:
    """Return `words`, cut after so many letters."""
    cut = words if len(words) <= most else f"{words[: most - 1]}…"
    return element("text", escaped(cut), x=at[0], y=at[1], **attributes)


def haloed(at: Point, words: str, fill: str, anchor: str = "start") -> str:
    """Return `words` that can be read over lines: a copy in broad white lies below them."""
    below: dict[str, Any] = {"stroke": "white", "stroke_width": 4, "stroke_linejoin": "round"}
    return "".join(
        text(at, words, fill=colour, text_anchor=anchor, **extra)
        for colour, extra in (("white", below), (fill, {}))
    )


def line(start: Point, end: Point, **attributes: object) -> str:
    """Return a straight line."""
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], **attributes)


def path(points: Sequence[Point], *, closed: bool = False, **attributes: object) -> str:
    """Return a line through `points`, or the area within them."""
    steps = " L".join(f"{_short(x)},{_short(y)}" for x, y in points)
    return element("path", d=f"M{steps}{' Z' if closed else ''}", **attributes)


def circle(at: Point, radius: float, **attributes: object) -> str:
    """Return a circle."""
    return element("circle", cx=at[0], cy=at[1], r=radius, **attributes)


def diamond(at: Point, radius: float, **attributes: object) -> str:
    """Return a square that stands on a corner."""
    (x, y), r = at, radius
    return path([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], closed=True, **attributes)


def width_of(words: str, size: float = SMALL) -> float:
    """Return about how wide `words` are."""
    return len(words) * size * LETTER


def freest(words: str, spots: Sequence[Point], points: Sequence[Point]) -> Point:
    """Return the first of the `spots` at which `words` hide the fewest of the `points`."""

    def hidden(spot: Point) -> int:
        (left, base), right = spot, spot[0] + width_of(words)
        middle = base - SMALL / 3
        return sum(left - 6 <= x <= right + 6 and abs(y - middle) < CLEAR for x, y in points)

    return min(spots, key=hidden)


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


class Axis(NamedTuple):
    """From `low` to `high` between two places of the picture; on a log axis both are above 0."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return where `value` is, never far out of the picture."""
        low, high, value = (max(-LARGEST, min(LARGEST, v)) for v in (self.low, self.high, value))
        if self.log:
            least = max(value, 1e-300)
            low, high, value = math.log10(low), math.log10(high), math.log10(least)
        part = max(-10.0, min(10.0, (value - low) / (high - low)))
        return self.start + part * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Tell whether `value` is on the axis."""
        return self.low <= value <= self.high

    def ticks(self, most: int, *, whole: bool = False) -> list[tuple[float, str]]:
        """Return at most so many ticks and their labels."""
        if self.log:
            found = log_ticks(self.low, self.high, most)
        else:
            found = linear_ticks(self.low, self.high, most, whole=whole)
        return list(zip(found, labels(found, log=self.log), strict=True))


def padded(low: float, high: float, part: float) -> tuple[float, float]:
    """Return bounds with `part` of their distance beyond each end; a single value is centred."""
    low, high = (max(-LARGEST, min(LARGEST, value)) for value in (low, high))
    size = max(abs(low), abs(high))
    if high - low > max(1e-9 * size, 1e-290):
        room = (high - low) * part
    else:
        room = size / 10 if size > 1e-280 else 1.0
    return low - room, high + room


class Area(NamedTuple):
    """The inside of a chart."""

    name: str
    """Of its clip path."""
    x: Axis
    y: Axis

    def place(self, x: float, y: float) -> Point:
        """Return where a point is in the picture."""
        return self.x.at(x), self.y.at(y)

    def axes(self, x_name: str, y_name: str, *, whole: bool = False) -> str:
        """Return grid, ticks and names; the grid lies below what is drawn later."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        across = (
            (
                line((left, at), (right, at), stroke=GRID),
                text((left - 8, at + 4), label, text_anchor="end", fill=FAINT),
            )
            for value, label in self.y.ticks(7)
            for at in [self.y.at(value)]
        )
        along = (
            (
                line((at, bottom), (at, bottom + 5), stroke=FAINT),
                text((at, bottom + 18), label, text_anchor="middle", fill=FAINT),
            )
            for value, label in self.x.ticks(8, whole=whole)
            for at in [self.x.at(value)]
        )
        middle = (top + bottom) / 2
        return "".join(
            [
                *chain.from_iterable(chain(across, along)),
                path([(left, top), (left, bottom), (right, bottom)], fill="none", stroke=FAINT),
                text(
                    ((left + right) / 2, bottom + 38),
                    x_name,
                    most=60,
                    text_anchor="middle",
                    fill=INK,
                ),
                text(
                    (left - 62, middle),
                    y_name,
                    most=40,
                    text_anchor="middle",
                    fill=INK,
                    transform=f"rotate(-90 {_short(left - 62)} {_short(middle)})",
                ),
            ]
        )

    def clipped(self, *inside: str) -> str:
        """Return what is drawn without what is outside."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        box = element("rect", x=left, y=top, width=right - left, height=bottom - top)
        clip = element("clipPath", box, id=self.name)
        return clip + element("g", *inside, clip_path=f"url(#{self.name})")
