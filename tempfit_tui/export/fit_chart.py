"""The lower chart of a picture: the observations and the fitted curve."""

import math
from collections.abc import Iterable, Iterator, Sequence

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
    line,
    padded,
    path,
    text,
)
from tempfit_tui.frame import Frame
from tempfit_tui.law import law_of_frame
from tempfit_tui.record import Record
from tempfit_tui.table import Table

MOST = 2_000
"""About so many observations are drawn, at the most."""
CROWDED = 200
"""More are drawn smaller."""


def fit_chart(
    record: Record, frame: Frame, left: float, right: float, top: float, bottom: float
) -> str:
    """Return the chart of the fit between these bounds; axis names are below and beside."""
    table, setup = record.table, frame.setup
    held_out = set(setup.validation if setup else record.recipe.split.validation or [])
    train = _thinned([row for row in range(len(table)) if row not in held_out])
    validation = _thinned(sorted(held_out))
    x = Axis(*padded(*table.span(), 0.01), left, right)
    # The observations': a curve that is far off must not squash them.
    y = Axis(*padded(min(table.y), max(table.y), 0.08), bottom, top)
    area = Area("fit", x, y)
    size = 4.0 if len(table) <= CROWDED else 2.5
    drawn = list(zip(setup.drawn_x, setup.drawn_y, strict=True)) if setup else []
    return "".join(
        [
            area.axes(table.x_name, table.y_name),
            area.clipped(
                *(circle(area.place(*point), 2.0, fill=FAINT) for point in drawn),
                *(circle(at, size, fill=TRAIN) for at in _places(area, table, train)),
                *(
                    diamond(at, 1.5 * size, fill=VALIDATION)
                    for at in _places(area, table, validation)
                ),
                *_curve(area, frame.fit, table.span()),
            ),
            *_legend(record, frame, (right + 16, top + 12)),
        ]
    )


def _thinned(rows: Sequence[int]) -> Sequence[int]:
    return rows[:: max(1, math.ceil(len(rows) / MOST))]


def _places(area: Area, table: Table, rows: Iterable[int]) -> Iterator[Point]:
    return (area.place(table.x[row], table.y[row]) for row in rows)


def _curve(area: Area, fit: list[float | None], span: tuple[float, float]) -> Iterator[str]:
    """Draw the fitted curve, without what isn't finite."""
    (low, high), steps = span, max(1, len(fit) - 1)
    piece: list[Point] = []
    for place, predicted in enumerate([*fit, None]):
        if predicted is not None:
            # Not high - low: that may be beyond a float.
            share = place / steps
            piece.append(area.place(low * (1 - share) + high * share, predicted))
        elif piece:
            yield path(piece, fill="none", stroke=INK, stroke_width=2.0, stroke_linejoin="round")
            piece = []


def _legend(record: Record, frame: Frame, at: Point) -> Iterator[str]:
    """Name the markers, and how many there are of each, in the margin."""
    setup, (left, top) = frame.setup, at
    validating = len(setup.validation) if setup else 0
    training = setup.train_rows if setup else len(record.table)
    entries = [(circle((left, top), 4.0, fill=TRAIN), f"train ({training:,})")]
    if validating:
        marker = diamond((left, top + 22), 6.0, fill=VALIDATION)
        entries.append((marker, f"validation ({validating:,})"))
    if setup and setup.more_rows:
        marker = circle((left, top + 22 * len(entries)), 2.0, fill=FAINT)
        entries.append((marker, f"{setup.more_name} ({setup.more_rows:,})"))
    height = top + 22 * len(entries)
    stroke = line((left - 6, height), (left + 6, height), stroke=INK, stroke_width=2.0)
    entries.append((stroke, "fit"))
    for place, (marker, words) in enumerate(entries):
        yield marker
        yield text((left + 14, top + 22 * place + 4), words, most=16, fill=INK)


def fitted_line(record: Record, frame: Frame) -> str:
    """Return the law of a line or a polynomial in the file's units; "" for other models."""
    if frame.setup is None:
        return ""
    return law_of_frame(frame, frame.setup, record.recipe.model.kind, record.table)
