"""What is said of a run, as pure functions: state, verdict, one epoch, ways back."""

import pytest
from msgspec.structs import replace

from tempfit_tui.frame import (
    Change,
    Curve,
    EarlyStop,
    Frame,
    Ghost,
    Limit,
    Outcome,
    Setup,
    Stopped,
    Verdict,
)
from tempfit_tui.insight import Step
from tempfit_tui.recipe import Model, Recipe
from tempfit_tui.ui.remedies import calm_lr, remedies, ways_back
from tempfit_tui.ui.trainer import Seen
from tempfit_tui.ui.words import (
    Situation,
    state_words,
    step_words,
    verdict_words,
)

STEP = Step(1, [1.0, 0.0], 53.57, [-61.24, -9.284], [1.6124, 0.09284])
FRAME = Frame(
    epoch=0,
    train_loss=None,
    val_loss=None,
    parameters=[1.0, 0.0],
    raw_parameters=None,
    settings={"training.lr": 0.01, "training.epochs": 4000},
    limit=Limit(0.0357, "2 / largest eigenvalue"),
    step=None,
    best_epoch=None,
    best_loss=None,
    stopped=None,
    verdict=Verdict("not started", "not started"),
    changes=[],
    can_take_back=False,
    train=Curve(),
    val=Curve(),
    fit=[],
)
SETUP = Setup(9, [0, 3], "", 428.9, 2.911)
EARLY = Verdict("too early", "too early to say")
PAUSED = {"epoch": 1, "step": STEP, "verdict": EARLY}
OVERFITTING = Verdict(
    "overfitting", "overfitting since epoch 379", "validation rose 1.98 → 6.62 on these 2 rows", 379
)
DIVERGED = {"epoch": 12, "step": STEP, "stopped": Stopped(12, "lr 0.1 is above 0.0357")}


def seen(**changes):
    return Seen(replace(FRAME, **changes), SETUP, None)


def situation(now=None, *, running=False, death="", trouble=""):
    return Situation(now, running, death, trouble)


def words(parts):
    return "".join(text for text, _ in parts)


@pytest.mark.parametrize(
    ("now", "state", "verdict"),
    [
        (situation(), "… starting", "the engine is loading PyTorch\nspace: start training"),
        (situation(trouble="too few rows"), "✖ can't start", "too few rows"),
        (situation(seen()), "‖ not started", "not started\nspace: train · n: one epoch"),
        (
            situation(seen(**PAUSED)),
            "‖ paused",
            "too early to say\nepoch 1: p = 1.000x + 0 → loss 53.57",
        ),
        (
            situation(seen(**PAUSED), running=True),
            "● running",
            "too early to say\ntraining until epoch 4,000 · space: pause",
        ),
        (
            situation(seen(**PAUSED | {"epoch": 4001}), running=True),
            "● running",
            "too early to say\ntraining · space: pause",
        ),
        (
            situation(seen(**PAUSED | {"epoch": 4000})),
            "■ finished",
            "too early to say\nepoch 4,000 is where this recipe ends · space: go on",
        ),
        (
            situation(seen(**DIVERGED)),
            "✖ diverged",
            "✖ diverged at epoch 12: lr 0.1 is above 0.0357 · Enter: ways back",
        ),
        (
            situation(seen(**PAUSED), death="the engine stopped"),
            "✖ engine stopped",
            "✖ the engine stopped · Enter: start it again",
        ),
        (situation(seen(**PAUSED), trouble="not today"), "‖ paused", "not today"),
        (
            situation(seen(**DIVERGED), running=True, death="gone", trouble="gone"),
            "✖ engine stopped",
            "✖ gone · Enter",
        ),
    ],
)
def test_state_and_verdict(now, state, verdict):
    assert state_words(now)[0] == state
    assert words(verdict_words(now, 118)).startswith(verdict)


