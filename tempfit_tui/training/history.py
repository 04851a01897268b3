"""The losses of a run in bounded memory: exact for recent epochs, minimum and maximum for all."""

from typing import NamedTuple, Self

import torch
from torch import Tensor

from tempfit_tui.frame import Curve

RECENT = 2**15
"""The number of epochs kept exactly, at the least."""
BUCKETS = 2**13
"""The number of stretches that the whole run is kept in, at the most."""


class Samples(NamedTuple):
    """A loss at some epochs, evenly spaced, the last of the run among them; shape (n,) each."""

    epochs: Tensor
    losses: Tensor
    """At those epochs, float64."""
    before: Tensor
    """One epoch earlier, likewise; the same loss where that epoch is not known."""


class History:
    """One loss, epoch by epoch, in the units it was trained in.

    `extend` costs the same whatever came before; so does `curve`.
    """

    def __init__(self) -> None:
        self.epochs = 0
        """The number of records so far; epochs count from 1."""
        self.first: float | None = None
        """The first loss; None before it."""
        self._recent = torch.empty(0)
        # Buckets of `_width` epochs each; the last one may hold fewer.
        self._low, self._high, self._last = torch.empty(0), torch.empty(0), torch.empty(0)
        self._before = torch.empty(0)
        """The loss before the last of each bucket; of buckets of one epoch that loss itself."""
        self._width = 1

    @classmethod
    def of(cls, losses: Tensor) -> Self:
        """Return the history of these losses from epoch 1 on, float32, shape (n,)."""
        history = cls()
        if len(losses):
            history.extend(losses)
        return history

    def copy(self) -> Self:
        """Return the history as it is now; what is added later to one isn't in the other."""
        twin = type(self)()
        # Tensors are replaced, never written to: sharing them is safe.
        twin.__dict__.update(self.__dict__)
        return twin

    def extend(self, losses: Tensor) -> None:
        """Add the records of the next epochs, shape (n,)."""
        # A part at a time: a million would be a million stretches before they become fewer.
        for part in torch.split(losses, RECENT):
            self._extend(part)

    def _extend(self, losses: Tensor) -> None:
        if self.first is None and len(losses):
            self.first = float(losses[0])
        room = len(self._low) * self._width - self.epochs
        self.epochs += len(losses)
        self._recent = torch.cat([self._recent, losses])
        if len(self._recent) > 2 * RECENT:
            self._recent = self._recent[-RECENT:].clone()
        if len(begun := losses[:room]):
            self._low = torch.cat([self._low[:-1], torch.minimum(self._low[-1:], begun.amin())])
            self._high = torch.cat([self._high[:-1], torch.maximum(self._high[-1:], begun.amax())])
            before = begun[-2:-1] if len(begun) > 1 else self._last[-1:]
            self._before = torch.cat([self._before[:-1], before])
            self._last = torch.cat([self._last[:-1], begun[-1:]])
        fresh = losses[room:]
        full = len(fresh) // self._width * self._width
        self._add_buckets(fresh[:full].view(-1, self._width))
        if full < len(fresh):
            self._add_buckets(fresh[None, full:])
        while len(self._low) > BUCKETS:
            self._halve()

    def _add_buckets(self, stretches: Tensor) -> None:
        """Add a bucket for each row of `stretches`."""
        self._low = torch.cat([self._low, stretches.amin(1)])
        self._high = torch.cat([self._high, stretches.amax(1)])
        self._last = torch.cat([self._last, stretches[:, -1]])
        self._before = torch.cat([self._before, stretches[:, -2:][:, 0]])

    def _halve(self) -> None:
        """Make each two buckets one; an odd one at the end stays as it is, half as full."""
        odd = len(self._low) % 2
        # The last of an epoch's own bucket comes before that of the next one.
        before = self._last if self._width == 1 else self._before
        low, high, last, before = (
            torch.cat([buckets, buckets[-1:]]) if odd else buckets
            for buckets in (self._low, self._high, self._last, before)
        )
        self._low = low.view(-1, 2).amin(1)
        self._high = high.view(-1, 2).amax(1)
        self._last = last.view(-1, 2)[:, 1].clone()
        self._before = before.view(-1, 2)[:, 0 if self._width == 1 else 1].clone()
        self._width *= 2

    def since(self, epoch: int) -> Tensor:
        """Return the losses after `epoch`, which is one of the last 2**15; shape (n,)."""
        count = self.epochs - epoch
        return self._recent[len(self._recent) - count :]

    def at(self, epoch: int) -> float | None:
        """Return the loss of `epoch`; None where it is no longer kept exactly."""
        place = epoch - self.epochs - 1
        return float(self._recent[place]) if -len(self._recent) <= place < 0 else None

    @property
    def last(self) -> float | None:
        """The newest loss; None before the first."""
        return float(self._recent[-1]) if len(self._recent) else None

    @property
    def least(self) -> float | None:
        """The least loss; None before the first."""
        return float(self._low.min()) if len(self._low) else None

    def sampled(self, most: int) -> Samples:
        """Return the losses at `most` epochs or fewer, each with the loss one epoch earlier.

        A loss that swings from epoch to epoch shows both its sides in such a pair.
        """
        if self.epochs <= len(self._recent):
            losses, width = self._recent, 1
            before = torch.cat([losses[:1], losses[:-1]])
        else:
            losses, before, width = self._last, self._before, self._width
        every = max(1, -(-len(losses) // most))
        places = torch.arange(len(losses) - 1, -1, -every).flip(0)
        epochs = ((places + 1) * width).clamp(max=self.epochs)
        return Samples(epochs, losses[places].double(), before[places].double())

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
            low, high, last = (b[skipped:] for b in (self._low, self._high, self._last))
            first = skipped * width + 1
        if smooth:
            low = high = last = _running_mean(last, max(1, len(last) // 100))
        newest = float(last[-1]) * unit if bool(last[-1].isfinite()) else None
        return Curve(*_columns(low, high, columns, first, width, unit), newest)


def _running_mean(values: Tensor, span: int) -> Tensor:
    """Return the mean of each value and the `span` - 1 before it, of fewer at the beginning."""
    total = torch.cat([torch.zeros(1, dtype=torch.float64), values.double().cumsum(0)])
    ends = torch.arange(1, len(values) + 1)
    begins = (ends - span).clamp(min=0)
    return ((total[ends] - total[begins]) / (ends - begins)).float()


def _columns(
    low: Tensor, high: Tensor, columns: int, first: int, width: int, unit: float
) -> tuple[list[int], list[float], list[float]]:
    """Return each column's first epoch, least and greatest loss, from buckets of `width` epochs."""
    finite = low.isfinite() & high.isfinite()
    # Each a power of two of buckets, from epoch 1 on: the next frame has the same columns.
    position = torch.arange(len(low)) + (first - 1) // width
    each = 1
    while int(position[-1]) // each - int(position[0]) // each >= columns:
        each *= 2
    column = position // each - int(position[0]) // each
    begins = torch.searchsorted(column, torch.arange(int(column[-1]) + 1))
    size = len(begins)
    lows = torch.full((size,), torch.inf).scatter_reduce(0, column[finite], low[finite], "amin")
    highs = torch.full((size,), -torch.inf).scatter_reduce(0, column[finite], high[finite], "amax")
    kept = lows.isfinite() & highs.isfinite()
    return (
        (begins[kept] * width + first).tolist(),
        (lows[kept].double() * unit).tolist(),
        (highs[kept].double() * unit).tolist(),
    )
