"""What of the loss chart wasn't trained: the losses to come, dotted, and stretches computed."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from .axes import Area
from .chart import Look
from .loss_picture import Foreseen

COMPUTED = "computed, not trained"


def paint_foreseen(area: Area, foreseen: Foreseen, look: Look) -> None:
    """Dot the losses to come, as far as the axes go."""
    for losses, colour in (
        (foreseen.train, look.palette.train),
        (foreseen.val, look.palette.validation),
    ):
        points = zip(foreseen.epochs, losses, strict=True) if losses else ()
        area.line(points, colour, ".", dotted=True)


def between(epochs: Sequence[int], losses: Sequence[float], epoch: float) -> float | None:
    """Return the loss at `epoch` between those known, along a straight line in its logarithm."""
    after = bisect_left(epochs, epoch)
    if after == 0:
        return losses[0]
    if after == len(epochs):
        return losses[-1]
    share = (epoch - epochs[after - 1]) / (epochs[after] - epochs[after - 1])
    low, high = losses[after - 1], losses[after]
    if low <= 0 or high <= 0:
        return low + share * (high - low)
    return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))


def name_foreseen(area: Area, foreseen: Foreseen, look: Look) -> None:
    """Mark where the training loss settles, and name it there."""
    at = foreseen.settles_at
    if at is None or at <= foreseen.epochs[0] or not area.x.holds(at):
        return
    loss = between(foreseen.epochs, foreseen.train, at)
    if loss is None or not area.y.holds(loss):
        return
    column, row = area.column(at), area.row(loss)
    area.cells.put(column, row, "+" if look.ascii_only else "◇", look.palette.train)
    for text in (f"within 1 % at epoch {at:,}", f"1 % at {at:,}"):
        starts = (column - len(text) // 2, column - len(text) - 1, column + 2)
        spots = [(x, y) for y in (row - 1, row - 2, row + 1, row - 3) for x in starts]
        inside = ((x, y) for x, y in spots if x >= area.left and area.top <= y <= area.bottom)
        if area.cells.place(text, look.palette.faint, inside):
            return


def mark_computed(area: Area, stretches: Sequence[tuple[int, int]], look: Look) -> None:
    """Underline the stretches that were computed, and name the widest of them."""
    line = "=" if look.ascii_only else "┅"
    widest: tuple[int, int] | None = None
    for first, last in stretches:
        if last < area.x.low or first > area.x.high:
            continue
        begin, end = area.column(first), area.column(last)
        for column in range(begin, end + 1):
            area.cells.put(column, area.bottom, line, look.palette.curve, under=True)
        if widest is None or end - begin > widest[1] - widest[0]:
            widest = begin, end
    if widest:
        begin, end = widest
        middle = (begin + end - len(COMPUTED)) // 2
        start = max(area.left + 1, min(middle, area.right - len(COMPUTED)))
        rows = range(area.bottom - 1, area.top, -1)
        area.cells.place(COMPUTED, look.palette.curve, ((start, row) for row in rows))
