"""The range test: which learning rate is suggested, and that the run itself stays as it is."""

import math

import pytest
from helpers import RICH, SCALED, STANDARDISED, bits, complaint, run_of, session_of, trained
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui.catalogue import open_named
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.session import session as lived
from tempfit_tui.text import InputError
from tempfit_tui.training.range_test import RangeTest, medians, rates, steepest_fall
from tempfit_tui.training.run import Run

ALL = 1000
SGD = {"training__optimizer": "sgd", "training__lr": 0.01}
NOISY = {**RICH, "training__batch_size": 4, "model__dropout": 0.1, "input_noise__sigma": 0.1}


def whole(run):
    test = RangeTest(run)
    test.advance(ALL)
    assert test.is_done
    return test.result


def losses(test):
    return [loss if loss is not None else math.inf for loss in test.losses]


def risen(test):
    """Return the learning rates after which the loss was above its first."""
    pairs = zip(test.lrs, losses(test), strict=True)
    return [lr for lr, loss in pairs if loss > test.first_loss]


# --- where theory knows the limit


@pytest.mark.parametrize(
    ("settings_", "limit", "steepest"),
    [
        (SCALED, 0.0330, 0.001),
        ({}, 3.40e-4, 1e-5),
        (STANDARDISED, 1.0, 0.02),
        ({**SCALED, "penalty__l2": 1.0}, 0.0319, 0.001),
    ],
)
def test_the_article_s_line_blows_up_only_beyond_the_limit(settings_, limit, steepest):
    test = whole(run_of(**SGD, **settings_))
    assert test.limit == pytest.approx(limit, rel=2e-3)
    assert test.rule.startswith("2 / largest eigenvalue")
    assert test.steepest == steepest
    assert min(risen(test)) > test.limit
    assert test.end == pytest.approx(10 * test.limit, rel=0.15)
    assert test.lrs[0] == pytest.approx(1e-4 * test.limit, rel=0.15)
    assert test.lrs[-1] < test.end, "it blows up before the end"


def test_momentum_has_a_limit_of_its_own():
    plain, heavy = (run_of(**SGD, **SCALED, training__momentum=m) for m in (0.0, 0.9))
    assert whole(heavy).limit == pytest.approx(1.9 * whole(plain).limit)


def test_the_loss_is_of_the_data_alone_in_the_files_units():
    plain, penalised = (run_of(**SGD, **STANDARDISED, penalty__l2=l2) for l2 in (0.0, 5.0))
    assert whole(penalised).first_loss == whole(plain).first_loss
    plain.advance(1)
    first = plain.train_losses.curve(None, 1, plain.data.loss_unit).low[0]
    assert whole(run_of(**SGD, **STANDARDISED)).first_loss == pytest.approx(first, rel=1e-6)


def test_at_its_floor_there_is_nothing_to_suggest():
    test = whole(trained(5000, **SGD, **SCALED))
    assert test.first_loss == pytest.approx(2.928, abs=1e-3)
    assert test.steepest is None
    stable = losses(test)[: sum(lr < test.limit for lr in test.lrs)]
    assert stable == pytest.approx([test.first_loss] * len(stable), rel=1e-3)


def test_in_a_long_valley_the_suggestion_is_next_to_the_limit():
    test = whole(trained(20, **SGD, **SCALED))
    assert (test.epoch, test.steepest) == (20, 0.032)


# --- where it doesn't


def test_adam_on_the_rich_model():
    opened = open_named("overfit")
    test = whole(Run(opened.recipe, opened.table))
    assert (test.limit, test.rule) == (None, "no fixed limit (adam)")
    assert (test.lrs[0], test.end) == (1e-6, 10.0)
    assert test.steepest == 0.0014
    assert test.first_loss == pytest.approx(34.77, abs=0.01)
    assert test.losses[test.lrs.index(0.0014)] == pytest.approx(11.29, abs=0.01)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
@pytest.mark.parametrize("more", [RICH, NOISY], ids=["plain", "noisy"])
def test_every_optimizer_gets_a_suggestion(optimizer, more):
    test = whole(run_of(**{**more, "training__optimizer": optimizer}))
    assert 1e-4 < test.steepest < 1
    assert test.losses[test.lrs.index(test.steepest)] < test.first_loss


def test_it_begins_lower_where_the_least_rate_is_large_already():
    raw = {"model__kind": "polynomial", "model__degree": 5, "training__optimizer": "sgd"}
    test = whole(run_of(**raw))
    assert test.limit < 1e-12, "theory knows it there"
    steep = {"model__kind": "mlp", "model__activation": "relu", "training__optimizer": "sgd"}
    table = open_named("overfit").table
    huge = type(table)(
        table.source, "x", "y", type(table.x)("d", [1e5 * x for x in table.x]), table.y
    )
    test = whole(run_of(huge, **steep))
    assert test.lrs[0] <= 1e-9
    assert test.losses[0] == pytest.approx(test.first_loss, rel=0.01)
    assert test.steepest is not None


# --- the run itself


@pytest.mark.parametrize(
    "settings_", [{**SGD, **SCALED}, RICH, NOISY, {**RICH, "training__patience": 5}], ids=str
)
@pytest.mark.parametrize("epochs", [0, 30])
def test_the_run_stays_as_it_is_bit_for_bit(settings_, epochs):
    run, other = trained(epochs, **settings_), trained(epochs, **settings_)
    whole(run)
    assert bits(run) == bits(other)
    assert run.changes == other.changes
    for one in (run, other):
        one.advance(20)
    assert bits(run) == bits(other)


