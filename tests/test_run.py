"""The run: the same bits however it is cut, changed, kept and gone back on."""

import itertools
import json

import pytest
import torch
from helpers import (
    GRADIENTS,
    OPTIMIZERS,
    SCALED,
    SECTION_6,
    T_C,
    T_U,
    THERMOMETER,
    bits,
    complaint,
    lived,
    plain_torch,
    recipe,
    recorded,
    run_of,
    session_of,
    table_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from safetensors.torch import save

from tempfit_tui.frame import Change, Stopped, View
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.session.session import Session
from tempfit_tui.text import InputError
from tempfit_tui.training import run as run_module
from tempfit_tui.training.checkpoint import packed
from tempfit_tui.training.history import History
from tempfit_tui.training.run import Run

EVERY_WAY = [
    pytest.param({**SECTION_6, "training__gradient": way, **kind}, id=f"{way}, {name}")
    for way, (name, kind) in itertools.product(GRADIENTS, OPTIMIZERS.items())
]
CHANGED = st.dictionaries(
    st.integers(1, 40),
    st.fixed_dictionaries(
        {},
        optional={
            # 30 blows up within some epochs: runs that stop are cut as well.
            "training.lr": st.sampled_from([1e-3, 1e-2, 0.03, 30.0]),
            "training.gradient": st.sampled_from(GRADIENTS),
            "training.optimizer": st.sampled_from(["sgd", "adam"]),
            "training.momentum": st.sampled_from([0.0, 0.5, 0.9]),
            "training.delta": st.sampled_from([0.1, 1.0]),
        },
    ),
    max_size=4,
)
TOO_FAST = "lr 0.01 is above 0.0003399, the largest stable lr for sgd"


@pytest.mark.parametrize("ways", EVERY_WAY)
@given(changes=CHANGED, cuts=st.sets(st.integers(0, 45), max_size=8), piece=st.integers(1, 50))
@settings(max_examples=12)
def test_the_bits_don_t_depend_on_how_training_is_cut(ways, changes, cuts, piece):
    at_once = lived(run_of(**ways), 45, changes, ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "SLICE", piece)
        in_pieces = lived(run_of(**ways), 45, changes, cuts)
    assert bits(in_pieces) == bits(at_once)
    assert in_pieces.changes == at_once.changes
    assert in_pieces.best == at_once.best


def test_a_slice_s_end_leaves_no_trace():
    at_once, in_pieces = run_of(**SECTION_6), run_of(**SECTION_6)
    at_once.advance(2 * run_module.SLICE + 5)
    for _ in range(3):
        in_pieces.advance(run_module.SLICE // 2 + 7)
    in_pieces.advance(at_once.epoch - in_pieces.epoch)
    assert bits(in_pieces) == bits(at_once)


@given(changes=CHANGED)
@settings(max_examples=40)
def test_planned_changes_are_changes_by_hand_at_the_same_epochs(changes):
    planned = [PlannedChange(epoch, changes[epoch]) for epoch in sorted(changes)]
    by_plan = Run(replace(recipe(**SECTION_6), changes=planned), THERMOMETER)
    by_plan.advance(45)
    by_hand = lived(run_of(**SECTION_6), 45, changes, ())
    assert bits(by_plan) == bits(by_hand)
    assert by_plan.changes == by_hand.changes


def test_a_planned_change_applies_before_its_update():
    planned = [PlannedChange(4, {"training.lr": 1e-3})]
    run = Run(replace(recipe(**SCALED), changes=planned), THERMOMETER)
    run.advance(4)
    plain = run_of(**SCALED)
    plain.advance(3)
    third = plain.weights.clone()
    plain.advance(1)
    # Update 4 is a tenth of what it had been.
    assert (run.weights - third).tolist() == pytest.approx(
        ((plain.weights - third) / 10).tolist(), rel=1e-4
    )
    assert run.changes == [Change(4, {"training.lr": 0.01}, {"training.lr": 0.001})]


def test_changes_before_the_first_epoch_make_another_recipe():
    run = run_of(**SCALED)
    run.change({"training.lr": 0.5, "training.optimizer": "adam"})
    assert run.changes == []
    assert run.recipe == recipe(**SCALED, training__lr=0.5, training__optimizer="adam")
    run.advance(30)
    other = run_of(**SCALED, training__lr=0.5, training__optimizer="adam")
    other.advance(30)
    assert bits(run) == bits(other)


def test_a_change_is_marked_with_its_epoch_and_both_values():
    run = run_of(**SCALED)
    run.advance(7)
    run.change({"training.lr": 0.001, "training.momentum": 0.5, "training.delta": 0.1})
    assert run.changes == [
        Change(
            8,
            {"training.lr": 0.01, "training.momentum": 0.0},
            {"training.lr": 0.001, "training.momentum": 0.5},
            "sgd starts without momentum",
        )
    ]


def test_what_changes_nothing_is_not_marked():
    run = run_of(**SCALED)
    run.advance(7)
    run.change({"training.lr": 0.01})
    run.change({"training.epochs": 99})
    run.change({})
    assert run.changes == []
    assert run.now.training.epochs == 99


def test_changes_before_the_same_epoch_are_one():
    session = session_of(**SCALED)
    session.advance(7)
    for change in ({"training.lr": 0.02}, {"training.lr": 0.03}, {"training.momentum": 0.5}):
        session.change(change)
    assert session.run.changes == [
        Change(
            8,
            {"training.lr": 0.01, "training.momentum": 0.0},
            {"training.lr": 0.03, "training.momentum": 0.5},
            "sgd starts without momentum",
        )
    ]
    session.rewind("before-change")
    assert (session.run.epoch, session.run.changes) == (7, [])
    assert not session.frame(View()).can_take_back
    assert session.run.now.training == recipe(**SCALED).training


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_changes_that_cancel_out_leave_no_trace(kind):
    run, still = run_of(**SCALED, **kind), run_of(**SCALED, **kind)
    for each in (run, still):
        each.advance(10)
    before = run.now.training
    run.change({"training.optimizer": "adam" if before.optimizer == "sgd" else "sgd"})
    run.change({"training.lr": 0.5, "training.momentum": 0.3})
    run.change(
        {
            "training.optimizer": before.optimizer,
            "training.lr": before.lr,
            "training.momentum": before.momentum,
        }
    )
    assert run.changes == []
    for each in (run, still):
        each.advance(10)
    assert bits(run) == bits(still)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split.seed": 1}, "split.seed: needs a new start; it can't change during a run"),
        ({"title": "a"}, "title: needs a new start; it can't change during a run"),
        (
            {"training.lr": 0.5, "training.momentum": 1},
            "settings: training.momentum = 1: give a number at least 0 and below 1",
        ),
        ({"training.lrr": 1}, "settings: training.lrr: unknown key; did you mean lr?"),
        ({"training.lr": float("nan")}, "settings: training.lr = nan: give a finite number"),
    ],
)
def test_a_change_that_can_t_be_is_refused_and_nothing_of_it_done(change, message):
    run = run_of(**SCALED)
    run.advance(5)
    before = bits(run)
    with pytest.raises(InputError) as caught:
        run.change(change)
    assert str(caught.value) == message
    assert (bits(run), run.changes) == (before, [])


