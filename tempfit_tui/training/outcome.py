"""Whether a remedy helped: the run with it beside the same run without it, at the same epoch."""

from tempfit_tui.frame import Outcome, Verdict
from tempfit_tui.text import number
from tempfit_tui.training.verdict import NEAR_LINE, Evidence, Series

BETTER = 0.9
"""Validation at or below this share of what it is without the remedy is better."""


def outcome(
    remedy: str, evidence: Evidence, verdict: Verdict, without: Series, judged_from: int
) -> Outcome:
    """Return whether `remedy` helped, by the medians at the end of both runs.

    A lower validation loss alone is no cure: a straight line must not do better, and the model
    must not overfit still. `without` is the validation loss of the run without it, up to the same
    epoch; nothing is said before epoch `judged_from`.
    """
    val, line = evidence.val, evidence.baseline
    if verdict.kind == "diverging":
        return Outcome("no help", f"{remedy} did not help: training diverges")
    if val is None or evidence.epoch < judged_from or not len(without.values):
        return Outcome("too early", f"{remedy}: too early to say whether it helps")
    now, then = val.end, without.end
    beside = f"validation {number(now, 3)}, without it {number(then, 3)}"
    if not now <= BETTER * then:
        return Outcome("no help", f"{remedy} did not help: {beside}")
    line_val = max(line.line_train, line.line_val or 0.0)
    if now > line_val:
        strong = evidence.train.end > NEAR_LINE * line.floor
        why = "too strong" if strong else "no cure"
        told = f"{beside}, but a straight line has {number(line_val, 3)}"
        return Outcome("no cure", f"{remedy} is {why}: {told}")
    if verdict.kind == "overfitting":
        return Outcome("in part", f"{remedy} helps in part: {beside}; it overfits still")
    return Outcome("helped", f"{remedy} helped: {beside}")
