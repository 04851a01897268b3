"""The upper chart of a picture: both losses by epoch, and what was done meanwhile."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tempfit_tui.export.svg import (
    FAINT,
    INK,
    TRAIN,
    VALIDATION,
    Area,
    Axis,
    Point,
    circle,
    diamond,
    freest,
    haloed,
    line,
    padded,
    path,
    text,
    width_of,
)
from tempfit_tui.frame import Change, Curve, Frame
from tempfit_tui.record import Record
from tempfit_tui.text import number, setting
from tempfit_tui.ticks import LARGEST

DEEPEST = 1e3
"""A log axis goes so many times below the least validation loss, at the most."""
NAMED = 12
"""So many changes are named at the most, the newest."""
ROWS = 4
"""On so many rows above the chart, at the most."""
ROW = 15
"""Room for one of them."""
NAME = 36
"""Room for a curve's name and last loss."""


class Mark(NamedTuple):
    """An upright line."""

    epoch: int
    words: str


def loss_chart(
    record: Record, frame: Frame, left: float, right: float, top: float, bottom: float
) -> str:
    """Return the chart of the losses between these bounds; axis names are below and beside."""
    curves = [("train", frame.train, TRAIN), ("validation", frame.val, VALIDATION)]
    drawn = [(name, curve, colour) for name, curve, colour in curves if curve.epochs]
    if not drawn:
        return text(((left + right) / 2, (top + bottom) / 2), "no losses yet", fill=FAINT)
    last = max(frame.epoch, 2)
    x = Axis(1, last, left, right)
    marks = _marks(record, frame)
    rows = _rows(marks, x)
    upper = top + ROW * max(rows.values(), default=0)
    floor = frame.setup.floor if frame.setup else None
    area = Area("losses", x, _loss_axis(frame, floor, bottom, upper))
    lines = [(_band(area, curve, frame.epoch), colour) for _, curve, colour in drawn]
    points = [point for band, _ in lines for point in band]
    return "".join(
        [
            area.axes("epoch", "mean squared error", whole=True),
            *_lines_of(marks, rows, area),
            # Training last: it moves less, and would be hidden.
            area.clipped(*(_curve(band, colour) for band, colour in reversed(lines))),
            *_floor(area, floor, points),
            *_best(area, frame, points),
            *_names(area, drawn),
        ]
    )


def _loss_axis(frame: Frame, floor: float | None, bottom: float, top: float) -> Axis:
    """Return a log axis where all losses are above 0 and span more than a decade."""
    values = [*frame.train.low, *frame.train.high, *frame.val.low, *frame.val.high]
    low, high = min(values), max(values)
    if low > 0 and high > max(10 * low, 1e-290):
        # Points learnt by heart have next to no training loss: it leaves the chart at the bottom.
        low = max(low, min(frame.val.low, default=low) / DEEPEST)
        if floor and low / DEEPEST <= floor <= high * DEEPEST:
            low, high = min(low, floor), max(high, floor)
        room = 10 ** (0.04 * (math.log10(high) - math.log10(low)))
        # More of it at the bottom, where the best epoch is named.
        return Axis(max(low / room**3, 1e-300), min(high * room, LARGEST), bottom, top, log=True)
    if floor is not None and 0 <= floor <= 10 * high:
        low, high = min(low, floor), max(high, floor)
    low, high = padded(low, high, 0.06)
    return Axis(low, high, bottom, top)


def _band(area: Area, curve: Curve, last_epoch: int) -> list[Point]:
    """Return what encloses a curve, from each column's least loss to its greatest."""
    middles = _middles(curve.epochs, last_epoch)
    upper = [area.place(x, y) for x, y in zip(middles, curve.high, strict=True)]
    lower = [area.place(x, y) for x, y in zip(middles, curve.low, strict=True)]
    if curve.last is not None:
        upper.append(area.place(last_epoch, curve.last))
    return [*upper, *reversed(lower)]


def _curve(band: list[Point], colour: str) -> str:
    """Draw a band: a line where least and greatest agree, a dot where there is but one epoch."""
    if len(set(band)) == 1:
        return circle(band[0], 3.5, fill=colour)
    outline = {"stroke": colour, "stroke_width": 1.5, "stroke_linejoin": "round"}
    return path(band, closed=True, fill=colour, fill_opacity=0.4, **outline)