@pytest.mark.parametrize("ways", EVERY_WAY)
def test_a_checkpoint_goes_on_with_the_same_bits(ways):
    run = run_of(**ways)
    run.advance(12)
    run.change({"training.lr": 0.02})
    run.advance(8)
    kept = run.checkpoint()
    run.advance(30)
    other = run_of(**ways)
    other.restore(kept)
    assert (other.epoch, other.now.training.lr) == (20, 0.02)
    other.advance(30)
    # The losses before it are not in a checkpoint.
    (*state, losses, stopped), (*expected, all_losses, _) = bits(other), bits(run)
    assert state == expected
    assert losses == tuple(part[20:] for part in all_losses)
    assert stopped is None


def test_a_restored_run_is_no_longer_stopped():
    run = run_of()
    kept = run.checkpoint()
    run.advance(100)
    assert run.stopped
    run.restore(kept)
    assert (run.stopped, run.epoch, run.last_step) == (None, 0, None)


def safetensors(epoch="5", settings='{"training.lr": 0.5}', **parts):
    drawing = torch.Generator().get_state()
    tensors = {"parameters": torch.zeros(2), "generator": drawing, **parts}
    metadata = {"epoch": epoch, "settings": settings}
    return save({name: part for name, part in tensors.items() if part is not None}, metadata)


