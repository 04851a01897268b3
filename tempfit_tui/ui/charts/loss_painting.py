"""How a LossPicture becomes lines: pure functions, no widget.

Drawn from the back: floor and changes as faint lines, axes, curves, then labels, each where there
is room for it.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from textual.geometry import Size
from textual.strip import Strip

from tempfit_tui.frame import Change, Value
from tempfit_tui.text import number, setting
from tempfit_tui.ticks import short

from .axes import Area, Margins
from .bounds import Scale
from .cells import width_of
from .chart import Look
from .foreseeing import mark_computed, name_foreseen, paint_foreseen
from .loss_picture import LossPicture
from .loss_scale import last_value, outline

WAITING = "press space to train"
LABELLED = 8
"""So many changes are named at the most, the newest."""


def paint_loss(picture: LossPicture, y: Scale, size: Size, look: Look) -> tuple[list[Strip], int]:
    """Return the lines of the chart with the y axis `y`, and how many columns a curve has."""
    if picture.is_empty:
        return _paint_empty(size, look)
    first, last = picture.first_epoch, picture.last_epoch
    end = max(last, picture.axis_end)
    ends = _Ends(picture, size.width, look)
    area = area_of(picture, y, size, look)
    cells = area.cells
    changes = [change for change in picture.changes if first <= change.epoch <= last]
    _floor_line(area, picture, look)
    for change in changes:
        for row in range(area.top, area.bottom + 1):
            letter = "|" if look.ascii_only else "│"
            cells.put(area.column(change.epoch), row, letter, look.palette.faint, under=True)
    _cursor_line(area, picture, look)
    area.draw_axes(look.palette.faint, "epoch", inside=(first, end), whole=True)
    if picture.ghost.epochs:
        area.line(outline(picture.ghost, picture.ghost_epoch), look.palette.ghost, ",")
    if picture.foreseen:
        paint_foreseen(area, picture.foreseen, look)
    _curve(area, outline(picture.train, last), look.palette.train, look.shapes.train)
    _curve(
        area,
        outline(picture.val, last),
        look.palette.validation,
        look.shapes.validation,
        dashed=look.mono and not look.ascii_only,
    )
    mark_computed(area, picture.computed, look)
    _looked_at(area, picture, look)
    _readings(area, picture, look)
    ends.write(area, area.column(last) + 2)
    _best(area, picture, look)
    if picture.foreseen:
        name_foreseen(area, picture.foreseen, look)
    _ghost_label(area, picture, look)
    _above(area, picture, look)
    _change_labels(area, changes, look)
    _floor_label(area, picture, look)
    return cells.strips(), area.dots


def area_of(picture: LossPicture, y: Scale, size: Size, look: Look) -> Area:
    """Return the chart's area, nothing drawn in it yet."""
    first, end = picture.first_epoch, max(picture.last_epoch, picture.axis_end)
    x = Scale(first, end) if first < end else Scale(first - 1, first + 1)
    margins = Margins(right=_Ends(picture, size.width, look).margin)
    return Area(look.cells(size), x, y, margins)


def _looked_at(area: Area, picture: LossPicture, look: Look) -> None:
    """Draw a line at the epoch looked back on, and a marker on each curve there."""
    at = picture.looked_at
    if at is None or at.epoch < picture.first_epoch - 1:
        return
    column = area.column(at.epoch)
    for row in range(area.top, area.bottom + 1):
        area.cells.put(column, row, "|" if look.ascii_only else "┃", look.palette.curve, under=True)
    for loss, shape, colour in (
        (at.train_loss, look.shapes.train, look.palette.train),
        (at.val_loss, look.shapes.validation, look.palette.validation),
    ):
        if loss is not None and area.y.holds(loss):
            area.cells.put(column, area.row(loss), shape, colour)
    text = f"epoch {at.epoch:,}"
    rows = (area.bottom, area.bottom - 1, area.bottom - 2, area.top, area.top + 1)
    spots = [(x, row) for row in rows for x in (column + 2, column - 1 - len(text))]
    area.cells.place(text, look.palette.curve, _within(area, spots))


def _cursor_line(area: Area, picture: LossPicture, look: Look) -> None:
    at, letter = picture.cursor, ":" if look.ascii_only else "╎"
    if at and picture.first_epoch <= at.epoch <= picture.last_epoch:
        for row in range(area.top, area.bottom + 1):
            area.cells.put(area.column(at.epoch), row, letter, look.palette.curve, under=True)


