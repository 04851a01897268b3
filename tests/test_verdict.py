"""The verdict: the lab's cases, the luck of all 55 splits, and what holds of any losses."""

import re

import numpy as np
import pytest
import torch
from helpers import SCALED, SECTION_6, T_C, T_U, THERMOMETER, recipe, recorded, run_of, table_of
from hypothesis import given
from hypothesis import strategies as st
from verdict_table import (
    LINEAR_EPOCHS,
    PAIRS,
    STANDARDISED,
    evidence_from,
    linear_evidence,
    linear_losses,
)

from tempfit_tui.training.baseline import Baseline, durbin_watson
from tempfit_tui.training.data import prepare
from tempfit_tui.training.evidence import Witness
from tempfit_tui.training.verdict import Evidence, Series, verdict_on

ANALYTIC = {"training__gradient": "analytic"}
DEFAULT = {**ANALYTIC, **STANDARDISED, "split__validation": [0, 3]}
LINE = {**ANALYTIC, "input__transform": "standardise", "training__lr": 0.1}
ANSCOMBE = table_of(
    (10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5),
    (9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74),
)
WOMEN = table_of(
    range(58, 73), (115, 117, 120, 123, 126, 129, 132, 135, 139, 142, 146, 150, 154, 159, 164)
)
FORMS = re.compile(
    "not started|too early to say|still learning|diverging|underfitting|fits"
    r"|overfitting since epoch [\d,]+"
    r"|validation rising since epoch [\d,]+, too few rows to be sure"
)


def verdicts(epochs, table=THERMOMETER, **settings):
    """Return the verdict on a run at each of these epochs."""
    run = run_of(table, **settings)
    witness, told = Witness(run), {}
    for epoch in epochs:
        run.advance(epoch - run.epoch)
        told[epoch] = verdict_on(witness.evidence(run))
    return told


def kinds(epochs, table=THERMOMETER, **settings):
    return {epoch: told.kind for epoch, told in verdicts(epochs, table, **settings).items()}


def alike(epochs, kind):
    return dict.fromkeys(epochs, kind)


def of_the_line(epochs, pair):
    """Return the verdict on the article's run, with `pair` held out, from the closed form."""
    return verdict_on(linear_evidence(pair, epochs))


def seen(values):
    """Return a loss at each epoch as the verdict sees it, of a run short enough for that."""
    values = torch.as_tensor(values, dtype=torch.float64)
    epochs = torch.arange(1, len(values) + 1)
    before = torch.cat([values[:1], values[:-1]])
    return Series(epochs, values, before, float(values[0]), float(values.min()))


LINE_OF_1 = Baseline(1.0, 1.0, variance=30.0, train_rows=20, val_rows=2)


def evidence_of(train, val=None, baseline=LINE_OF_1, statistic=None):
    """Return evidence on short losses, beside a line whose losses are 1."""
    best = None if val is None else int(np.argmin(val)) + 1
    least = None if val is None else float(np.min(val))
    val = None if val is None else seen(val)
    return Evidence(len(train), seen(train), val, baseline, best, least, statistic)


def test_before_the_first_epoch_nothing_has_started():
    assert verdicts([0])[0].words == "not started"


@pytest.mark.parametrize("epochs", [1, 2, 19])
def test_a_few_epochs_are_too_early(epochs):
    told = verdicts([epochs], **SECTION_6)[epochs]
    assert told.words == "too early to say"
    assert told.why == ("1 epoch is too few" if epochs == 1 else f"{epochs} epochs are too few")


def test_two_training_rows_are_too_few_to_judge():
    told = verdicts([500], **ANALYTIC, **STANDARDISED, split__validation=list(range(9)))[500]
    assert (told.kind, told.why) == ("too early", "2 training rows are too few")


def test_the_article_s_run_learns_up_to_about_1000_epochs_and_fits_from_2000():
    learning, fitting = (20, 100, 500, 1000), (2000, 3000, 4000)
    told = kinds([*learning, *fitting], **ANALYTIC, **SECTION_6)
    assert told == {**alike(learning, "learning"), **alike(fitting, "fits")}


