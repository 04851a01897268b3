"""The range test: which learning rate lowers the loss most, tried out on a twin of the run."""

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import median

from tempfit_tui.insight import LrTest
from tempfit_tui.text import InputError
from tempfit_tui.training.loop import is_plain
from tempfit_tui.training.run import Run

A_DECADE = 20
"""So many learning rates are tried from one power of ten to the next."""
BELOW, BEYOND = 1e-4, 10.0
"""Where theory knows the limit they go from this part of it to so many times it.

Beyond it the loss first has to grow from next to nothing: it is seen to blow up only a while later.
"""
LEAST, MOST = 1e-6, 10.0
"""Where it doesn't, they are these; they begin lower where the least one is large already."""
LOWER, LEAST_OF_ALL = 1e-3, 1e-15
HARDLY = 0.01
"""The least one should change the loss by no more than this part of it."""
BLOWN_UP = 4.0
"""The loss has blown up when it is so many times its least, and above the first one."""
FALLS = 1e-3
"""A loss that falls by no more than this part of it doesn't fall."""
RISES = 1.05
"""It has begun to rise when it is so many times its least so far."""


class RangeTest:
    """A range test of `run` as it is now, in pieces; the run itself stays as it is, bit for bit.

    A twin trains one epoch at each of ever larger learning rates, and its training loss on all
    rows, without the penalty, is measured after each (Smith 2017, "Cyclical Learning Rates for
    Training Neural Networks"). What is planned for later epochs is left out.

    Raises:
        InputError: the run has stopped.
    """

    def __init__(self, run: Run) -> None:
        if run.stopped:
            raise InputError(
                f"the run stopped at epoch {run.epoch:,}: go back before a learning rate is tried"
            )
        self._epoch, self._limit = run.epoch, run.limit
        self._twin = _twin(run)
        self._first = _loss(run)
        self._is_noisy = not is_plain(run.now, len(run.data.y))
        self._ahead = self._range(run)
        self._end = self._ahead[-1]
        self._lrs: list[float] = []
        self._losses: list[float] = []
        self.is_done = False
        """Whether the whole range has been tried, or the loss has blown up."""

    def _range(self, run: Run) -> list[float]:
        """Return the learning rates to try, ascending."""
        if self._limit.lr is not None:
            return rates(BELOW * self._limit.lr, BEYOND * self._limit.lr)
        least = LEAST
        while least > LEAST_OF_ALL:
            trial = _twin(run)
            _train(trial, least)
            if abs(_loss(trial) - self._first) <= HARDLY * self._first:
                break
            least *= LOWER
        return rates(least, MOST)

    def advance(self, epochs: int) -> None:
        """Try so many more learning rates; fewer where it is done."""
        for _ in range(epochs):
            if self.is_done:
                return
            lr = self._ahead.pop(0)
            _train(self._twin, lr)
            loss = _loss(self._twin)
            self._lrs.append(lr)
            self._losses.append(loss)
            most = max(self._first, BLOWN_UP * min(self._first, *self._losses))
            self.is_done = loss > most or bool(self._twin.stopped) or not self._ahead

    @property
    def result(self) -> LrTest:
        """What has been seen so far, in the file's units squared; a suggestion once it is done."""
        steepest = None
        if self.is_done:
            losses = medians(self._losses) if self._is_noisy else self._losses
            steepest = steepest_fall(self._lrs, losses, self._first, self._limit.lr)
        return LrTest(
            epoch=self._epoch,
            lrs=list(self._lrs),
            losses=[loss if math.isfinite(loss) else None for loss in self._losses],
            first_loss=self._first,
            is_done=self.is_done,
            steepest=steepest,
            limit=self._limit.lr,
            rule=self._limit.rule,
            end=self._end,
        )


def rates(low: float, high: float) -> list[float]:
    """Return the learning rates from `low` to `high`, evenly on a log axis, in two digits each."""
    first, last = (A_DECADE * math.log10(end) for end in (low, high))
    powers = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
    return [float(f"{10 ** (power / A_DECADE):.1e}") for power in powers]


def medians(losses: Sequence[float]) -> list[float]:
    """Return each loss's median with its two neighbours: a single one by chance is left out."""
    inner = [median(losses[at - 1 : at + 2]) for at in range(1, len(losses) - 1)]
    return [*losses[:1], *inner, *losses[1:][-1:]]


def steepest_fall(
    lrs: Sequence[float], losses: Sequence[float], first: float, limit: float | None
) -> float | None:
    """Return the learning rate where the loss falls most steeply, None where it never falls.

    The slope is that of the loss over log10 of the learning rate, by central differences. It is
    looked for before the loss begins to rise, and below `limit`. `first` is the loss before all.
    """
    least_so_far = accumulate(losses, min, initial=first)
    pairs = enumerate(zip(losses, least_so_far, strict=False))
    rising = (at for at, (loss, least) in pairs if loss > RISES * least)
    before = losses[: next(rising, len(losses))]
    if not before or min(before) > (1 - FALLS) * first:
        return None
    lowest = before.index(min(before))
    slopes = {
        lrs[at]: (losses[at + 1] - losses[at - 1]) / math.log10(lrs[at + 1] / lrs[at - 1])
        for at in range(1, lowest)
        if limit is None or lrs[at] < limit
    }
    steepest = min(slopes, key=slopes.__getitem__, default=None)
    return steepest if steepest is not None and slopes[steepest] < 0 else None


def _twin(run: Run) -> Run:
    twin = run.twin()
    twin.planned = []
    return twin


def _train(run: Run, lr: float) -> None:
    """Train one epoch at `lr`; nothing where it has stopped."""
    run.change({"training.lr": lr})
    run.advance(1, patient=False)


def _loss(run: Run) -> float:
    """Return the training loss on all rows, in the file's units squared; infinite if not finite."""
    predicted = run.model.predict(run.weights, run.data.x).double()
    loss = float((predicted - run.data.y.double()).square().mean()) * run.data.loss_unit
    return loss if math.isfinite(loss) else math.inf
