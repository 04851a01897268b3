"""A run being lived: budgets, going back, and what is to be seen of it."""

import itertools

import msgspec
import numpy as np
import pytest
import torch
from helpers import (
    OPTIMIZERS,
    SCALED,
    SECTION_6,
    T_C,
    T_U,
    THERMOMETER,
    TURNING,
    mean_squared_error,
    recipe,
    session_of,
    table_of,
    trained,
)
from msgspec.structs import replace

from tempfit_tui.frame import Change, Curve, EarlyStop, Frame, Limit, Setup, Verdict, View
from tempfit_tui.recipe import PlannedChange, Recipe
from tempfit_tui.session import session as session_module
from tempfit_tui.session.session import Session
from tempfit_tui.settings import live_settings
from tempfit_tui.text import InputError


def seen(session):
    """Return what is to be seen of a run, but for its id and where it comes from."""
    return replace(session.frame(View(ghost=False)), run=None, setup=None)


@pytest.fixture
def clock(monkeypatch):
    """Let a second pass whenever the session looks at the clock."""

    class Clock:
        def __init__(self):
            self.now = 0.0

        def monotonic(self):
            self.now += 1.0
            return self.now

    made = Clock()
    monkeypatch.setattr(session_module, "time", made)
    return made


@pytest.mark.parametrize("epochs", [0, 1, 15, 16, 17, 1000])
def test_a_budget_of_epochs_is_kept_exactly(epochs):
    session = session_of(**SCALED)
    session.advance(epochs)
    assert session.run.epoch == epochs
    session.advance(epochs)
    assert session.run.epoch == 2 * epochs


def test_a_budget_of_seconds_ends_training_at_the_deadline(clock):
    session = session_of(**SCALED)
    session.advance(seconds=10.0)
    # Each look at the clock takes a second; there is one before a chunk, one after it and one
    # after what goes on beside: the deadline of 11 is over within the fourth chunk.
    assert clock.now == 1 + 4 * 3
    # Chunks stay at an epoch where one takes longer than a key may wait.
    assert session.run.epoch == 4


def test_the_budget_that_is_over_first_ends_training(clock):
    session = session_of(**SCALED)
    session.advance(epochs=3, seconds=1e9)
    assert session.run.epoch == 3
    session.advance(epochs=10**9, seconds=0.0)
    assert session.run.epoch == 3 + 1


def test_chunks_grow_while_they_are_quick(monkeypatch):
    chunks = []

    class Stopwatch:
        @staticmethod
        def monotonic():
            return 0.0

    monkeypatch.setattr(session_module, "time", Stopwatch)
    session = session_of(**SCALED)
    advance = session.run.advance
    session.run.advance = lambda epochs: (chunks.append(epochs), advance(epochs))
    session.advance(100)
    assert chunks == [1, 2, 4, 8, 16, 32, 37]


def test_an_interruption_ends_it_after_the_chunk_at_hand():
    session = session_of(**SCALED)
    asked = itertools.count(1)
    session.advance(10**9, interrupted=lambda: next(asked) == 3)
    assert next(asked) == 4
    assert 0 < session.run.epoch < 10**6


def test_training_ends_where_the_recipe_ends_and_goes_on_when_asked_again():
    session = session_of(**SCALED, training__epochs=25)
    session.advance(1000)
    assert session.run.epoch == 25
    session.advance(10)
    assert session.run.epoch == 35


def test_the_end_can_be_moved_during_the_run():
    session = session_of(**SCALED, training__epochs=25)
    session.advance(10)
    session.change({"training.epochs": 12})
    session.advance(1000)
    assert session.run.epoch == 12
    session.change({"training.epochs": None})
    session.advance(1000)
    assert session.run.epoch == 1012


def test_a_stopped_run_uses_no_more_of_its_budget():
    session = session_of(training__lr=1e-2)
    session.advance(10**9)
    assert session.run.epoch == 11
    session.advance(10**9)
    assert session.run.epoch == 11


def test_rewinding_to_the_start_keeps_what_was_changed_by_hand_but_not_by_plan():
    planned = [PlannedChange(5, {"training.lr": 1e-3, "training.momentum": 0.5})]
    session = Session(replace(recipe(**SCALED), changes=planned), THERMOMETER)
    session.change({"training.gradient": "analytic"})
    session.advance(10)
    session.change({"training.momentum": 0.9})
    session.advance(10)
    session.rewind("start")
    run = session.run
    assert (run.epoch, run.weights.tolist(), run.changes) == (0, [1.0, 0.0], [])
    assert (run.train_losses.epochs, run.best) == (0, None)
    assert not session.frame(View()).can_take_back
    assert (run.now.training.gradient, run.now.training.momentum) == ("analytic", 0.9)
    assert run.now.training.lr == 0.01
    assert run.recipe.changes == planned
    session.advance(10)
    assert session.run.now.training.lr == 1e-3