ADAM = json.dumps({"training.optimizer": "adam"})


def test_a_checkpoint_of_an_older_version_was_made_with_what_is_the_default_now():
    run = run_of(**SECTION_6, penalty__l2=0.1)
    run.advance(20)
    state = run._state()
    older = {name: v for name, v in state.settings.items() if name != "penalty.bias"}
    kept = bits(run)
    run.change({"penalty.bias": False})
    run.advance(5)
    run.restore(packed(state._replace(settings=older)))
    assert run.now.penalty.bias is True
    assert bits(run)[:2] == kept[:2]


OTHER = "checkpoint: of another optimizer; start the run anew"


DAMAGED = "checkpoint: damaged ("
ADAM_S_PARTS = {
    "optimizer.step": torch.tensor(1.0),
    "optimizer.exp_avg": torch.zeros(2),
    "optimizer.exp_avg_sq": torch.zeros(2),
}
GENERATOR = torch.Generator().get_state()
STRANGE_CHECKPOINTS = {
    "nothing": (b"", DAMAGED),
    "no metadata": (save({"parameters": torch.zeros(2)}), DAMAGED),
    "a negative epoch": (safetensors(epoch="-1"), DAMAGED),
    "half an epoch": (safetensors(epoch="1.5"), DAMAGED),
    "no epoch": (safetensors(epoch="five"), DAMAGED),
    "a list of settings": (safetensors(settings="[1]"), DAMAGED),
    "no settings": (safetensors(settings="null"), DAMAGED),
    "100,000 brackets": (safetensors(settings="[" * 100_000), DAMAGED),
    "NaN": (safetensors(settings='{"training.lr": NaN}'), DAMAGED),
    "no parameters": (safetensors(parameters=None), DAMAGED),
    "no generator": (safetensors(generator=None), DAMAGED),
    "half a generator": (safetensors(generator=GENERATOR[:99]), DAMAGED),
    "no bytes of a generator": (safetensors(generator=torch.zeros(2)), DAMAGED),
    "a generator's bytes at odds": (safetensors(generator=255 - GENERATOR), DAMAGED),
    "more parameters": (
        safetensors(parameters=torch.zeros(3)),
        "checkpoint: of another model; start the run anew",
    ),
    "an impossible setting": (
        safetensors(settings='{"training.lr": 0}'),
        "checkpoint: training.lr = 0: give a number above 0",
    ),
    "an unknown setting": (
        safetensors(settings='{"training.lrr": 1}'),
        "checkpoint: training.lrr: unknown key; did you mean lr?",
    ),
    "a part of a state": (
        safetensors(settings=ADAM, **{"optimizer.exp_avg": torch.zeros(2)}),
        OTHER,
    ),
    "a vector of steps": (
        safetensors(settings=ADAM, **{**ADAM_S_PARTS, "optimizer.step": torch.ones(2)}),
        OTHER,
    ),
    "a longer state": (
        safetensors(
            settings='{"training.momentum": 0.9}',
            **{"optimizer.momentum_buffer": torch.zeros(3)},
        ),
        OTHER,
    ),
}


