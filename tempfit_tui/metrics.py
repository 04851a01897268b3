"""How good a fit is, from its mean squared error: in the target's own units, and as a share."""

import math

from tempfit_tui.text import number

MOST_NINES = 9
"""The largest number of decimals of a share next to 1."""


def rmse(loss: float | None) -> float | None:
    """Return the root of a mean squared error: the typical error, in the target's units."""
    return None if loss is None else math.sqrt(loss)


def r_squared(loss: float | None, variance: float | None) -> float | None:
    """Return 1 - loss / variance: the share of the targets' variance that a fit explains.

    1 for a perfect fit, 0 for one no better than the targets' mean, below 0 for a worse one. None
    where the targets don't vary, or there are fewer than two.
    """
    return None if loss is None or not variance else 1 - loss / variance


def r_squared_text(share: float) -> str:
    """Return an R² with four decimals; one below 1 does not show as 1, as in 0.99997."""
    decimals = 4
    while share < 1 and float(f"{share:.{decimals}f}") == 1:
        decimals += 1
        if decimals > MOST_NINES:
            return f">0.{'9' * MOST_NINES}"
    return f"{share:.{decimals}f}" if share > -1 else number(share)
