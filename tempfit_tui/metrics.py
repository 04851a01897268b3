"""How good a fit is, from its mean squared error: in the target's own units, and as a share."""

import math

from tempfit_tui.text import number

MOST_NINES = 9
"""Decimals with which a share next to 1 is shown at most."""


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
    """Return an R² with four digits; one that is next to 1 does not show as 1, as in 0.99997."""
    decimals = 4
    while share < 1 and float(f"{share:.{decimals}f}") == 1 and decimals < MOST_NINES:
        decimals += 1
    return f"{share:.{decimals}f}" if share > -1 else number(share)
