"""A fitted line's or polynomial's coefficients in the file's own units."""

import math
from fractions import Fraction

from torch import Tensor

from tempfit_tui.recipe import Kind
from tempfit_tui.training.data import Dataset


def raw_coefficients(kind: Kind, parameters: Tensor, data: Dataset) -> list[float] | None:
    """Return the coefficients in the file's units for `parameters` in transformed ones.

    Slope and intercept of a line; of a polynomial one for each power of the input, the zeroth
    first. None for other models. The powers of an input far from 0 cancel, so the sums are exact.
    """
    if kind == "mlp":
        return None
    values = parameters.double().tolist()
    if not all(math.isfinite(value) for value in values):
        return [math.nan] * len(values)
    # y = target.offset + p((x - input.offset) * input.factor) / target.factor, by Horner's rule.
    scale = Fraction(data.input.factor)
    shift = -Fraction(data.input.offset) * scale
    *weights, bias = map(Fraction, values)
    powers = [Fraction(0)]
    for coefficient in [*reversed(weights), bias]:
        raised = [Fraction(0), *(scale * power for power in powers)]
        moved = [*(shift * power for power in powers), Fraction(0)]
        powers = [one + other for one, other in zip(raised, moved, strict=True)]
        powers[0] += coefficient
    unit = 1 / Fraction(data.target.factor)
    powers = [power * unit for power in powers[: len(values)]]
    powers[0] += Fraction(data.target.offset)
    raw = [_as_float(power) for power in powers]
    return raw[::-1] if kind == "linear" else raw


def _as_float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
