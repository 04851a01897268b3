"""Which part of the loss chart's y axis a picture needs."""

from itertools import pairwise

from tempfit_tui.frame import Curve

from .bounds import Scale, robust_top, settled
from .loss_picture import LossPicture

DEEPEST = 1e3
"""A log axis goes so many times below the least validation loss, at the most."""


def loss_scale(picture: LossPicture, previous: Scale | None) -> Scale:
    """Return the y axis for `picture`, `previous` where it still does."""
    curves = [curve for curve in (picture.train, picture.val, picture.ghost) if curve.epochs]
    floor = picture.floor
    if picture.log:
        values = [value for curve in curves for value in (*curve.low, *curve.high) if value > 0]
        low, high = min(values, default=0.1), max(values, default=1.0)
        low = min([low, *(value for value in _foreseen(picture) if value > 0)])
        # Points learnt by heart have next to no training loss: it leaves the chart at the bottom.
        least = min((value for value in picture.val.low if value > 0), default=low)
        low = max(low, least / DEEPEST)
        if floor is not None and low / 1e3 <= floor <= high * 1e3:
            low, high = min(low, floor), max(high, floor)
        return settled(previous, low, high, log=True)
    low = min([*(min(curve.low) for curve in curves), *_foreseen(picture)])
    high = max(robust_top(curve.high, low) for curve in curves)
    if floor is not None and 0 <= floor <= 10 * high:
        low, high = min(low, floor), max(high, floor)
    if 0 < low < high / 3:
        # A loss axis that nearly reaches 0 is read as if it did.
        low = 0.0
    return settled(previous, low, high)


def _foreseen(picture: LossPicture) -> list[float]:
    """Return the losses to come, which the axis must reach down to."""
    ahead = picture.foreseen
    return [*ahead.train, *ahead.val] if ahead else []


def outline(curve: Curve, last_epoch: int) -> list[tuple[float, float]]:
    """Return the points of a line that fills each column, at its middle, from low to high.

    A column is entered where it is nearest to the one before, so that a smooth curve stays a thin
    line. Where it is known, the last loss ends it at the last epoch.
    """
    points: list[tuple[float, float]] = []
    for epoch, low, high in zip(_middles(curve, last_epoch), curve.low, curve.high, strict=True):
        # Most losses begin by falling.
        before = points[-1][1] if points else high
        enter = max(low, min(high, before))
        ends = (low, high) if enter - low < high - enter else (high, low)
        for value in (enter, *ends):
            if not points or points[-1] != (epoch, value):
                points.append((epoch, value))
    if points and curve.last is not None and last_epoch > points[-1][0]:
        points.append((last_epoch, curve.last))
    return points


def _middles(curve: Curve, last_epoch: int) -> list[float]:
    """Return the middle epoch of each column: as many columns as dots then fall on a dot each."""
    starts = curve.epochs
    widths = [after - start for start, after in pairwise([*starts, last_epoch + 1])]
    # All but the first and the last are as wide; what is beyond that was left out.
    usual = sorted(widths)[len(widths) // 2] if widths else 1
    return [
        start + max(0, min(width, usual) - 1) / 2
        for start, width in zip(starts, widths, strict=True)
    ]


def last_value(curve: Curve) -> float | None:
    """Return the loss at the curve's right end."""
    if curve.last is not None:
        return curve.last
    return curve.high[-1] if curve.high else None