def raw(epochs):
    """Return the evidence on the raw input at lr 1e-4, from the closed form."""
    every = list(range(len(T_U)))
    train, _, (slope, intercept) = linear_losses(every, [], epochs, lr=1e-4, scale=1)
    data = prepare(recipe(), THERMOMETER)
    return evidence_from(data, train, None, slope * data.x.double() + intercept)


def test_raw_input_underfits_for_long_and_fits_in_the_end():
    stalled = verdict_on(raw(10000))
    assert stalled.words == "underfitting"
    floor, half_life = re.fullmatch(
        r"training 21\.\d\d, a line's floor (.*); the way to it halves every (.*) epochs",
        stalled.why,
    ).groups()
    assert floor == "2.928"
    assert int(half_life.replace(",", "")) == pytest.approx(19798, abs=10)
    assert [verdict_on(raw(epochs)).kind for epochs in (100, 1000, 50000, 200000)] == [
        "underfitting", "underfitting", "learning", "fits",
    ]  # fmt: skip


def test_the_raw_run_itself_is_judged_as_its_closed_form():
    told = verdicts([10000], **ANALYTIC, training__lr=1e-4)[10000]
    assert told.kind == "underfitting"
    assert re.search(r"halves every 19,7\d\d epochs", told.why)


def test_a_learning_rate_too_large_diverges_from_the_second_epoch():
    told = verdicts([1, 2, 3, 5, 10], **ANALYTIC, training__lr=0.01)
    assert [each.kind for each in told.values()] == ["too early", *4 * ["diverging"]]
    assert told[2].why == "the training loss grew 1,764 → 5,802,486"


def test_a_run_that_numbers_have_stopped_diverges_for_that_reason():
    told = verdicts([1000], **ANALYTIC, training__lr=0.01)[1000]
    assert told.words == "diverging"
    assert "above 0.0003399, the largest stable lr" in told.why


def test_a_run_frozen_far_up_is_diverging_still():
    frozen = {"training__gradient": "finite-difference", "training__lr": 0.01}
    assert kinds([20, 100, 3000], **frozen) == alike([20, 100, 3000], "diverging")


def test_a_loss_that_a_penalty_has_lifted_is_not_diverging():
    epochs = np.arange(2000)
    lifted = np.where(epochs < 500, 0.5, 20 - 19 * np.exp(-(epochs - 500) / 200))
    assert verdict_on(evidence_of(lifted)).kind == "underfitting"


@pytest.fixture(scope="module")
def default_recipe():
    return verdicts([100, 200, 300, 500, 1000, 2000, 4000, 10000], **DEFAULT)


def test_the_default_recipe_learns_then_fits_then_overfits(default_recipe):
    assert [told.kind for told in default_recipe.values()] == [
        *3 * ["learning"], "fits", *4 * ["overfitting"],
    ]  # fmt: skip


@pytest.mark.parametrize("epochs", [1000, 2000, 4000, 10000])
def test_it_overfits_since_one_epoch_however_late_it_is_told(default_recipe, epochs):
    told = default_recipe[epochs]
    assert told.since == pytest.approx(378, abs=5)
    assert told.words == f"overfitting since epoch {told.since}"
    assert re.match(r"validation rose (1\.9|2\.0)\d\d → .* on these 2 rows while .* fell", told.why)


def test_the_same_model_without_validation_rows_is_never_said_to_overfit():
    told = kinds([300, 1000, 2500], **{**DEFAULT, "split__validation": []})
    assert set(told.values()) <= {"learning", "fits"}


@pytest.mark.parametrize("pair", [(0, 3), (6, 7)])
def test_the_closed_form_gives_the_losses_and_the_verdict_of_the_run_itself(pair):
    run = run_of(**ANALYTIC, **SCALED, split__validation=list(pair))
    run.advance(3000)
    rest = [row for row in range(len(T_U)) if row not in pair]
    train, val, _ = linear_losses(rest, list(pair), 3000)
    np.testing.assert_allclose(recorded(run.train_losses), train, rtol=1e-4)
    np.testing.assert_allclose(recorded(run.val_losses), val, rtol=1e-4)
    told = verdict_on(Witness(run).evidence(run))
    assert told.kind == of_the_line(3000, pair).kind