@pytest.mark.parametrize("settings_", [{**SGD, **SCALED}, NOISY], ids=str)
def test_in_pieces_it_is_the_same(settings_):
    run = trained(7, **settings_)
    test = RangeTest(run)
    while not test.is_done:
        assert test.result.steepest is None
        test.advance(3)
    assert test.result == whole(run)
    test.advance(5)
    assert test.result == whole(run), "there is nothing to add"


def test_what_is_planned_has_no_part_in_it():
    run = run_of(**SGD, **SCALED)
    planned = PlannedChange(5, {"training.lr": 3.0, "training.optimizer": "adam"})
    with_plan = Run(replace(run.recipe, changes=[planned]), open_named("scaled").table)
    assert whole(with_plan) == whole(run)
    assert with_plan.planned == [planned]


def test_a_run_that_has_stopped_can_t_be_tried():
    run = trained(1000, **{**SGD, "training__lr": 0.1})
    assert run.stopped
    words = complaint(InputError, RangeTest, run)
    assert words == (
        f"the run stopped at epoch {run.epoch}: go back before a learning rate is tried"
    )


# --- the arithmetic


def test_twenty_rates_a_decade_in_two_digits():
    tried = rates(1e-3, 1e-1)
    assert len(tried) == 41
    assert tried[:5] == [0.001, 0.0011, 0.0013, 0.0014, 0.0016]
    assert (tried[20], tried[-1]) == (0.01, 0.1)
    assert len(rates(2e-17, 0.3)) == len(set(rates(2e-17, 0.3)))


def test_medians_leave_out_a_lone_loss():
    assert medians([5, 4, 90, 3, 2]) == [5, 5, 4, 3, 2]
    assert [medians([3, 2, 1][:count]) for count in range(3)] == [[], [3], [3, 2]]


LRS = rates(0.001, 1.0)


def losses_by(*steps):
    """Return a loss for each of LRS: so many at a loss."""
    return [loss for count, loss in steps for _ in range(count)][: len(LRS)]


@pytest.mark.parametrize(
    ("steps", "limit", "steepest"),
    [
        ([(10, 100.0), (1, 60.0), (50, 20.0)], None, LRS[10]),
        ([(61, 100.0)], None, None),
        ([(61, 101.0)], None, None),
        ([(5, 130.0), (56, 1.0)], None, None),
        ([(10, 100.0), (10, 90.0), (1, 95.0), (1, 50.0), (39, 1.0)], None, LRS[9]),
        ([(10, 100.0), (10, 90.0), (1, 40.0), (40, 1.0)], LRS[15], LRS[10]),
        ([(10, 100.0), (51, math.inf)], None, None),
    ],
)
def test_the_steepest_fall(steps, limit, steepest):
    assert steepest_fall(LRS, losses_by(*steps), 100.0, limit) == steepest


@given(
    st.lists(st.floats(0, 1e6) | st.just(math.inf), max_size=len(LRS)),
    st.floats(1e-6, 1e6),
    st.none() | st.floats(1e-4, 10),
)
def test_a_suggestion_is_one_of_those_tried_and_below_the_limit(values, first, limit):
    found = steepest_fall(LRS[: len(values)], values, first, limit)
    if found is not None:
        assert found in LRS[: len(values)]
        assert limit is None or found < limit
        assert min(values[: LRS.index(found) + 2]) < first


@given(
    st.sampled_from(["none", "scale", "standardise"]),
    st.sampled_from(["linear", "polynomial"]),
    st.floats(0, 0.95),
    st.integers(0, 40),
)
@settings(max_examples=25, deadline=None)
def test_it_is_below_the_limit_for_every_line_and_polynomial(transform, kind, momentum, epochs):
    run = run_of(
        **SGD,
        model__kind=kind,
        input__transform=transform,
        training__momentum=momentum,
    )
    run.change({"training.lr": run.limit.lr / 3})
    run.advance(epochs)
    test = whole(run)
    assert test.lrs == sorted(set(test.lrs))
    assert len(test.lrs) == len(test.losses)
    if test.steepest is not None:
        assert test.steepest in test.lrs
        assert test.steepest < test.limit


# --- the session


def test_a_session_s_test_goes_on_until_it_is_begun_anew(monkeypatch):
    monkeypatch.setattr(lived, "RANGE_TEST_SECONDS", 0.0)
    session = session_of(**SGD, **SCALED)
    assert len(session.range_test(anew=False).lrs) == 1
    assert len(session.range_test(anew=False).lrs) == 2
    assert len(session.range_test(anew=True).lrs) == 1
    while not (test := session.range_test(anew=False)).is_done:
        assert test.steepest is None
    assert test == whole(session.run)
    assert session.run.epoch == 0


@pytest.mark.parametrize("forget", ["start", "branch"])
def test_another_run_has_a_test_of_its_own(forget):
    session = session_of(**SGD, **SCALED)
    session.advance(40)
    before = session.range_test(anew=True)
    if forget == "start":
        session.rewind("start")
    else:
        session.look_back(10)
        session.branch()
    after = session.range_test(anew=False)
    assert (before.epoch, after.epoch) == (40, 0 if forget == "start" else 10)


def test_it_begins_at_the_epoch_looked_back_on():
    session = session_of(**SGD, **SCALED)
    session.advance(200)
    session.look_back(20)
    test = session.range_test(anew=True)
    while not test.is_done:
        test = session.range_test(anew=False)
    assert test == whole(trained(20, **SGD, **SCALED))
    assert session.run.epoch == 200
