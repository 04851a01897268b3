"""What the learning-rate finder says: from a range test to plain words."""

from tempfit_tui.insight import LrTest
from tempfit_tui.text import number, setting

PAST = "This epoch is past and stays as it was: Esc, then b branches here, and x tries it there"


def seen(test: LrTest | None, *, brief: bool) -> str:
    """Return what the test has shown so far."""
    if test is None:
        return ""
    if not test.is_done:
        return f"{len(test.lrs):,} learning rates so far, up to {setting(test.lrs[-1])}."
    return f"{_fall(test)} {_theory(test, brief=brief)}"


def _fall(test: LrTest) -> str:
    first, last, end = number(test.first_loss), test.lrs[-1], test.end
    blown_up = "" if last == end else f" It blows up at {setting(last)}."
    if test.steepest is None:
        no_fall = (
            f"The training loss, {first}, never falls by 0.1 % before it rises, as at its floor"
        )
        return f"{no_fall}: there is no learning rate to suggest.{blown_up}"
    least = number(min(loss for loss in test.losses if loss is not None))
    fall = f"The training loss falls from {first} to {least}, most steeply at lr"
    return f"{fall} {setting(test.steepest)}.{blown_up}"


def _theory(test: LrTest, *, brief: bool) -> str:
    if test.limit is None:
        return f"By theory: {test.rule}."
    stable = f"By theory training is stable below lr {number(test.limit, 3)} ({test.rule})."
    late = "Beyond that an error grows from next to nothing, so the loss blows up only later."
    return stable if brief or test.lrs[-1] <= test.limit else f"{stable} {late}"


def offer(test: LrTest | None, chosen: float | None, lr: float, *, pointed: bool) -> str:
    """Return what Enter does; `chosen` is what it takes, and `lr` is in force."""
    if chosen is None:
        if test is None or not test.is_done:
            return "Enter: not before the test has ended"
        return "Enter: nothing to take; the arrow keys pick a learning rate"
    words = f"Enter: train on with lr {setting(chosen)}"
    notes = [
        *(["as now"] if chosen == lr else []),
        *(["the one read off"] if pointed else []),
    ]
    limit = test.limit if test else None
    if limit is not None and chosen > limit:
        notes.append(f"above the largest stable lr {number(limit, 3)}")
    return ", ".join([words, *notes])


def about(epoch: int | None, *, brief: bool) -> str:
    """Return what a range test is, and from which epoch this one starts."""
    start = "" if epoch is None else f", from epoch {epoch:,}"
    if brief:
        return f"A range test: an epoch at each of ever larger lr, on a copy of the run{start}."
    return (
        "A range test (Smith 2017) trains a copy of the run for one epoch at each of ever larger "
        f"learning rates, and measures the training loss after each{start}. "
        "The run itself stays as it is."
    )
