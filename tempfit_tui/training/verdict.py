"""The verdict: one honest sentence on a run, by a rule that doesn't cry wolf.

A validation loss on a few rows rises by luck alone, so no rise is called overfitting unless the
model has got well below what any straight line reaches on the rows it trains on. The rule reads
running medians of at most 1,000 samples of both losses. How often it is wrong stands in
docs/verdict.md.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.frame import Verdict
from tempfit_tui.text import number
from tempfit_tui.training.baseline import Baseline

# The rule's thresholds. F is the line's training loss; T and V are running medians of the losses,
# E is the epoch of the least V that counts. Why each is what it is stands in docs/verdict.md.
SAMPLES = 1000
MEDIAN_SHARE = 0.01
"""A running median is over this share of the run."""
END_SHARE = 0.05
"""The losses at the end are medians over this share."""
LATE_SHARE = 0.2
"""What falls, rises or stays is looked at over this last share of the run."""
FEW_EPOCHS, FEW_ROWS = 20, 3
"""With fewer epochs or training rows there is nothing to say."""
DIVERGED, DIVERGED_END, DIVERGED_RISE = 3.0, 2.0, 1.05
"""T is so many times its least: at the last epoch, or at the end while it rose so many times."""
FIRST_OVERFITTING = 100
"""No run overfits before this epoch."""
NEAR_LINE = 1.05
"""V's least counts from where T is within this share of F: no curve that flies past by chance."""
BELOW_LINE = 0.9
"""Overfitting needs T below this share of F."""
TURNED, TURNED_BY, TURNED_KEPT = 1.25, 0.05, 1.1
"""V has turned: it is so many times V(E), by so much of F, and stayed so many times above."""
TURNED_FALL, TURNED_GAP = 0.9, 2.0
"""Meanwhile T fell to this share of T(E), and V is so many times T."""
DEEP, TURNED_SHALLOW = 0.4, 1.4
"""While T is not below this share of F, few rows must have turned by more."""
MEMORISED = 0.25
"""T is below this share of F, while V is above F."""
WORSE_THAN_LINE = 2.0
"""V is so many times the line's, having risen."""
RISEN, RISEN_BELOW, RISEN_KEPT = 1.2, 0.98, 0.9
"""V rose so many times for good, T is this far below F, and V is this near its highest."""
ENOUGH_ROWS = 30
"""With so many validation rows a rise is hardly luck."""
FAR_FROM_LINE = 1.5
"""T so many times F is far too high to call a fit."""
PATIENT_EPOCHS = 1000
"""A half-life up to this, or up to the run's length, is worth waiting for."""
CORRELATED = 1.0
"""A Durbin-Watson statistic below this: the residuals follow the input."""
NEGLIGIBLE = 0.01
"""T below this share of F leaves no residuals worth following."""
STILL_FALLING, STILL_RISING = 0.95, 1.1
"""T fell to this share of what it was; V rose so many times."""