def _readings(area: Area, picture: LossPicture, look: Look) -> None:
    """Write the exact losses of the cursor's epoch beside its line."""
    at = picture.cursor
    if at is None or not picture.first_epoch <= at.epoch <= picture.last_epoch:
        return
    column = area.column(at.epoch)
    words = [(f"epoch {at.epoch:,}", look.palette.curve)]
    named = (
        ("train", at.train_loss, look.palette.train),
        ("val", at.val_loss, look.palette.validation),
    )
    words += [(f"{name} {number(loss, 8)}", ink) for name, loss, ink in named if loss is not None]
    width = max(len(text) for text, _ in words)
    starts = [start for start in (column + 2, column - 1 - width) if start > area.left]
    spots = product(starts, range(area.top, max(area.top, area.bottom - len(words) + 1) + 1))
    start, top = next(
        (
            (start, top)
            for start, top in spots
            if all(area.cells.is_free(start, top + down, width) for down in range(len(words)))
        ),
        (starts[0] if starts else area.left, area.top),
    )
    for down, (text, ink) in enumerate(words):
        area.cells.write(start, top + down, text, ink)


def _paint_empty(size: Size, look: Look) -> tuple[list[Strip], int]:
    """Return bare axes around the one sentence that starts a run."""
    cells = look.cells(size)
    area = Area(cells, Scale(0, 1), Scale(0, 1), Margins(), bare=True)
    area.draw_axes(look.palette.faint, "epoch", inside=(1, 0))
    column = area.left + max(0, (area.columns - len(WAITING)) // 2)
    cells.write(column, area.top + (area.rows - 1) // 2, WAITING, look.palette.faint)
    return cells.strips(), area.dots


def _curve(
    area: Area, points: list[tuple[float, float]], colour: str, shape: str, *, dashed: bool = False
) -> None:
    """Draw a curve; a single point as its marker, since a lone dot of braille is hardly seen."""
    if len(points) == 1:
        ((epoch, loss),) = points
        if area.y.holds(loss) or area.y.log:
            area.cells.put(area.column(epoch), area.row(loss), shape, colour)
    else:
        area.line(points, colour, shape, dashed=dashed)


class _End(NamedTuple):
    """A curve's name for its right end."""

    name: str
    value: float
    colour: str


class _Ends:
    """The curves' names at their right ends; the margin for them is as wide in every frame."""

    def __init__(self, picture: LossPicture, width: int, look: Look) -> None:
        in_full = bool(picture.val.epochs) and width >= 70
        longest = len("validation" if in_full else "train")
        named = (
            ("train", picture.train, look.palette.train),
            ("validation" if in_full else "val", picture.val, look.palette.validation),
        )
        self._ends = [
            _End(name, value, colour)
            for name, curve, colour in named
            if (value := last_value(curve)) is not None
        ]
        self._room = 0 if width < 26 else longest + (8 if width >= 45 else 0)
        self.margin = self._room + 1 if self._room else 0

    def write(self, area: Area, column: int) -> None:
        """Write each name, with its last loss if that fits, at its curve's height."""
        ends = sorted(self._ends, key=lambda end: -end.value)
        rows = [area.row(end.value) for end in ends]
        if len(rows) == 2 and rows[0] == rows[1]:
            # Apart by a row, the greater loss above.
            rows = [rows[0] - 1, rows[1]] if rows[0] > area.top else [rows[0], rows[1] + 1]
        for end, row in zip(ends, rows, strict=True):
            words = (f"{end.name} {number(end.value)}", end.name)
            text = next((words for words in words if len(words) <= self._room), "")
            if row <= area.bottom:
                area.cells.write(column, row, text, end.colour)


def _floor_line(area: Area, picture: LossPicture, look: Look) -> None:
    if picture.floor is None or not area.y.holds(picture.floor):
        return
    row = area.row(picture.floor)
    for column in range(area.left, area.right + 1):
        if not look.ascii_only:
            area.cells.put(column, row, "┈", look.palette.faint, under=True)
        elif (column - area.left) % 2:
            area.cells.put(column, row, ".", look.palette.faint, under=True)


def _floor_label(area: Area, picture: LossPicture, look: Look) -> None:
    """Write the floor's name into its line, or next to it, as far right as there is room."""
    if picture.floor is None or not area.y.holds(picture.floor):
        return
    text = f"line's floor {number(picture.floor)}"
    row = area.row(picture.floor)
    columns = range(area.right - width_of(text) - 1, area.left, -1)
    spots = product((row, row - 1, row + 1), columns)
    area.cells.place(text, look.palette.faint, _within(area, ((x, y) for y, x in spots)))


def _best(area: Area, picture: LossPicture, look: Look) -> None:
    """Mark the least validation loss from above, and name its epoch nearby."""
    if picture.best is None:
        return
    epoch, loss = picture.best
    if not (picture.first_epoch <= epoch <= picture.last_epoch and area.y.holds(loss)):
        return
    column, row = area.column(epoch), area.row(loss)
    rows = [above for above in range(row - 1, row - 4, -1) if above >= area.top]
    free = [above for above in rows if area.cells.is_free(column, above)]
    at = next(iter(free), rows[0] if rows else row)
    area.cells.put(column, at, "v" if look.ascii_only else "▼", look.palette.validation)
    ago = f", {picture.last_epoch - epoch:,} ago"
    for text in (f"best {epoch:,}: {number(loss)}{ago}", f"best {epoch:,}"):
        width = len(text)
        near = [
            (column - width // 2 + aside, at + down)
            for down in (-1, -2, 2, 3, 4)
            for aside in (0, width // 2, -(width // 2))
        ]
        beside = [(column + 2, at), (column - 1 - width, at)]
        if area.cells.place(text, look.palette.faint, _within(area, beside + near)):
            return


def _ghost_label(area: Area, picture: LossPicture, look: Look) -> None:
    """Name the ghost over or under its curve, as far right as there is room."""
    ghost = picture.ghost
    inside = [
        (area.column(epoch), area.row(loss))
        for epoch, loss in outline(ghost, picture.ghost_epoch)
        if area.y.holds(loss) and area.x.holds(epoch)
    ]
    text = picture.ghost_label
    spots = [
        (column - len(text) - aside, row + down)
        for column, row in reversed(inside)
        for down in (-1, 1, -2, 2)
        for aside in (0, 2)
    ]
    area.cells.place(text, look.palette.ghost, _within(area, spots[:400]))


def _above(area: Area, picture: LossPicture, look: Look) -> None:
    """Say where and how far the losses go above a linear axis."""
    beyond = [
        (value, epoch)
        for curve in (picture.train, picture.val)
        for epoch, value in zip(curve.epochs, curve.high, strict=True)
        if value > area.y.high * (1 + 1e-9)
    ]
    if not beyond:
        return
    value, epoch = max(beyond)
    text = f"▲ up to {short(value)}"
    start = area.column(epoch) + 2
    spots = product(range(area.top, area.bottom), range(start, area.right))
    area.cells.place(text, look.palette.faint, _within(area, ((x, y) for y, x in spots)))


def _change_labels(area: Area, changes: list[Change], look: Look) -> None:
    """Name the changes beside their lines, near the top; the newest are placed first."""
    lines = [area.column(change.epoch) for change in changes]
    rows = range(area.top, min(area.top + 4, area.bottom + 1))
    for change in reversed(changes[-LABELLED:]):
        text = change_words(change)
        column, width = area.column(change.epoch), width_of(text)
        starts = [column + 2, column - 1 - width]
        clear = [
            start for start in starts if not any(start - 1 <= at <= start + width for at in lines)
        ]
        spots = [(x, row) for xs in (clear, starts) for row in rows for x in xs]
        area.cells.place(text, look.palette.faint, _within(area, spots))


def _within(area: Area, spots: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Leave out spots that begin outside the area."""
    return (
        (column, row)
        for column, row in spots
        if column >= area.left and area.top <= row <= area.bottom
    )


def change_words(change: Change) -> str:
    """Return what changed in few words, as in `lr 0.01→0.003` or `sgd→adam`."""
    words = []
    for name, after in change.after.items():
        before = change.before.get(name)
        if before == after:
            continue
        key = name.rpartition(".")[2]
        arrow = f"{_value(before)}→{_value(after)}"
        words.append(arrow if key == "optimizer" else f"{key.replace('_', ' ')} {arrow}")
    return ", ".join(words)


def _value(value: Value) -> str:
    """Return a setting in few digits, as in 0.003 or 1.78e-5."""
    if not isinstance(value, float):
        return setting(value)
    return f"{value:.3g}".replace("e-0", "e-").replace("e+", "e").replace("e0", "e")
