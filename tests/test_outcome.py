"""Whether a remedy helped: what is said of the run with it, beside the run without it."""

import re
from functools import cache

import numpy as np
import pytest
import torch
from helpers import THERMOMETER, recipe
from verdict_table import STANDARDISED

from tempfit_tui.frame import Verdict, View
from tempfit_tui.session.session import Session
from tempfit_tui.training.baseline import Baseline
from tempfit_tui.training.outcome import Without, outcome
from tempfit_tui.training.verdict import Evidence, Series

DEFAULT = {
    **STANDARDISED,
    "split__validation": [0, 3],
    "training__gradient": "analytic",
}
OVERFITTED = 1500
"""The default recipe has long overfitted there."""
FITS = Verdict("fits", "fits")
LINE = Baseline(1.0, 2.0, variance=30.0, train_rows=20, val_rows=2)


@cache
def where_it_overfitted():
    session = Session(recipe(**DEFAULT), THERMOMETER)
    session.advance(OVERFITTED)
    return session.run.moment()


def overfitted():
    """Return a session of the default recipe at that epoch."""
    session = Session(recipe(**DEFAULT), THERMOMETER)
    session.run.return_to(where_it_overfitted())
    return session


def anew(remedy, **settings):
    """Return a session that starts anew with a remedy, beside the overfitted one."""
    made = recipe(**{**DEFAULT, **settings})
    return Session(made, THERMOMETER, before=overfitted(), remedy=remedy)


def live(remedy, settings):
    """Return the overfitted session with a remedy taken there."""
    session = overfitted()
    session.change(settings, remedy=remedy)
    return session


def said(session, *epochs):
    """Return the outcome at each of these epochs."""
    told = {}
    for epoch in epochs:
        session.advance(epoch - session.run.epoch)
        told[epoch] = session.frame(View()).ghost.outcome
    return told


def kinds(told):
    return {each.kind for each in told.values()}


def test_nothing_is_said_of_a_live_remedy_before_it_has_had_200_epochs():
    told = said(live("L2 penalty 0.01", {"penalty.l2": 0.01}), 1510, 1600, 1699)
    assert {each.words for each in told.values()} == {
        "L2 penalty 0.01: too early to say whether it helps"
    }


def test_an_l2_penalty_taken_live_helps():
    told = said(live("L2 penalty 0.01", {"penalty.l2": 0.01}), 1700, 2000, 2500, 3000)
    assert kinds(told) == {"helped"}
    now, then = re.fullmatch(
        r"L2 penalty 0\.01 helped: validation (\S+), without it (\S+)", told[3000].words
    ).groups()
    assert 3 < float(now) < 4
    assert 10 < float(then) < 30


def test_too_strong_a_penalty_is_no_cure_at_any_time():
    told = said(live("L2 penalty 0.1", {"penalty.l2": 0.1}), 1700, 2000, 2200, 2500)
    assert kinds(told) == {"no cure"}
    assert all("is too strong: validation" in each.words for each in told.values())
    assert told[2500].words.endswith("; a straight line has 5.047")


def test_too_weak_a_penalty_helps_in_part_until_a_line_does_far_better():
    told = said(live("L2 penalty 0.001", {"penalty.l2": 0.001}), 2000, 3200)
    assert [each.kind for each in told.values()] == ["in part", "no help"]
    assert told[2000].words.endswith("; it overfits still")
    assert "is no cure" in told[3200].words


@pytest.mark.parametrize("sigma", [0.1, 0.3])
def test_noise_does_not_help_on_this_split(sigma):
    told = said(live("noise", {"input_noise.sigma": sigma}), 1700, 2000, 2500)
    assert kinds(told) == {"no help"}


def test_a_remedy_taken_anew_is_judged_from_where_the_run_without_it_was_left():
    session = anew("more data", more_data__rows=100)
    assert kinds(said(session, 0, 500, 1000, 1499)) == {"too early"}
    assert kinds(said(session, 1500)) == {"helped"}


def test_more_data_helps():
    told = said(anew("more data", more_data__rows=100), 1600, 2000, 2500)
    assert kinds(told) == {"helped"}


