"""The losses of a run in bounded memory: exact for recent epochs, minimum and maximum for all."""

from typing import Self

import torch
from torch import Tensor

from tempfit_tui.frame import Curve

RECENT = 2**15
"""The number of epochs kept exactly, at the least."""
BUCKETS = 2**13
"""The number of stretches that the whole run is kept in, at the most."""


class History:
    """One loss, epoch by epoch, in the units it was trained in.

    `extend` costs the same whatever came before; so does `curve`.
    """

    def __init__(self) -> None:
        self.epochs = 0
        """The number of records so far; epochs count from 1."""
        self._recent = torch.empty(0)
        self._low, self._high, self._last = torch.empty(0), torch.empty(0), torch.empty(0)
        self._width = 1
        self._tail = torch.empty(0)  # recent epochs that don't fill a bucket yet

    def copy(self) -> Self:
        """Return the history as it is now; what is added later to one isn't in the other."""
        twin = type(self)()
        # Tensors are replaced, never written to: sharing them is safe.
        twin.__dict__.update(self.__dict__)
        return twin

    def extend(self, losses: Tensor) -> None:
        """Add the records of the next epochs, shape (n,)."""
        self.epochs += len(losses)
        self._recent = torch.cat([self._recent, losses])
        if len(self._recent) > 2 * RECENT:
            self._recent = self._recent[-RECENT:].clone()
        tail = torch.cat([self._tail, losses])
        full = len(tail) // self._width * self._width
        stretches, self._tail = tail[:full].view(-1, self._width), tail[full:].clone()
        if full:
            self._low = torch.cat([self._low, stretches.amin(1)])
            self._high = torch.cat([self._high, stretches.amax(1)])
            self._last = torch.cat([self._last, stretches[:, -1]])
        while len(self._low) > BUCKETS:
            self._halve()

    def _halve(self) -> None:
        """Make each two buckets one; an odd one goes back to the tail as its extremes."""
        even = len(self._low) // 2 * 2
        if even < len(self._low):
            # The last bucket's epochs are recent, hence known exactly.
            begin = len(self._tail) + self._width
            self._tail = self._recent[-begin:].clone()
        self._low = self._low[:even].view(-1, 2).amin(1)
        self._high = self._high[:even].view(-1, 2).amax(1)
        self._last = self._last[:even].view(-1, 2)[:, 1].clone()
        self._width *= 2

    @property
    def last(self) -> float | None:
        """The newest loss; None before the first."""
        return float(self._recent[-1]) if len(self._recent) else None

    def curve(self, window: int | None, columns: int, unit: float, smooth: bool = False) -> Curve:
        """Return the last `window` epochs (None: all) in at most `columns` columns.

        Losses are multiplied by `unit`; those that aren't finite are left out. `smooth` asks for
        running means over a hundredth of the window instead of each column's extremes.
        """
        wanted = min(window or self.epochs, self.epochs)
        if not wanted:
            return Curve()
        if wanted <= len(self._recent):
            width, low = 1, self._recent[-wanted:]
            high = last = low
            first = self.epochs - wanted + 1
        else:
            width, skipped = self._width, (self.epochs - wanted) // self._width
            low, high, last = (
                torch.cat([buckets[skipped:], tail])
                for buckets, tail in (
                    (self._low, self._tail.amin(0, keepdim=True) if len(self._tail) else self._tail),
                    (self._high, self._tail.amax(0, keepdim=True) if len(self._tail) else self._tail),
                    (self._last, self._tail[-1:]),
                )
            )
            first = skipped * width + 1
        if smooth:
            low = high = _running_mean(last, max(1, len(last) // 100))
        return _columns(low, high, first, width, columns, unit)


def _running_mean(values: Tensor, span: int) -> Tensor:
    """Return the mean of each value and the `span` - 1 before it, of fewer at the beginning."""
    total = torch.cat([torch.zeros(1, dtype=torch.float64), values.double().cumsum(0)])
    ends = torch.arange(1, len(values) + 1)
    begins = (ends - span).clamp(min=0)
    return ((total[ends] - total[begins]) / (ends - begins)).float()


def _columns(low: Tensor, high: Tensor, first: int, width: int, columns: int, unit: float) -> Curve:
    count = len(low)
    finite = low.isfinite() & high.isfinite()
    newest = float(high[-1]) * unit if bool(finite[-1]) else None
    position = torch.arange(count)
    column = position if count <= columns else position * columns // count
    begins = torch.searchsorted(column, torch.arange(int(column[-1]) + 1))
    size = len(begins)
    lows = torch.full((size,), torch.inf).scatter_reduce(0, column[finite], low[finite], "amin")
    highs = torch.full((size,), -torch.inf).scatter_reduce(0, column[finite], high[finite], "amax")
    kept = lows.isfinite() & highs.isfinite()
    return Curve(
        epochs=(begins[kept] * width + first).tolist(),
        low=(lows[kept].double() * unit).tolist(),
        high=(highs[kept].double() * unit).tolist(),
        last=newest,
    )
