"""How good a fit is, from its mean squared error: in the target's own units, and as a share."""

import math


def rmse(loss: float | None) -> float | None:
    """Return the root of a mean squared error: the typical error, in the target's units."""
    return None if loss is None else math.sqrt(loss)


def r_squared(loss: float | None, variance: float | None) -> float | None:
    """Return 1 - loss / variance: the share of the targets' variance that a fit explains.

    1 for a perfect fit, 0 for one no better than the targets' mean, below 0 for a worse one. None
    where the targets don't vary, or there are fewer than two.
    """
    return None if loss is None or not variance else 1 - loss / variance
