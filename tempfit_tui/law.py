"""A fitted line or polynomial as one line of text: `volt = 4.059e-05 kelvin − 0.01192`."""

import math
from collections.abc import Sequence

from tempfit_tui.frame import Frame, Setup
from tempfit_tui.metrics import rmse
from tempfit_tui.recipe import Kind
from tempfit_tui.table import Table
from tempfit_tui.text import fixed

MOST_DIGITS = 17
"""A float64 written with 17 significant digits reads back equal."""
OF_ERROR, OF_DEVIATION = 0.5, 0.01
"""Rounding the coefficients moves predictions by no more than this part of the typical error, or
of the targets' standard deviation where there is hardly an error."""
LARGE = 1e15
"""Below this whole numbers are written out."""
_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def law_text(
    kind: Kind,
    coefficients: Sequence[float | None] | None,
    x: str,
    y: str,
    *,
    largest_x: float = 0.0,
    tolerance: float = 0.0,
) -> str:
    """Return the fitted law in the file's units, `x` and `y` named as its columns.

    `coefficients` are slope and intercept of a line, of a polynomial one for each power of `x`,
    the zeroth first. They have four decimals, or four significant digits if small; more where
    rounding them would move a prediction for an input as large as `largest_x` by more than
    `tolerance`, as where the input is far from 0. "" for a model without such a law.
    """
    known = [value for value in coefficients or [] if value is not None]
    if not known or len(known) < len(coefficients or []):
        return ""
    powers = [1, 0] if kind == "linear" else [*range(len(known))]
    for digits in range(4, MOST_DIGITS + 1):
        written = [_written(value, digits) for value in known]
        if not tolerance or _moved(known, written, powers, largest_x) <= tolerance:
            break
    x, y = _quoted(x), _quoted(y)
    terms = [_term(text, power, x) for text, power in zip(written, powers, strict=True)]
    law = " + ".join(terms).replace("+ -", "− ")
    return f"{y} = {f'−{law[1:]}' if law.startswith('-') else law}"


def law_of_frame(frame: Frame, setup: Setup, kind: Kind, table: Table) -> str:
    """Return the law that a frame shows, with the digits that its error is worth; or ""."""
    error, deviation = rmse(frame.train_loss) or 0.0, math.sqrt(setup.train_variance)
    return law_text(
        kind,
        frame.raw_parameters,
        table.x_name,
        table.y_name,
        largest_x=max(map(abs, table.span())),
        tolerance=max(OF_ERROR * error, OF_DEVIATION * deviation),
    )


def _quoted(name: str) -> str:
    """Return a name that isn't taken for a number."""
    return f"'{name}'" if name[:1].isdigit() else name


def _written(value: float, digits: int) -> str:
    if digits == 4 and abs(value) < 1e7:
        return fixed(value, 4)
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e+" in text and abs(value) < LARGE else text


def _moved(
    values: Sequence[float], written: Sequence[str], powers: Sequence[int], largest_x: float
) -> float:
    """Return how far a prediction may move by the rounding of what is written."""
    pairs = zip(values, written, powers, strict=True)
    return math.fsum(abs(float(text) - v) * largest_x**power for v, text, power in pairs)


def _term(factor: str, power: int, x: str) -> str:
    if power == 0:
        return factor
    return f"{factor} {x}" if power == 1 else f"{factor} {x}{str(power).translate(_POWERS)}"