@pytest.mark.parametrize("epochs", LINEAR_EPOCHS)
def test_no_split_makes_a_straight_line_look_overfitted(epochs):
    told = {of_the_line(epochs, pair).kind for pair in PAIRS}
    assert told <= ({"learning"} if epochs <= 1000 else {"learning", "fits"})


def test_points_that_lie_on_a_line_are_not_overfitted_by_it():
    x = range(12)
    exact = table_of(x, [2 * each + 1 for each in x])
    told = kinds([100, 500, 3000], exact, **{**LINE, "split__validation": [2, 11]})
    assert not {"overfitting", "rising", "underfitting"} & set(told.values())


def test_a_curve_that_flies_past_two_points_has_not_begun_to_overfit_there():
    flying = {**DEFAULT, "target__transform": "none", "split__validation": [1, 5]}
    run = run_of(**flying)
    run.advance(450)
    assert run.best.epoch == pytest.approx(419, abs=10)
    early, late = (1000, 1500, 2000, 2500), (4000,)
    told = verdicts([*early, *late], **flying)
    assert {told[epochs].kind for epochs in early} == {"learning"}
    for epochs in late:
        assert told[epochs].kind == "overfitting"
        assert told[epochs].since == pytest.approx(2600, abs=100)


def of_least_squares(x, y):
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    order = np.argsort(x)
    return durbin_watson(torch.tensor((np.polyval(np.polyfit(x, y, 1), x) - y)[order]))


def test_the_durbin_watson_statistics_are_the_lab_s():
    assert of_least_squares(ANSCOMBE.x, ANSCOMBE.y) == pytest.approx(0.39, abs=0.01)
    assert of_least_squares(WOMEN.x, WOMEN.y) == pytest.approx(0.32, abs=0.01)
    assert of_least_squares(T_U, T_C) == pytest.approx(2.02, abs=0.01)
    rest = [[row for row in range(len(T_U)) if row not in pair] for pair in PAIRS]
    x, y = np.array(T_U), np.array(T_C)
    least = min(of_least_squares(x[rows], y[rows]) for rows in rest)
    assert least == pytest.approx(1.03, abs=0.01)


@pytest.mark.parametrize(("table", "statistic"), [(ANSCOMBE, "0.38"), (WOMEN, "0.32")])
def test_a_line_through_a_curve_underfits(table, statistic):
    told = verdicts([100, 1000], table, **LINE)
    for each in told.values():
        assert each.words == "underfitting"
        assert f"Durbin-Watson {statistic}" in each.why


def test_a_line_on_its_way_is_not_called_too_simple():
    told = verdicts([1000], WOMEN, **ANALYTIC, training__lr=1e-4)[1000]
    assert told.kind == "underfitting"
    assert "halves every" in told.why


def test_a_line_through_a_line_fits():
    assert kinds([1000], **LINE) == {1000: "fits"}


def test_what_is_left_of_points_learnt_by_heart_is_not_called_a_curve():
    told = verdict_on(evidence_of(np.full(1000, 1e-6), statistic=0.05))
    assert told.kind == "fits"


REMEDIES = [
    ({"penalty__l2": 1e-2}, 2500, "fits", None),
    ({"penalty__l2": 1e-1}, 2000, "fits", None),
    ({"model__hidden": (2,)}, 8000, "fits", None),
    ({"more_data__rows": 100}, 3500, "fits", None),
    ({"penalty__l2": 1e-3}, 2500, "overfitting", (550, 30)),
    ({"model__kind": "linear"}, 2000, "fits", None),
]


@pytest.mark.parametrize(("settings", "epochs", "kind", "since"), REMEDIES)
def test_remedies_on_the_default_recipe(settings, epochs, kind, since):
    told = verdicts([epochs], **{**DEFAULT, **settings})[epochs]
    assert told.kind == kind
    assert (told.since is None) == (since is None)
    if since:
        assert told.since == pytest.approx(since[0], abs=since[1])