def test_a_penalty_from_the_start_helps_once_the_run_without_it_has_got_worse():
    told = said(anew("L2 penalty 0.01", penalty__l2=0.01), 1500, 1700, 2000)
    assert [each.kind for each in told.values()] == ["too early", "helped", "helped"]
    assert "too early to say; so far validation" in told[1500].words


def test_a_straight_line_helps_though_it_is_no_better_than_itself():
    told = said(anew("the straight line", model__kind="linear"), 2000, 2500)
    assert kinds(told) == {"helped"}


def test_a_simpler_model_is_not_judged_while_its_validation_loss_comes_down():
    told = said(anew("hidden 2", model__hidden=(2,)), 1500, 1600, 1700)
    assert kinds(told) == {"too early"}
    assert "hidden 2: too early to say; so far validation 1" in told[1700].words


def test_a_change_that_makes_training_diverge_did_not_help():
    settings = {"training.optimizer": "sgd", "training.lr": 1e6}
    (told,) = said(live("lr", settings), 1900).values()
    assert told.words == "lr did not help: training diverges"


def seen(values, first=1):
    """Return a loss as the verdict sees it, from epoch `first` on."""
    values = torch.as_tensor(values, dtype=torch.float64)
    epochs = torch.arange(first, first + len(values))
    before = torch.cat([values[:1], values[:-1]])
    return Series(epochs, values, before, float(values[0]), float(values.min()))


def judged(val, without, train=0.8, verdict=FITS, judged_from=0, diverged=False):
    """Return the outcome for these validation losses, of each epoch or of all."""
    trained = seen(np.full(len(val), train))
    evidence = Evidence(len(val), trained, seen(val), LINE, None, None, None)
    return outcome("it", evidence, verdict, Without(seen(without), diverged), judged_from)


def flat(loss, epochs=1000):
    return np.full(epochs, float(loss))


@pytest.mark.parametrize(
    ("now", "then", "kind"),
    [
        (1.0, 2.0, "helped"),
        (1.8, 2.0, "helped"),
        (1.81, 2.0, "no help"),
        (2.2, 2.0, "no help"),
        (2.5, 2.0, "no help"),
        (2.9, 20.0, "helped"),
        (3.1, 20.0, "no help"),
        (1.0, np.inf, "helped"),
        (1.0, np.nan, "helped"),
    ],
)
def test_better_is_a_tenth_lower_and_not_far_above_a_line(now, then, kind):
    assert judged(flat(now), flat(then)).kind == kind


def test_what_is_neither_better_nor_worse_makes_no_difference():
    assert judged(flat(1.9), flat(2)).words.startswith("it makes no difference so far: ")
    assert judged(flat(2.1), flat(2)).words.startswith("it makes no difference so far: ")
    assert judged(flat(2.3), flat(2)).words.startswith("it does not help so far: ")


def test_runs_that_are_still_one_are_not_compared():
    assert judged(flat(1), flat(1)).kind == "too early"


def test_only_what_came_after_the_remedy_is_compared():
    # The median over the last 50 epochs would still be that of before it.
    before = flat(2, 980)
    assert judged([*before, *flat(1, 20)], [*before, *flat(2.1, 20)]).kind == "helped"


def test_a_run_without_it_that_lags_behind_is_waited_for():
    assert judged(flat(1), flat(2, 900)).kind == "too early"
    assert judged(flat(1), flat(2, 960)).kind == "helped"


def test_a_run_without_it_that_diverged_is_not_waited_for():
    assert judged(flat(1), flat(1e20, 100), diverged=True).kind == "helped"


def test_a_model_that_is_on_its_way_down_to_a_line_is_not_called_held_up():
    learning = Verdict("learning", "still learning")
    assert judged(flat(20), flat(5), train=8.0, verdict=learning).kind == "too early"
    assert judged(flat(20), flat(5), train=8.0).kind == "no cure"


def test_a_validation_loss_that_is_coming_down_is_waited_for():
    assert judged(np.linspace(20, 4, 1000), flat(5)).kind == "too early"
    assert judged(np.linspace(5, 4, 1000), flat(5)).kind == "no help"