@pytest.mark.parametrize("room", [58, 98, 118, 156])
@pytest.mark.parametrize("reason", ["short", "a long reason " * 20])
def test_the_way_out_is_told_however_long_the_trouble(room, reason):
    stopped = seen(**DIVERGED | {"stopped": Stopped(12, reason)})
    for now in (situation(stopped), situation(stopped, death=reason)):
        told = words(verdict_words(now, room))
        assert " · Enter: " in told
        assert len(told) <= 2 * room


def test_a_run_without_an_end_never_finishes():
    now = situation(seen(**PAUSED, settings={"training.epochs": None}), running=True)
    assert words(verdict_words(now, 118)).endswith("\ntraining · space: pause")


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (200, "epoch 1: p = 1.000x + 0 → loss 53.57 → gradient -61.24, -9.284 → w 1.612, b 0.0928"),
        (80, "epoch 1: loss 53.57 → gradient -61.24, -9.284 → w 1.612, b 0.09284"),
        (50, "epoch 1: loss 53.57 → w 1.612, b 0.09284"),
        (20, "epoch 1: loss 53.57"),
    ],
)
def test_an_epoch_is_told_in_the_room_there_is(room, told):
    assert step_words(STEP, room).startswith(told)
    assert len(step_words(STEP, room)) <= room


def test_an_epoch_whose_numbers_are_not_finite_is_told():
    step = Step(9, [None, -2.0], None, [None, None], [None, None])
    assert step_words(step, 200) == "epoch 9: p = —x − 2.000 → loss — → gradient —, — → w —, b —"


def test_an_epoch_of_many_parameters_is_told_by_lengths():
    step = Step(380, [], 0.0417, [], [], 0.0166, 0.004)
    told = (
        "epoch 380: forward → loss 0.04170 → gradient 0.0166 long → all parameters together moved"
    )
    assert step_words(step, 118).startswith(told)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Model(), "linear"),
        (Model(kind="polynomial", degree=5), "polynomial of degree 5"),
        (Model(kind="mlp", hidden=(8, 4), activation="relu"), "mlp 1-8-4-1 relu"),
    ],
)
def test_a_model_in_few_words(model, told):
    assert model.words == told


# --- verdicts and news


@pytest.mark.parametrize("width", [58, 78, 98, 118, 156])
@pytest.mark.parametrize("why", ["", "short", "a long reason " * 20])
@pytest.mark.parametrize("kind", ["overfitting", "rising", "underfitting", "diverging"])
def test_a_verdict_has_room_for_its_remedy(width, why, kind):
    verdict = Verdict(kind, "overfitting since epoch 379", why)
    told = words(verdict_words(situation(seen(**PAUSED | {"verdict": verdict})), width))
    first = told.split("\n")[0]
    assert "overfitting since epoch 379" in first
    assert " · Enter: " in first
    assert len(first) <= (width if width >= 90 else 2 * width)


def test_a_fit_needs_no_remedy():
    verdict = Verdict("fits", "fits", "training 2.91")
    told = words(verdict_words(situation(seen(**PAUSED | {"verdict": verdict})), 118))
    assert told.startswith("fits: training 2.91\nepoch 1")


def test_an_early_stop_is_told():
    stop = EarlyStop(579, 379)
    now = situation(seen(**PAUSED | {"epoch": 579, "early_stop": stop}))
    assert state_words(now)[0] == "■ stopped early"
    assert "no better validation for 200 epochs" in words(verdict_words(now, 118))
    assert "the best weights, of epoch 379, are back" in words(verdict_words(now, 118))


def ghost(kind):
    return Ghost(Curve(), 2000, "without it", Outcome(kind, f"L2 penalty 0.01: {kind}"))


@pytest.mark.parametrize("width", [78, 118])
@pytest.mark.parametrize("kind", ["helped", "in part", "no cure", "no help"])
def test_whether_a_remedy_helped_is_told_at_every_width(width, kind):
    frame = PAUSED | {"epoch": 2000, "verdict": OVERFITTING, "ghost": ghost(kind)}
    for running in (True, False):
        told = words(verdict_words(situation(seen(**frame), running=running), width))
        assert told.endswith(f"\nL2 penalty 0.01: {kind}")