def _middles(epochs: list[int], last_epoch: int) -> list[float]:
    """Return the middle epoch of each column, of those that begin at `epochs`."""
    widths = [after - epoch for epoch, after in pairwise([*epochs, last_epoch + 1])]
    # All but the last are as wide; what is beyond that was left out.
    usual = sorted(widths)[len(widths) // 2]
    return [
        epoch + max(0, min(width, usual) - 1) / 2
        for epoch, width in zip(epochs, widths, strict=True)
    ]


def _best(area: Area, frame: Frame, curves: Sequence[Point]) -> Iterator[str]:
    """Mark the least validation loss, and name its epoch nearby."""
    epoch, loss = frame.best_epoch, frame.best_loss
    if epoch is None or loss is None or not area.y.holds(loss):
        return
    x, y = area.place(epoch, loss)
    yield diamond((x, y), 5.5, fill="white", stroke=VALIDATION, stroke_width=2.0)
    words = f"best epoch {epoch:,}: {number(loss)}"
    width = width_of(words)
    spots = [
        (min(max(start, area.x.start + 6), area.x.end - width - 8), y + down)
        for start in (x + 4, x - width - 4, x + 30)
        for down in (20, -16, 34, -30)
        if area.y.end + 12 < y + down < area.y.start - 5
    ]
    yield haloed(freest(words, spots, curves), words, INK)


def _floor(area: Area, floor: float | None, curves: Sequence[Point]) -> Iterator[str]:
    if floor is None or not area.y.holds(floor):
        return
    at = area.y.at(floor)
    yield line((area.x.start, at), (area.x.end, at), stroke=FAINT, stroke_dasharray="2 4")
    words = f"line's floor {number(floor)}"
    starts = [
        area.x.start + 8 + part * (area.x.end - area.x.start) for part in (0, 0.2, 0.4, 0.6, 0.8)
    ]
    heights = [height for height in (at - 6, at + 15) if height < area.y.start - 4]
    spots = [(start, height) for start in starts for height in heights]
    yield haloed(freest(words, spots, curves), words, FAINT)


def _names(area: Area, drawn: list[tuple[str, Curve, str]]) -> Iterator[str]:
    """Write each curve's name and last loss at its right end, apart from each other."""
    ends = sorted(
        (area.y.at(curve.high[-1] if curve.last is None else curve.last), name, curve, colour)
        for name, curve, colour in drawn
    )
    lowest = area.y.start - 14 - NAME * (len(ends) - 1)
    above = area.y.end + 10
    for height, name, curve, colour in ends:
        at = max(above, min(lowest, height))
        above, lowest = at + NAME, lowest + NAME
        place = area.x.end + 12
        loss = "not finite" if curve.last is None else number(curve.last)
        yield text((place, at), name, fill=colour, font_weight="bold")
        yield text((place, at + 15), loss, fill=colour)


def _marks(record: Record, frame: Frame) -> list[Mark]:
    """Return what happened to the run, by epoch."""
    changed = [Mark(change.epoch, _words(change)) for change in record.changes]
    stopped = [Mark(stop.epoch, "early stop") for stop in record.early_stops]
    marks = sorted(changed + stopped)
    return [mark for mark in marks if 1 <= mark.epoch <= frame.epoch and mark.words]


def _words(change: Change) -> str:
    """Return a change in few words, as in `lr 0.001`."""
    told = []
    for name, value in change.after.items():
        key = "noise" if name == "input_noise.sigma" else name.partition(".")[2].replace("_", " ")
        words = f"{value:.3g}" if isinstance(value, float) else setting(value)
        # An optimizer or a gradient speaks for itself.
        told.append(words if isinstance(value, str) else f"{key} {words}")
    return f"{', '.join(told[:2])}{', …' if len(told) > 2 else ''}"


def _rows(marks: list[Mark], x: Axis) -> dict[int, int]:
    """Return on which row above the chart each mark is named, by its place in the list; from 1.

    From the right on: a name lies above all lines that it would run into.
    """
    rows: dict[int, int] = {}
    for place, mark in reversed(list(enumerate(marks))[-NAMED:]):
        end = x.at(mark.epoch) + width_of(mark.words) + 12
        row = 1 + max((rows[at] for at in rows if x.at(marks[at].epoch) < end), default=0)
        if row <= ROWS:
            rows[place] = row
    return rows


def _lines_of(marks: list[Mark], rows: dict[int, int], area: Area) -> Iterator[str]:
    for place, mark in enumerate(marks):
        at, top = area.x.at(mark.epoch), area.y.end
        row = rows.get(place)
        if row:
            top -= ROW * row
            yield from _name(mark, (at, top), area)
        yield line((at, area.y.start), (at, top), stroke=FAINT, stroke_width=0.8)


def _name(mark: Mark, at: Point, area: Area) -> Iterator[str]:
    room = area.x.end + 100 - at[0]
    most = max(8, int(room / width_of("n")))
    yield text((at[0] + 4, at[1] + 11), mark.words, most=most, fill=FAINT)