class Series(NamedTuple):
    """A loss at some epochs, evenly spaced, the last of the run among them; float64."""

    epochs: Tensor
    losses: Tensor
    before: Tensor
    """The loss one epoch earlier."""
    first: float
    """The loss at the very first epoch."""
    least: float
    """The least of all epochs."""

    @property
    def values(self) -> Tensor:
        """What medians are taken of: means of neighbouring epochs.

        A loss that swings from epoch to epoch, seen at every even one, would show one side only.
        """
        return (self.losses + self.before) / 2

    @property
    def last(self) -> float:
        """The loss at the last epoch."""
        return float(self.losses[-1])

    def where(self, chosen: Tensor) -> "Series":
        """Return the series at the samples that `chosen`, shape (n,), picks."""
        return self._replace(
            epochs=self.epochs[chosen], losses=self.losses[chosen], before=self.before[chosen]
        )

    @property
    def end(self) -> float:
        """The median over the last part of the run."""
        return self.end_within(len(self.values))

    def end_within(self, samples: int) -> float:
        """Return the median over the last part of the run, of so many samples at the most."""
        return float(self.values[-min(samples, self._end_count) :].median())

    @property
    def end_epoch(self) -> int:
        """The epoch that `end` belongs to, where the loss falls or rises steadily."""
        return int(self.epochs[-1 - (self._end_count - 1) // 2])

    @property
    def _end_count(self) -> int:
        return max(1, round(END_SHARE * len(self.values)))

    def smooth(self) -> Tensor:
        """Return the running medians, each about its own epoch."""
        width = int(MEDIAN_SHARE * len(self.values)) | 1
        half = width // 2
        # Mirrored at the ends, where a value repeated would be its own median.
        begin = self.values[1 : half + 1].flip(0)
        end = self.values[len(self.values) - half - 1 : -1].flip(0)
        return torch.cat([begin, self.values, end]).unfold(0, width, 1).median(-1).values

    @property
    def late(self) -> int:
        """Where the last part of the run begins."""
        return min(len(self.values) - 1, int((1 - LATE_SHARE) * len(self.values)))


class Evidence(NamedTuple):
    """All that the verdict rests on; losses in the file's units squared."""

    epoch: int
    train: Series
    val: Series | None
    baseline: Baseline
    best_epoch: int | None
    """The record with the least validation loss."""
    best_loss: float | None
    """The validation loss there."""
    durbin_watson: float | None
    """Of the training residuals in the order of the input."""
    stopped: str = ""
    """Why training can't go on; "" if it can."""


def verdict_on(evidence: Evidence) -> Verdict:
    """Return the verdict that the evidence allows: the first that holds."""
    if evidence.stopped:
        return Verdict("diverging", "diverging", evidence.stopped)
    if not evidence.epoch:
        return Verdict("not started", "not started")
    smooth = evidence.train.smooth()
    if _diverges(evidence, smooth):
        least, last = evidence.train.least, evidence.train.last
        why = f"the training loss grew {number(least)} → {number(last)}"
        return Verdict("diverging", "diverging", why)
    if evidence.epoch < FEW_EPOCHS:
        told = "1 epoch is" if evidence.epoch == 1 else f"{evidence.epoch} epochs are"
        return Verdict("too early", "too early to say", f"{told} too few")
    if evidence.baseline.train_rows < FEW_ROWS:
        rows = evidence.baseline.train_rows
        return Verdict("too early", "too early to say", f"{rows} training rows are too few")
    return _overfitting(evidence, smooth) or _fitting(evidence, smooth)


def _diverges(evidence: Evidence, smooth: Tensor) -> bool:
    """Tell whether the training loss is running away, or has run."""
    train, baseline = evidence.train, evidence.baseline
    last = train.last
    if last > DIVERGED * train.least and last >= max(baseline.variance, train.first):
        return True
    high = train.end > max(FAR_FROM_LINE * baseline.floor, DIVERGED_END * float(smooth.min()))
    late = smooth[train.late :].clamp(min=1e-300).log()
    # A loss that a penalty holds up creeps up to where it stays: that is no divergence.
    return high and len(late) > 1 and _slope(late) * (len(late) - 1) > math.log(DIVERGED_RISE)


def _slope(values: Tensor) -> float:
    """Return the slope of the least-squares line through evenly spaced values."""
    place = torch.arange(len(values), dtype=torch.float64)
    place -= place.mean()
    return float((place * values).sum() / place.square().sum())


def _overfitting(evidence: Evidence, smooth: Tensor) -> Verdict | None:
    """Return that the model overfits, or that validation rises all the same; None if neither."""
    train, val, line = evidence.train, evidence.val, evidence.baseline
    near = (smooth <= NEAR_LINE * line.floor).nonzero()
    if val is None or evidence.epoch < FIRST_OVERFITTING or not len(near) or not line.floor:
        return None
    smooth_val, place = val.smooth(), int(near[0])
    place += int(smooth_val[place:].argmin())
    then, then_train = float(smooth_val[place]), float(smooth[place])
    now, now_train = val.end, train.end
    since, few = _exact(evidence, place), line.val_rows < ENOUGH_ROWS
    rows = "this 1 row" if line.val_rows == 1 else f"these {line.val_rows:,} rows"
    # Medians decide; what is shown is exact, as it is beside it on the screen.
    at_least = evidence.best_loss if since == evidence.best_epoch else float(val.losses[place])
    rose = f"validation rose {number(at_least)} → {number(val.last)} on {rows}"
    kept = float((smooth_val[place:] >= TURNED_KEPT * then).sum()) >= LATE_SHARE * len(smooth_val)

    deep = now_train <= DEEP * line.floor
    turned = (
        kept
        and now_train <= TURNED_FALL * then_train
        and now - then >= TURNED_BY * line.floor
        and now >= (TURNED if deep else TURNED_SHALLOW) * then
        and now >= TURNED_GAP * now_train
    ) or (not few and kept and now_train <= TURNED_FALL * then_train and now >= RISEN * then)
    memorised = now_train <= MEMORISED * line.floor and now >= line.floor
    worse = now >= max(RISEN * then, WORSE_THAN_LINE * max(line.floor, line.line_val or 0.0))
    if now_train <= BELOW_LINE * line.floor and (turned or memorised or worse):
        why = f"{rose} while training fell"
        if not turned:
            why = (
                f"training is down to {number(train.last)}, validation {number(val.last)} on "
                f"{rows}, where a straight line has {number(line.line_train)} and "
                f"{number(line.line_val)}"
            )
        return Verdict("overfitting", f"overfitting since epoch {since:,}", why, since)
    for_good = now >= RISEN * then and float(smooth_val[val.late :].min()) >= TURNED_KEPT * then
    stays_up = now >= RISEN_KEPT * float(smooth_val[place:].max())
    if few and kept and for_good and stays_up and now_train <= RISEN_BELOW * line.floor:
        words = f"validation rising since epoch {since:,}, too few rows to be sure"
        return Verdict("rising", words, f"{rose}, training is at {number(train.last)}", since)
    return None


def _exact(evidence: Evidence, place: int) -> int:
    """Return the epoch of sample `place`, or the exact best epoch if that is next to it."""
    epoch, best = int(evidence.train.epochs[place]), evidence.best_epoch
    near = max(2, MEDIAN_SHARE * evidence.epoch)
    return best if best and abs(best - epoch) <= near else epoch


def _fitting(evidence: Evidence, smooth: Tensor) -> Verdict:
    """Return whether the training loss has come to rest, and where."""
    train, val, line = evidence.train, evidence.val, evidence.baseline
    before, end = float(smooth[train.late]), train.end
    if end > NEAR_LINE * line.floor:
        span = train.end_epoch - int(train.epochs[train.late])
        half_life = _half_life(before - line.line_train, end - line.line_train, span)
        far = (
            f"training {number(train.last)}, a line's floor {number(line.line_train)}; "
            f"{_halving(half_life)}"
        )
        if half_life <= max(evidence.epoch, PATIENT_EPOCHS):
            return Verdict("learning", "still learning", far)
        if end > FAR_FROM_LINE * line.floor:
            return Verdict("underfitting", "underfitting", far)
    # Only a model at rest shows its shape: what is on its way errs alike, whatever it is.
    falling = end < STILL_FALLING * before
    correlated = evidence.durbin_watson is not None and evidence.durbin_watson < CORRELATED
    if correlated and not falling and end > NEGLIGIBLE * line.floor:
        why = (
            f"neighbours err alike (Durbin-Watson {number(evidence.durbin_watson, 2)}): "
            "the model is too simple for this curve"
        )
        return Verdict("underfitting", "underfitting", why)
    rises = val is not None and val.end > STILL_RISING * float(val.smooth()[val.late])
    if falling and not rises:
        span = evidence.epoch - int(train.epochs[train.late])
        why = f"training fell {1 - end / before:.0%} in the last {span:,} epochs"
        return Verdict("learning", "still learning", why)
    why = f"training {number(train.last)}, a straight line's floor {number(line.line_train)}"
    if val is not None:
        why += f"; validation {number(val.last)}, the line's {number(line.line_val)}"
    return Verdict("fits", "fits", why)


def _half_life(before: float, after: float, epochs: int) -> float:
    """Return in how many epochs a distance halves that fell from `before` to `after`."""
    if after <= 0:
        return 0.0
    return epochs * math.log(2) / math.log(before / after) if before > after else math.inf


def _halving(half_life: float) -> str:
    if math.isinf(half_life):
        return "it comes no nearer"
    return f"the way to it halves every {max(1, round(half_life)):,} epochs"
