"""Whether a remedy helped: the run with it beside the same run without it, at the same epoch."""

import math
from typing import NamedTuple

from tempfit_tui.frame import Outcome, Verdict
from tempfit_tui.text import number
from tempfit_tui.training.verdict import END_SHARE, NEAR_LINE, Evidence, Series

BETTER = 0.9
"""Validation at or below this share of what it is without the remedy is better; so the other way
round for worse, and in between there is no difference worth a word."""
WORSE_THAN_LINE = 1.5
"""Validation so many times a straight line's is no cure. Less than that is luck on a few rows."""
COMING_DOWN = 0.75
"""Validation at or below this share of what it was a while after the remedy is on its way."""
FEW_SAMPLES = 8
"""With fewer samples of the losses since the remedy there is nothing to compare."""


class Without(NamedTuple):
    """The run without the remedy, up to the epoch of the run with it."""

    val: Series
    """Its validation loss."""
    diverged: bool = False
    """Whether it can't go on."""


def outcome(
    remedy: str, evidence: Evidence, verdict: Verdict, without: Without, judged_from: int
) -> Outcome:
    """Return whether `remedy` helped, by the medians at the end of both runs.

    A lower validation loss alone is no cure: a straight line must not do far better, and the model
    must not overfit still. The kind "no cure" is for a remedy that is too strong. Nothing is said
    before epoch `judged_from`.
    """
    val, line = evidence.val, evidence.baseline
    early = Outcome("too early", f"{remedy}: too early to say whether it helps")
    if verdict.kind == "diverging":
        return Outcome("no help", f"{remedy} did not help: training diverges")
    if val is None or evidence.epoch < judged_from or not len(without.val.values):
        return early
    apart = _samples_apart(val, without.val)
    if apart < FEW_SAMPLES:
        return early
    now, then = val.end_within(apart // 2), without.val.end_within(apart // 2)
    if not math.isfinite(then):
        then = math.inf
    behind = int(without.val.epochs[-1]) < (1 - END_SHARE) * evidence.epoch
    if behind and not without.diverged:
        return early

    # Medians decide; what is shown is exact, as it is beside it on the screen.
    beside = f"validation {number(val.last)}, without it {number(without.val.last)}"
    line_val = max(line.line_train, line.line_val or 0.0)
    than_line = f"{beside}; a straight line has {number(line_val)}"
    no_cure = now > WORSE_THAN_LINE * max(line.floor, line_val)
    better = now <= BETTER * then
    # What was below the line before the remedy isn't on its way down to it.
    below, trained = evidence.train.least < line.floor, evidence.train.end
    learning = verdict.kind == "learning" and not below
    if no_cure and trained > NEAR_LINE * line.floor and not learning:
        return Outcome("no cure", f"{remedy} is too strong: {than_line}")
    if (no_cure or not better) and (learning or now <= COMING_DOWN * _before(val, apart)):
        return Outcome("too early", f"{remedy}: too early to say; so far {beside}")
    if now >= then / BETTER:
        return Outcome("no help", f"{remedy} does not help so far: {beside}")
    if no_cure:
        return Outcome("no help", f"{remedy} is no cure: {than_line}")
    if not better:
        return Outcome("no help", f"{remedy} makes no difference so far: {beside}")
    if verdict.kind == "overfitting":
        return Outcome("in part", f"{remedy} helps in part: {beside}; it overfits still")
    return Outcome("helped", f"{remedy} helped: {beside}")


def _samples_apart(val: Series, without: Series) -> int:
    """Return on how many samples the runs have gone apart: up to the remedy they are one."""
    if len(val.values) != len(without.values):
        return len(val.values)
    apart = (val.values != without.values).nonzero()
    return len(val.values) - int(apart[0]) if len(apart) else 0


def _before(val: Series, apart: int) -> float:
    """Return the validation loss in the second quarter of the stretch since the remedy."""
    since = val.values[-apart:]
    return float(since[apart // 4 : apart // 2 + 1].median())