def test_a_rewound_run_is_the_run_of_that_recipe():
    session = session_of(**SECTION_6)
    session.advance(30)
    session.change({"training.lr": 0.02})
    session.advance(30)
    session.rewind("start")
    session.advance(40)
    other = session_of(**SECTION_6, training__lr=0.02)
    other.advance(40)
    assert seen(session) == seen(other)


def test_rewinding_to_before_the_change():
    session = session_of(**SECTION_6)
    session.advance(30)
    session.change({"training.lr": 0.02})
    session.advance(30)
    session.rewind("before-change")
    other = session_of(**SECTION_6)
    other.advance(30)
    assert seen(session) == seen(other)


def test_rewinding_to_the_best_weights():
    session = session_of(**TURNING)
    session.advance(200)
    session.rewind("best")
    assert session.run.epoch == 102
    assert torch.equal(session.run.weights, trained(102, **TURNING).weights)
    # What came after them stays in sight.
    assert session.frame(View()).ghost.last_epoch == 200


def test_without_validation_rows_there_are_no_best_weights():
    session = session_of(**SCALED)
    session.advance(30)
    with pytest.raises(InputError) as caught:
        session.rewind("best")
    assert str(caught.value) == "there are no better weights to go back to"
    assert (session.run.epoch, session.frame(View()).ghost) == (30, None)


def test_early_stopping_ends_the_budget_and_is_told_until_training_goes_on():
    session = session_of(**TURNING, training__patience=40)
    session.advance(10**6)
    frame = session.frame(View(all_parameters=True))
    assert frame.early_stop == EarlyStop(143, 103)
    assert (frame.epoch, frame.best_epoch, session.ended) == (143, 103, True)
    assert frame.parameters == trained(102, **TURNING).weights.tolist()
    session.advance(5)
    assert session.frame(View()).early_stop is None


def test_the_newest_step_is_told_as_it_was_made_though_the_best_weights_are_put_back():
    session = session_of(**TURNING, training__patience=40)
    session.advance(10**6)
    step = session.frame(View(all_parameters=True)).step
    assert step.before == trained(142, **TURNING).weights.tolist()
    assert step.after == trained(143, **TURNING).weights.tolist()


def test_without_a_change_there_is_none_to_take_back():
    session = session_of(**SCALED)
    session.advance(30)
    with pytest.raises(InputError) as caught:
        session.rewind("before-change")
    assert str(caught.value) == "there is no change to take back; r goes back to the start"
    assert session.run.epoch == 30


def test_a_refused_change_isn_t_kept_at_the_start():
    session = session_of(**SCALED)
    with pytest.raises(InputError):
        session.change({"training.lr": 0.0})
    session.rewind("start")
    assert session.run.recipe == recipe(**SCALED)


def test_the_first_frame():
    session = session_of(**SECTION_6, training__epochs=4000)
    frame = session.frame(View(points=3))
    assert frame == Frame(
        epoch=0,
        train_loss=None,
        val_loss=None,
        parameters=[1.0, 0.0],
        raw_parameters=[pytest.approx(0.1), 0.0],
        settings={**live_settings(Recipe()), "training.epochs": 4000},
        limit=Limit(frame.limit.lr, "2 / largest eigenvalue"),
        step=None,
        best_epoch=None,
        best_loss=None,
        stopped=None,
        verdict=Verdict("not started", "not started"),
        changes=[],
        can_take_back=False,
        train=Curve(),
        val=Curve(),
        # y = 0.1 t_u at both ends of the span, 5 % beyond the data, and in their middle.
        fit=pytest.approx([1.8795, 5.185, 8.4905], abs=1e-6),
        setup=Setup(
            train_rows=9,
            validation=[0, 3],
            note="",
            condition_number=frame.setup.condition_number,
            floor=frame.setup.floor,
            train_variance=pytest.approx(np.var([T_C[row] for row in SECTION_6["split__train"]])),
            val_variance=pytest.approx(np.var([T_C[0], T_C[3]])),
        ),
    )
    # lab-numbers.md, The default recipe: the straight line's training floor on these rows.
    assert f"{frame.setup.floor:.4f}" == "2.9112"


def test_what_stays_the_same_is_told_once_after_each_start():
    session = session_of(**SCALED)
    assert session.frame(View()).setup is not None
    session.advance(3)
    assert session.frame(View()).setup is None
    session.rewind("start")
    assert session.frame(View()).setup is not None
    assert session.frame(View()).setup is None


def test_the_note_of_the_split_is_told():
    session = Session(recipe(split__validation=None), table_of((1.0, 2.0, 3.0), (1.0, 2.0, 4.0)))
    setup = session.frame(View()).setup
    assert setup.note == "3 rows are too few for a fraction of 0.2: none validates"
    assert setup.validation == []