@pytest.mark.parametrize(
    ("checkpoint", "message"), STRANGE_CHECKPOINTS.values(), ids=STRANGE_CHECKPOINTS
)
def test_a_checkpoint_of_something_else_is_refused(checkpoint, message):
    run = run_of(**SCALED)
    run.advance(3)
    before = bits(run)
    with pytest.raises(InputError) as caught:
        run.restore(checkpoint)
    assert str(caught.value).startswith(message)
    assert bits(run) == before


def test_a_checkpoint_changes_live_settings_only():
    run = run_of(**SCALED)
    run.restore(safetensors(settings='{"split.seed": 7, "training.lr": 0.5}'))
    assert run.now == recipe(**SCALED, training__lr=0.5)


RUN = run_of(**SECTION_6, training__optimizer="adam")
RUN.advance(5)
KEPT = RUN.checkpoint()


@given(st.binary(max_size=200))
def test_any_bytes_are_no_checkpoint(checkpoint):
    with pytest.raises(InputError, match=r"^checkpoint: "):
        RUN.restore(checkpoint)


@given(length=st.integers(0, len(KEPT) - 1))
def test_a_torn_checkpoint_is_refused(length):
    with pytest.raises(InputError, match=r"^checkpoint: damaged \("):
        RUN.restore(KEPT[:length])


@given(
    st.lists(st.tuples(st.integers(0, len(KEPT) - 1), st.integers(0, 255)), min_size=1, max_size=4)
)
@settings(max_examples=300)
def test_a_damaged_checkpoint_is_refused_or_can_be_trained_on(damage):
    checkpoint = bytearray(KEPT)
    for place, byte in damage:
        checkpoint[place] = byte
    run = run_of(**SECTION_6, training__optimizer="adam")
    if told := complaint(InputError, run.restore, bytes(checkpoint)):
        assert told.startswith("checkpoint: ")
        assert run.epoch == 0
    else:
        begun = run.epoch
        run.advance(2)
        assert begun < run.epoch <= begun + 2


def test_a_change_that_is_taken_back_has_never_been():
    session, still = session_of(**SECTION_6), session_of(**SECTION_6)
    session.advance(50)
    session.change({"training.lr": 0.02})
    session.advance(10)
    session.rewind("before-change")
    still.advance(50)
    assert bits(session.run) == bits(still.run)
    assert (session.run.changes, session.run.best) == ([], still.run.best)
    assert not session.frame(View()).can_take_back
    for each in (session, still):
        each.advance(20)
    assert bits(session.run) == bits(still.run)


def test_a_planned_change_that_is_taken_back_is_not_made_again():
    planned = [PlannedChange(6, {"training.lr": 1e-3}), PlannedChange(9, {"training.lr": 1e-4})]
    session = Session(replace(recipe(**SCALED), changes=planned), THERMOMETER)
    session.advance(7)
    session.rewind("before-change")
    assert (session.run.epoch, session.run.now.training.lr) == (5, 0.01)
    session.advance(10)
    assert session.run.changes == [Change(9, {"training.lr": 0.01}, {"training.lr": 1e-4})]
    assert session.run.recipe.changes == planned[1:]


def test_changes_are_taken_back_one_after_the_other_to_the_first():
    session = session_of(**SCALED)
    for number in range(10):
        session.advance(3)
        session.change({"training.lr": 0.001 * (number + 1)})
    for number in range(10, 0, -1):
        session.advance(1)
        session.rewind("before-change")
        assert session.run.epoch == 3 * number
        assert len(session.run.changes) == number - 1
    assert not session.frame(View()).can_take_back
    assert session.run.now.training.lr == 0.01


