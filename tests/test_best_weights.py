"""Early stopping, the best weights and twins: going back to what was, to the bit."""

import pytest
import torch
from helpers import (
    SCALED,
    THERMOMETER,
    TURNING,
    bits,
    lived,
    recipe,
    recorded,
    run_of,
    session_of,
    trained,
)
from msgspec.structs import replace

from tempfit_tui.frame import EarlyStop
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.session.session import Session
from tempfit_tui.text import InputError
from tempfit_tui.training import run as run_module
from tempfit_tui.training.run import Run

PATIENCE = 40
PATIENT = {**TURNING, "training__patience": PATIENCE}
STAYING = {
    "nothing": {},
    "dropout": {"model__dropout": 0.1},
    "batches": {"training__batch_size": 4},
}
CUT = [((), 1024), ((), 10), ((30, 102, 103, 104, 142, 143), 1024), ((99,), 1)]
# With momentum or Adam, before the best epoch, at it, and after it.
SLOWLY_DIVERGING = {**SCALED, "split__validation": [1, 2], "training__lr": 0.036}
"""Validation is least after some epochs."""
CHANGES = {
    "none": {},
    "before it": {50: {"training.lr": 0.02}},
    "at it": {103: {"training.lr": 0.02}},
    "another optimizer before it": {60: {"training.optimizer": "rmsprop", "training.lr": 1e-3}},
    "before and after it": {50: {"penalty.l2": 1e-4}, 120: {"training.optimizer": "sgd"}},
    "noise after it": {120: {"input_noise.sigma": 0.1, "training.batch_size": 2}},
}


def stop_by_the_rule(losses, patience):
    """Return the first epoch so many epochs after the least loss, and that loss's epoch."""
    for epoch in range(1, len(losses) + 1):
        best = 1 + losses.index(min(losses[:epoch]))
        if epoch - best >= patience:
            return EarlyStop(epoch, best)
    return None


def in_pieces(run, end, changes, cuts, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "SLICE", piece)
        return lived(run, end, changes, cuts)


@pytest.mark.parametrize("staying", STAYING.values(), ids=STAYING)
@pytest.mark.parametrize(("piece", "chunk"), [(1, 150), (1024, 1000), (1024, 1), (13, 7)])
def test_it_stops_patience_after_the_best_epoch_with_the_best_weights(staying, piece, chunk):
    still = trained(300, **TURNING, **staying)
    expected = stop_by_the_rule(recorded(still.val_losses), PATIENCE)
    run = run_of(**PATIENT, **staying)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "SLICE", piece)
        while not run.early_stop:
            run.advance(chunk)
    assert run.early_stop == expected
    assert run.epoch == expected.epoch == run.best.epoch + PATIENCE
    best = trained(expected.best_epoch - 1, **TURNING, **staying)
    assert torch.equal(run.weights, best.weights)
    # What was recorded stays.
    assert recorded(run.train_losses) == recorded(still.train_losses)[: run.epoch]
    assert recorded(run.val_losses) == recorded(still.val_losses)[: run.epoch]
    assert run.stopped is None


@pytest.mark.parametrize("staying", STAYING.values(), ids=STAYING)
def test_going_on_is_possible_from_the_best_weights_and_patience_counts_anew(staying):
    run = trained(1_000, **PATIENT, **staying)
    stop = run.early_stop
    run.advance(10)
    assert (run.early_stop, run.epoch) == (None, stop.epoch + 10)
    # The optimizer and the draws went back with the weights.
    again = trained(stop.best_epoch - 1 + 10, **TURNING, **staying)
    assert torch.equal(run.weights, again.weights)
    run.advance(1_000)
    assert run.early_stop == EarlyStop(stop.epoch + PATIENCE, stop.best_epoch)
    assert torch.equal(run.weights, trained(stop.best_epoch - 1, **TURNING, **staying).weights)


@pytest.mark.parametrize(("set_at", "stop"), [(20, 143), (120, 160), (200, 240)])
def test_patience_set_during_the_run_counts_from_there(set_at, stop):
    run = trained(set_at, **TURNING)
    best = 103 if set_at > 103 else None
    run.change({"training.patience": PATIENCE})
    run.advance(1_000)
    assert run.early_stop == EarlyStop(stop, 103)
    assert best in (None, run.best.epoch)
    assert torch.equal(run.weights, trained(102, **TURNING).weights)