def test_while_it_is_too_early_to_judge_a_remedy_that_is_told_while_running_only():
    frame = PAUSED | {"ghost": ghost("too early")}
    assert "too early" in words(verdict_words(situation(seen(**frame), running=True), 118))
    assert "epoch 1: p" in words(verdict_words(situation(seen(**frame)), 118))


def test_what_became_of_the_optimizers_state_is_told_for_a_while():
    note = "the moments of the gradient (adam) forgotten, sgd keeps nothing"
    change = Change(2, {"training.optimizer": "adam"}, {"training.optimizer": "sgd"}, note)
    paused = seen(**PAUSED, changes=[change])
    assert words(verdict_words(situation(paused), 118)).endswith(f"\n{note}")
    running = Seen(paused.frame, SETUP, 500.0)
    assert note in words(verdict_words(situation(running, running=True), 118))
    later = Seen(replace(paused.frame, epoch=4000), SETUP, 500.0)
    assert note not in words(verdict_words(situation(later, running=True), 118))


# --- ways back


CHANGE = Change(6, {"training.lr": 0.01, "training.momentum": 0.0}, {"training.lr": 0.1})


def test_the_gentlest_way_back_comes_first():
    ways = ways_back(seen(**DIVERGED, changes=[CHANGE], can_take_back=True))
    assert [way.name for way in ways] == ["before-change", "calm", "start"]
    assert ways[0].words == "back to epoch 5, before the last change"
    assert ways[0].why.startswith("with lr 0.01, momentum 0 again")
    assert ways[1].words == "back to the start with lr 0.018"


def test_a_change_that_is_not_kept_cannot_be_taken_back():
    ways = ways_back(seen(**DIVERGED, changes=[CHANGE]))
    assert [way.name for way in ways] == ["calm", "start"]


def test_without_a_limit_there_is_no_calm_learning_rate():
    now = seen(**DIVERGED, limit=Limit(None, "no fixed limit (adam)"))
    assert calm_lr(now) is None
    assert [way.name for way in ways_back(now)] == ["start"]


def test_no_way_back_offers_a_learning_rate_that_is_as_large_as_the_one_that_failed():
    lower = Change(6, {"training.lr": 0.05}, {"training.lr": 0.01})
    now = seen(**DIVERGED, changes=[lower], can_take_back=True)
    ways = ways_back(now)
    assert [way.name for way in ways] == ["calm", "start"]
    assert ways[0].settings == {"training.lr": 0.001}
    assert ways[0].why.startswith("a tenth of the lr that diverged")
    other = Change(6, {"training.momentum": 0.0}, {"training.momentum": 0.9})
    ways = ways_back(seen(**DIVERGED, changes=[other], can_take_back=True))
    assert [way.name for way in ways] == ["before-change", "calm", "start"]
    assert ways[1].settings == {"training.lr": 0.001}


@pytest.mark.parametrize(
    ("limit", "words", "lr"),
    [
        (1.0, "standardise the input, lr 0.1", 0.1),
        (0.05, "standardise the input, lr 0.025", 0.025),
        (None, "standardise the input", None),
    ],
)
def test_a_standardised_input_comes_with_a_learning_rate_that_is_stable_there(limit, words, lr):
    now = seen(
        verdict=Verdict("learning", "still learning"),
        limit=Limit(0.0357, "2 / largest eigenvalue", limit),
        settings={"training.lr": 0.03},
    )
    _, answers = remedies(now, Recipe())
    (found,) = [answer for answer in answers if answer.name == "standardise"]
    assert (found.words, found.settings.get("training.lr")) == (words, lr)
    assert found.anew


def test_the_calm_learning_rate_is_half_the_limit():
    assert calm_lr(seen()) == 0.018