def test_going_back_from_a_stop_lets_training_go_on():
    session, still = session_of(**SECTION_6), session_of(**SECTION_6)
    for each in (session, still):
        each.advance(20)
    session.change({"training.lr": 1e3})
    session.advance(100)
    assert session.run.stopped
    session.rewind("before-change")
    for each in (session, still):
        each.advance(100)
    assert bits(session.run) == bits(still.run)


def test_too_large_an_lr_stops_at_the_first_number_that_isn_t_finite():
    run = run_of(training__lr=1e-2)
    run.advance(500)
    losses, _ = plain_torch(
        lambda p: torch.optim.SGD(p, lr=1e-2), torch.tensor(T_U), torch.tensor(T_C), 11
    )
    finite = [loss for loss in losses if torch.tensor(loss).isfinite()]
    assert run.stopped == Stopped(11, TOO_FAST)
    # Record 11 is the first whose loss or whose update isn't finite.
    assert (run.epoch, run.train_losses.epochs) == (11, 11)
    assert recorded(run.train_losses) == finite
    assert len(finite) >= 10
    assert run.last_step.before.isfinite().all()


def test_a_stopped_run_stays_stopped():
    run = run_of(training__lr=1e-2)
    run.advance(11)
    before = bits(run)
    assert run.stopped
    run.advance(100)
    assert bits(run)[0] == 11
    assert bits(run)[1:] == before[1:]


@pytest.mark.parametrize("piece", [1, 2, 5, 10, 11, 12, 1024])
def test_the_stop_doesn_t_depend_on_the_slices(piece, monkeypatch):
    monkeypatch.setattr(run_module, "SLICE", piece)
    run = run_of(training__lr=1e-2, split__validation=[0])
    run.advance(500)
    assert run.stopped == Stopped(11, run.stopped.reason)
    assert (run.train_losses.epochs, run.val_losses.epochs) == (11, 11)


def test_a_validation_loss_that_isn_t_finite_stops_it_too():
    # Two rows at 0 train; the third is so far out that its error's square leaves float32.
    table = table_of((0, 0.5, 9e17), (0, 1, 0))
    run = run_of(table, split__validation=[2], training__lr=0.1, model__initial=[1e3, 0.0])
    run.advance(10)
    assert run.stopped == Stopped(1, run.stopped.reason)
    assert run.weights.isfinite().all()
    assert run.best is None


def test_without_validation_rows_there_is_no_validation_loss():
    run = run_of(**SCALED)
    run.advance(20)
    assert not run.validates
    assert (run.val_losses.epochs, run.val_losses.last, run.best) == (0, None, None)


@given(
    lr=st.floats(1e-3, 0.034),
    momentum=st.sampled_from([0.0, 0.9, 0.99]),
    cuts=st.sets(st.integers(1, 150), max_size=6),
)
@settings(max_examples=30)
def test_the_best_epoch_is_the_first_minimum(lr, momentum, cuts):
    run = run_of(**SECTION_6, training__lr=lr, training__momentum=momentum)
    lived(run, 150, {}, cuts)
    losses = recorded(run.val_losses)
    assert run.best.loss == min(losses)
    assert run.best.epoch == 1 + losses.index(min(losses))


def test_the_first_of_equal_minima_is_the_best():
    # The parameters move by less than their last digit: all losses are equal.
    run = run_of(**SECTION_6, training__lr=1e-15)
    for _ in range(4):
        run.advance(3)
    assert len(set(recorded(run.val_losses))) == 1
    assert run.best.epoch == 1


def test_the_last_step_is_the_newest_epoch_taken_apart():
    run = run_of(**SCALED)
    run.advance(5)
    before = run.weights.clone()
    run.advance(1)
    assert torch.equal(run.last_step.before, before)
    assert torch.equal(before - 0.01 * run.last_step.gradient, run.weights)


def test_advancing_by_nothing_does_nothing():
    run = run_of(**SCALED)
    run.advance(0)
    assert (run.epoch, run.train_losses.epochs, run.last_step) == (0, 0, None)
    assert isinstance(run.train_losses, History)