def test_patience_is_off_at_0_and_without_validation_rows():
    assert trained(200, **TURNING).early_stop is None
    run = trained(200, **{**PATIENT, "split__validation": []})
    assert (run.epoch, run.early_stop) == (200, None)


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(("cuts", "piece"), CUT)
def test_early_stopping_puts_back_the_weights_of_the_changed_run(changes, cuts, piece):
    still = lived(run_of(**TURNING), 300, changes, ())
    expected = stop_by_the_rule(recorded(still.val_losses), PATIENCE)
    made = {epoch: change for epoch, change in changes.items() if epoch <= expected.epoch}
    run = in_pieces(run_of(**PATIENT), expected.epoch, made, cuts, piece)
    assert run.early_stop == expected
    best = lived(run_of(**TURNING), expected.best_epoch - 1, changes, ())
    assert torch.equal(run.weights, best.weights)
    # The settings in force stay, and so does the mark of what was changed.
    assert len(run.changes) == len(made)


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(("cuts", "piece"), CUT)
def test_the_best_weights_are_the_run_trained_to_before_the_best_record(changes, cuts, piece):
    session = session_of(**TURNING)
    best = in_pieces(session.run, 200, changes, cuts, piece).best.epoch
    after = {epoch: change for epoch, change in changes.items() if epoch > best}
    before = {epoch: change for epoch, change in changes.items() if epoch <= best}
    session.rewind("best")
    run, still = session.run, lived(run_of(**TURNING), best - 1, before, ())
    assert bits(run) == bits(still)
    assert run.changes == still.changes
    for each in (run, still):
        lived(each, 200, after, ())
    assert bits(run) == bits(still)
    assert run.best.epoch == best


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_the_best_weights_of_a_run_with_planned_changes(changes):
    planned = [PlannedChange(epoch, changes[epoch]) for epoch in sorted(changes)]
    made = replace(recipe(**TURNING), changes=planned)
    session, still = Session(made, THERMOMETER), Run(made, THERMOMETER)
    session.advance(200)
    best = session.run.best.epoch
    session.rewind("best")
    run = session.run
    still.advance(best - 1)
    assert bits(run) == bits(still)
    for each in (run, still):
        each.advance(200 - each.epoch)
    assert bits(run) == bits(still)


def test_the_best_weights_are_found_though_training_diverges_right_after_them():
    session, still = session_of(**TURNING), run_of(**TURNING)
    for each in (session, still):
        each.advance(30)
        each.change({"training.optimizer": "sgd", "training.lr": 1e-2})
    session.advance(20)
    session.change({"training.lr": 50.0})
    session.advance(500)
    assert session.run.stopped
    best = session.run.best.epoch
    assert best <= 51
    session.rewind("best")
    still.advance(best - 1 - 30)
    assert torch.equal(session.run.weights, still.weights)


def test_the_best_weights_of_a_run_that_diverges_in_its_first_slice():
    session = session_of(**SLOWLY_DIVERGING)
    # All of it in one slice.
    session.run.advance(10_000)
    assert session.run.stopped
    best = session.run.best.epoch
    assert best > 1
    session.rewind("best")
    assert torch.equal(session.run.weights, trained(best - 1, **SLOWLY_DIVERGING).weights)


def test_the_best_weights_of_a_run_that_a_change_makes_diverge():
    slowly = {**SLOWLY_DIVERGING, "training__lr": 1e-3}
    session, still = session_of(**slowly), run_of(**slowly)
    for each in (session, still):
        each.advance(5)
        each.change({"training.lr": SLOWLY_DIVERGING["training__lr"]})
    session.advance(10_000)
    assert session.run.stopped
    best = session.run.best.epoch
    assert best > 6
    session.rewind("best")
    still.advance(best - 1 - 5)
    assert torch.equal(session.run.weights, still.weights)


@pytest.mark.parametrize("epochs", [0, 50])
def test_without_a_best_record_there_are_no_weights_to_go_back_to(epochs):
    session = session_of(**(SCALED if epochs else TURNING))
    session.advance(epochs)
    before = bits(session.run)
    with pytest.raises(InputError) as caught:
        session.rewind("best")
    assert str(caught.value) == "there are no better weights to go back to"
    assert bits(session.run) == before


@pytest.mark.parametrize("staying", STAYING.values(), ids=STAYING)
def test_a_twin_goes_its_own_way_and_both_ways_have_the_same_bits(staying):
    run = lived(run_of(**TURNING, **staying), 30, {20: {"training.lr": 0.02}}, ())
    before, marked = bits(run), list(run.changes)
    twin = run.twin()
    assert bits(twin) == before
    twin.advance(30)
    twin.change({"training.lr": 0.5})
    assert (bits(run), run.changes) == (before, marked)
    twin.take_back(61)
    run.advance(30)
    assert bits(run) == bits(twin)
    run.advance(5)
    assert twin.epoch == 60
    twin.advance(5)
    assert bits(run) == bits(twin)


def test_a_twin_of_a_stopped_run_is_stopped_too():
    run = trained(100, training__lr=1e-2)
    twin = run.twin()
    assert twin.stopped == run.stopped
    twin.advance(10)
    assert twin.epoch == run.epoch