def risen(by, fallen_to, epochs=1000):
    """Return losses whose training falls on, from a line's, while validation turns at a quarter."""
    part = np.linspace(0, 1, epochs)
    rise = np.where(part < 0.25, 0.25 - part, np.minimum((part - 0.25) / 0.5, 1))
    return 1 + part * (fallen_to - 1), 1.5 * (1 + (by - 1) * rise)


@pytest.mark.parametrize(
    ("rows", "by", "fallen_to", "kind"),
    [
        (2, 1.1, 0.5, "learning"),
        (2, 1.3, 0.5, "rising"),
        (2, 1.5, 0.5, "overfitting"),
        (2, 1.5, 0.35, "overfitting"),
        (2, 2.0, 0.5, "overfitting"),
        (200, 1.5, 0.6, "overfitting"),
        (200, 1.3, 0.6, "overfitting"),
    ],
)
def test_few_rows_must_rise_by_more_where_training_is_not_far_below_a_line(
    rows, by, fallen_to, kind
):
    line = LINE_OF_1._replace(line_val=5.0, val_rows=rows)
    told = verdict_on(evidence_of(*risen(by, fallen_to), line))
    assert told.kind == kind
    assert told.since is None or 230 <= told.since <= 270


def test_one_validation_row_is_spoken_of_as_one():
    told = verdict_on(evidence_of(*risen(3, 0.3), LINE_OF_1._replace(val_rows=1)))
    assert "on this 1 row while" in told.why


def test_a_validation_loss_that_has_come_down_again_is_not_rising():
    part = np.linspace(0, 1, 1000)
    val = 1 + 2 * np.exp(-(((part - 0.5) / 0.1) ** 2)) + np.where(part > 0.5, 0.5, 0)
    told = verdict_on(evidence_of(np.full(1000, 0.8), val))
    assert told.kind == "fits"


LOGS = st.lists(st.floats(-30, 30), min_size=1, max_size=8)
SIZES = st.floats(1e-9, 1e9)


@st.composite
def evidences(draw):
    """Draw any run of 1 to 3,000 epochs: knots in log loss, and noise about them."""
    epochs, seed = draw(st.integers(1, 3000)), draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)

    def loss():
        knots, sigma = draw(LOGS), draw(st.sampled_from([0.0, 0.01, 0.3, 3.0]))
        log = np.interp(np.linspace(0, 1, epochs), np.linspace(0, 1, len(knots)), knots)
        return np.exp(log + sigma * generator.standard_normal(epochs))

    val = loss() if draw(st.booleans()) else None
    rows = 0 if val is None else draw(st.integers(1, 100))
    line_val = None if val is None else draw(SIZES)
    baseline = Baseline(
        draw(SIZES), line_val, draw(SIZES), draw(SIZES), draw(st.integers(2, 100)), rows
    )
    statistic = draw(st.none() | st.floats(0, 4))
    return evidence_of(loss(), val, baseline, statistic)


@given(evidences())
def test_any_losses_get_one_of_the_verdicts(evidence):
    told = verdict_on(evidence)
    assert FORMS.fullmatch(told.words)
    assert (told.since is not None) == (told.kind in ("overfitting", "rising"))
    assert told.since is None or f"epoch {told.since:,}" in told.words
    assert told.since is None or 1 <= told.since <= evidence.epoch
    assert told.kind != "overfitting" or evidence.val is not None


def scaled(series, by):
    return series and Series(series.epochs, *(part * by for part in series[1:]))


@given(evidences(), st.integers(-20, 20))
def test_the_verdict_does_not_depend_on_the_unit_of_the_target(evidence, power):
    # Powers of two round nothing.
    by, line = 2.0**power, evidence.baseline
    sizes = (
        None if size is None else size * by
        for size in (line.line_train, line.line_val, line.variance)
    )
    other = evidence._replace(
        train=scaled(evidence.train, by),
        val=scaled(evidence.val, by),
        baseline=Baseline(*sizes, line.train_rows, line.val_rows),
    )
    told, again = verdict_on(evidence), verdict_on(other)
    assert (told.kind, told.since) == (again.kind, again.since)