def test_equal_inputs_in_the_training_rows_have_no_condition_number():
    session = Session(recipe(split__validation=[2]), table_of((0.0, 0.0, 3.0), (1.0, 2.0, 4.0)))
    setup = session.frame(View()).setup
    assert setup.condition_number is None
    assert setup.floor == pytest.approx(0.25)


def test_a_frame_takes_the_newest_epoch_apart():
    session = session_of(**SCALED)
    session.advance(3)
    before = session.run.weights.tolist()
    session.advance(1)
    frame = session.frame(View())
    assert frame.step.epoch == frame.epoch == 4
    assert frame.step.before == before
    assert frame.step.after == frame.parameters
    assert frame.step.loss == frame.train_loss
    # w - lr * gradient, in float32.
    stepped = [w - 0.01 * g for w, g in zip(before, frame.step.gradient, strict=True)]
    assert frame.parameters == pytest.approx(stepped, rel=1e-6)


def test_losses_are_told_in_the_file_s_units_squared():
    settings = {**SECTION_6, "input__transform": "standardise", "target__transform": "standardise"}
    session = session_of(**settings, training__lr=0.1)
    session.advance(40)
    before = session.run.weights.clone()
    session.advance(1)
    frame = session.frame(View(points=2))

    def predicted(parameters, x):
        data = session.run.data
        weight, bias = parameters.double().tolist()
        y = weight * (x - data.input.offset) * data.input.factor + bias
        return y / data.target.factor + data.target.offset

    rows = {"train": SECTION_6["split__train"], "val": SECTION_6["split__validation"]}
    expected = {
        name: sum((predicted(before, T_U[row]) - T_C[row]) ** 2 for row in part) / len(part)
        for name, part in rows.items()
    }
    # Measured in float32 at the weights before the update.
    assert frame.train_loss == pytest.approx(expected["train"], rel=1e-5)
    assert frame.val_loss == pytest.approx(expected["val"], rel=1e-5)
    assert frame.train.last == frame.train_loss
    assert frame.val.high[-1] == frame.val_loss
    assert frame.best_loss == min(frame.val.low)
    assert frame.best_epoch == 1 + frame.val.low.index(frame.best_loss)
    # The step is told as it was optimised: in transformed units.
    unit = session.run.data.loss_unit
    assert frame.step.loss * unit == pytest.approx(frame.train_loss)
    assert unit > 10
    slope, intercept = frame.raw_parameters
    ends = THERMOMETER.span()
    assert frame.fit == pytest.approx([slope * x + intercept for x in ends], rel=1e-5)
    # After 41 epochs at 0.1 it is near the floor, whatever the transforms: 0.8^82 of the way.
    assert frame.train_loss == pytest.approx(2.9112, abs=1e-4)
    assert mean_squared_error(
        [slope, intercept],
        [T_U[row] for row in rows["train"]],
        [T_C[row] for row in rows["train"]],
    ) == pytest.approx(2.9112, abs=1e-4)


def test_a_view_chooses_window_columns_and_points():
    session = session_of(**SECTION_6)
    session.advance(500)
    frame = session.frame(View(window=100, columns=20, points=7))
    # Columns of 8 epochs, counted from epoch 1; the window begins with the last of the 51st.
    assert frame.train.epochs == frame.val.epochs == list(range(401, 501, 8))
    assert len(frame.fit) == 7
    smooth = session.frame(View(columns=500, smooth=True)).train
    assert smooth.low == smooth.high
    assert len(smooth.epochs) == 500


def test_changes_and_the_way_back_are_told():
    session = session_of(**SCALED)
    session.advance(5)
    session.change({"training.lr": 0.5, "training.optimizer": "adam"})
    frame = session.frame(View())
    assert frame.changes == [
        Change(
            6,
            {"training.lr": 0.01, "training.optimizer": "sgd"},
            {"training.lr": 0.5, "training.optimizer": "adam"},
            "adam starts without the moments of the gradient",
        )
    ]
    assert frame.can_take_back
    assert frame.limit == Limit(None, "no fixed limit (adam)")
    assert frame.settings["training.lr"] == 0.5


def test_numbers_that_aren_t_finite_are_none_and_the_frame_can_be_sent():
    session = session_of(training__lr=1e-2, split__validation=[0])
    session.advance(100)
    frame = session.frame(View())
    assert frame.stopped.epoch == frame.epoch == 11
    assert None in [frame.train_loss, frame.val_loss, *frame.parameters]
    assert frame.train.epochs == list(range(1, 1 + len(frame.train.epochs)))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(frame), type=Frame) == frame


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_frame_changes_nothing(kind):
    seen, unseen = session_of(**SECTION_6, **kind), session_of(**SECTION_6, **kind)
    for _ in range(10):
        seen.advance(5)
        seen.frame(View())
    unseen.advance(50)
    assert torch.equal(seen.run.weights, unseen.run.weights)
