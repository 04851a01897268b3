"""Values that may stand for missing ones: often there, at the edge, far from all others."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice

from tempfit_tui.delimited.column import NumberColumn
from tempfit_tui.text import exact

LEAST_ROWS = 2
LEAST_SHARE = 0.001
"""A value is reported that is in so many rows, and in this share of them."""
FAR = 3
"""Quartile distances between it and the nearer quartile of the others, as John Tukey's far out."""
MOST_SAMPLED = 10_000
"""Values that the quartiles are taken of."""
MOST_REPORTED = 3
"""Values reported at each edge of a column."""


def suspects(columns: Sequence[NumberColumn]) -> list[str]:
    """Return a line for each value that may stand for a missing one."""
    told: dict[float, str] = {}
    for column in columns:
        for value, low, high in _suspects(column, columns):
            rows = sum(
                value in pair for pair in zip(*(each.values for each in columns), strict=True)
            )
            told.setdefault(
                value,
                f"{exact(value)} is in {rows:,} of {len(column.values):,} rows, far from all other "
                f"values of {column.name} ({exact(low)} to {exact(high)}); if it means a missing "
                f"value, --missing={exact(value)} leaves these rows out",
            )
    return list(told.values())


def _suspects(
    column: NumberColumn, columns: Sequence[NumberColumn]
) -> Iterator[tuple[float, float, float]]:
    """Yield each suspect value of a column with the range of all others."""
    for pick in (min, max):
        rest = column.values
        for _ in range(MOST_REPORTED):
            edge = pick(rest)
            count = sum(each.values.count(edge) for each in columns)
            if count < max(LEAST_ROWS, LEAST_SHARE * len(column.values)):
                break
            rest = array("d", (value for value in rest if value != edge))
            if not rest or not _is_far(edge, rest):
                break
            yield edge, min(rest), max(rest)


def _is_far(edge: float, rest: "array[float]") -> bool:
    """Tell whether `edge` is far from all of the others, by their quartiles."""
    step = max(1, len(rest) // MOST_SAMPLED)
    ordered = sorted(islice(rest, 0, None, step))
    low, high = ordered[len(ordered) // 4], ordered[3 * len(ordered) // 4]
    spread = high - low
    gap = min(rest) - edge if edge < low else edge - max(rest)
    beyond = low - edge if edge < low else edge - high
    return 0 < spread <= gap and beyond > FAR * spread
