"""How a FitPicture becomes lines: pure functions, no widget.

Drawn from the back: axes, the curve, then the observations over it.
"""

from typing import NamedTuple

from textual.geometry import Size
from textual.strip import Strip

from .axes import Area, Margins
from .cells import shortened, width_of
from .chart import Look
from .fit_picture import FitPicture, Observations, curve_points


class Spots(NamedTuple):
    """The cells (column, row) that hold observations."""

    train: set[tuple[int, int]]
    validation: set[tuple[int, int]]


def spots(seen: Observations, size: Size, look: Look) -> Spots:
    """Return the cells where the observations fall in a chart of that size."""
    area = area_of(seen, size, look)
    return Spots(
        *({(area.column(x), area.row(y)) for x, y in points} for points in (seen[0], seen[1]))
    )


def paint_fit(
    picture: FitPicture, seen: Observations, at: Spots, size: Size, look: Look
) -> tuple[list[Strip], int]:
    """Return the lines of the chart, and how many points a curve has."""
    area = area_of(seen, size, look)
    cells, palette, shapes = area.cells, look.palette, look.shapes
    area.draw_axes(palette.faint, picture.x_name, inside=(seen.x.low, seen.x.high))
    points = curve_points(picture)
    cross = _cursor(area, picture, look)
    area.line(points, palette.curve, ".")
    if cross:
        cells.put(*cross, "+" if look.ascii_only else "┼", palette.curve)
    train = palette.curve if picture.unknown_split else palette.train
    for x, y in picture.drawn:
        if area.x.holds(x) and area.y.holds(y):
            cells.put(area.column(x), area.row(y), _drawn(look), palette.train, under=True)
    for group, letter, colour in (
        (at.train, shapes.train, train),
        (at.validation, shapes.validation, palette.validation),
    ):
        for column, row in group:
            cells.put(column, row, letter, colour)
    if area.top:
        key_at = (
            size.width if picture.unknown_split else _key(area, picture, bool(at.validation), look)
        )
        name = shortened(picture.y_name, max(0, min(size.width // 3, key_at - area.left - 1)))
        cells.write(max(0, area.left - 1 - width_of(name) // 2), 0, name, palette.faint)
    _where(area, points, look)
    return cells.strips(), area.dots


def _cursor(area: Area, picture: FitPicture, look: Look) -> tuple[int, int] | None:
    """Draw lines from the axes to the prediction at the cursor; return its cell if it has one."""
    if picture.cursor is None or not area.x.holds(picture.cursor[0]):
        return None
    x, y = picture.cursor
    column = area.column(x)
    upright, level = ":-" if look.ascii_only else "╎╌"
    row = area.row(y) if y is not None else area.top
    for below in range(row + 1, area.bottom + 1):
        area.cells.put(column, below, upright, look.palette.curve, under=True)
    if y is None or not area.y.holds(y):
        return None
    for before in range(area.left, column):
        area.cells.put(before, row, level, look.palette.faint, under=True)
    return column, row


def area_of(seen: Observations, size: Size, look: Look) -> Area:
    """Return the empty area of a chart, with a row above for names if there is room."""
    margins = Margins(top=int(size.height >= 7), right=1)
    return Area(look.cells(size), seen.x, seen.y, margins)


def _drawn(look: Look) -> str:
    return "'" if look.ascii_only else "∙"


def _key(area: Area, picture: FitPicture, validation: bool, look: Look) -> int:
    """Write what the markers mean above the area, at the right; return where it begins."""
    palette, most = look.palette, area.right - area.left
    name = "validation" if area.cells.width >= 50 else "val"
    of_train, of_val = picture.scores
    for length in range(1 + max(len(of_train), len(of_val))):
        train = [f"{look.shapes.train} train", *of_train[length : length + 1]]
        entries = [(" ".join(train), palette.train)]
        if picture.drawn:
            entries.append((f"{_drawn(look)} {picture.drawn_name}", palette.train))
        if validation:
            val = [f"{look.shapes.validation} {name}", *of_val[length : length + 1]]
            entries.append((" ".join(val), palette.validation))
        if (width := sum(len(text) + 2 for text, _ in entries) - 2) <= most:
            break
    else:
        return area.cells.width
    begin = column = area.right + 1 - width
    for text, colour in entries:
        area.cells.write(column, 0, text, colour)
        column += len(text) + 2
    return begin


def _where(area: Area, points: list[tuple[float, float]], look: Look) -> None:
    """Say on which side the curve is where none of it can be seen."""
    if not points or any(area.y.holds(y) for _, y in points):
        return
    above = min(y for _, y in points) > area.y.high
    if not above and max(y for _, y in points) > area.y.low:
        return
    text = "▲ the curve is above" if above else "▼ the curve is below"
    row = area.top if above else area.bottom
    columns = range(area.left + 1, area.right)
    area.cells.place(text, look.palette.curve, ((column, row) for column in columns))
