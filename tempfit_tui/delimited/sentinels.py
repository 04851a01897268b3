"""Values that may stand for missing ones: often there, at the edge, far from all others."""

from array import array
from collections.abc import Iterator, Sequence

from tempfit_tui.delimited.column import NumberColumn
from tempfit_tui.text import exact

LEAST_ROWS = 2
LEAST_SHARE = 0.001
"""A value is reported from this number of rows on, and from this share of the rows on."""
FAR = 3
"""Quartile distances between it and the nearer quartile of the others, as John Tukey's far out."""
MOST_SAMPLED = 10_000
"""Values that the quartiles are taken of."""
MOST_REPORTED = 3
"""Values reported at each edge of a column."""


def suspects(columns: Sequence[NumberColumn]) -> list[str]:
    """Return a line for each value that may stand for a missing one."""
    reports: dict[float, str] = {}
    for column in columns:
        for value, low, high in _suspects(column, columns):
            rows = sum(
                value in pair for pair in zip(*(each.values for each in columns), strict=True)
            )
            reports.setdefault(
                value,
                f"{exact(value)} is in {rows:,} of {len(column.values):,} rows, far from all other "
                f"values of {column.name} ({exact(low)} to {exact(high)}); if it means a missing "
                f"value, --missing={exact(value)} leaves these rows out",
            )
    return list(reports.values())


def _suspects(
    column: NumberColumn, columns: Sequence[NumberColumn]
) -> Iterator[tuple[float, float, float]]:
    """Yield each suspect value of a column with the range of all others."""
    values = column.values
    sample = values[:: max(1, len(values) // MOST_SAMPLED)]
    for pick in (min, max):
        rest = values
        for _ in range(MOST_REPORTED):
            edge = pick(rest)
            rows = sum(each.values.count(edge) for each in columns)
            others = sorted(value for value in sample if value != edge)
            if rows < max(LEAST_ROWS, LEAST_SHARE * len(values)) or not _is_far(edge, others):
                break
            rest = array("d", (value for value in rest if value != edge))
            low, high = min(rest), max(rest)
            if not _is_far(edge, [low, *others, high]):
                break
            yield edge, low, high
            sample = array("d", others)


def _is_far(edge: float, others: Sequence[float]) -> bool:
    """Tell whether `edge` is far from all of `others`, which ascend, by their quartiles."""
    if not others:
        return False
    low, high = others[len(others) // 4], others[3 * len(others) // 4]
    beyond = max(low - edge, edge - high)
    gap = max(others[0] - edge, edge - others[-1])
    return 0 < high - low <= gap and beyond > FAR * (high - low)
