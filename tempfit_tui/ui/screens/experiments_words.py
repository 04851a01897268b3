"""What the learning-rate finder says: pure functions from a range test to plain words."""

from tempfit_tui.insight import LrTest
from tempfit_tui.text import number, setting


def seen(test: LrTest | None, *, brief: bool) -> str:
    """Return what the test has shown so far."""
    if test is None:
        return ""
    if not test.is_done:
        return f"{len(test.lrs):,} learning rates so far, up to {setting(test.lrs[-1])}."
    return f"{_fall(test)} {_theory(test, brief=brief)}"


def _fall(test: LrTest) -> str:
    finite = [loss for loss in test.losses if loss is not None]
    before, least = number(test.first_loss), number(min(finite, default=None))
    if test.steepest is not None:
        steepest = setting(test.steepest)
        told = f"The training loss falls from {before} to {least}, most steeply at lr {steepest},"
    elif finite and test.first_loss is not None and min(finite) < 0.999 * test.first_loss:
        told = f"The training loss, {before} before, falls nowhere steadily"
    return told
