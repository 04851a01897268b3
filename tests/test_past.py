"""The past: any epoch as it was, to the bit, and going on from there as if never left."""

import msgspec
import pytest
import torch
from helpers import (
    GRADIENTS,
    RICH,
    SECTION_6,
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
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui.frame import EarlyStop, Frame, View
from tempfit_tui.journal import journal as journal_module
from tempfit_tui.journal.journal import Journal
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.session import keeping
from tempfit_tui.session.past import Past
from tempfit_tui.session.replaying import replay
from tempfit_tui.session.session import Session
from tempfit_tui.settings import live_settings
from tempfit_tui.text import InputError
from tempfit_tui.training import run as run_module
from tempfit_tui.training.loop import Losses
from tempfit_tui.training.run import Run

SMALL = {**RICH, "model__hidden": [6], "training__gradient": "analytic"}
DRAWN = {"input_noise__sigma": 0.1, "model__dropout": 0.2, "training__batch_size": 4}
CUBIC = {**SECTION_6, "model__kind": "polynomial", "training__lr": 1e-4}
OPTIMIZERS = {
    "sgd": {"training__optimizer": "sgd"},
    "momentum": {"training__optimizer": "sgd", "training__momentum": 0.9},
    "nesterov": {
        "training__optimizer": "sgd",
        "training__momentum": 0.9,
        "training__nesterov": True,
    },
    **{name: {"training__optimizer": name} for name in ("adam", "adamw", "rmsprop", "adagrad")},
}
WAYS = {
    **{name: {**SMALL, **DRAWN, **kind} for name, kind in OPTIMIZERS.items()},
    **{way: {**SECTION_6, "training__gradient": way} for way in GRADIENTS},
    "polynomial": {**CUBIC, "input__transform": "standardise"},
    "penalised": {**SMALL, "penalty__l2": 0.01, "penalty__l1": 0.01},
    "more data": {**SMALL, "more_data__rows": 20},
    "without validation": {**SECTION_6, "split__validation": [], "split__train": None},
    "patience": {**TURNING, "training__gradient": "analytic", "training__patience": 5},
    "diverging": {**SECTION_6, "training__lr": 0.1},
}
CHANGES = {16: {"training.lr": 2e-3}, 31: {"penalty.l2": 1e-3, "training.gradient": "analytic"}}
END = 40


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Keep many states, and write often: short runs are kept as long ones are."""
    monkeypatch.setattr(keeping, "SPACING_SECONDS", 0.0)
    monkeypatch.setattr(keeping, "WRITTEN_SECONDS", 0.001)


def whole(run):
    """Return all that there is of a run at an epoch, bit for bit."""
    step = run.last_step and [part.numpy().tobytes() for part in run.last_step]
    return *bits(run), run.changes, run.best, run.early_stops, run.early_stop, step


def straight(made, epoch, changes):
    """Return a new run lived straight through to `epoch`, what is changed before the next too."""
    made_by_then = {at: change for at, change in changes.items() if at <= epoch + 1}
    return lived(Run(made, THERMOMETER), epoch, made_by_then, ())


def played(session, end, changes, cuts=()):
    """Live a session as `lived` lives a run."""
    for stop in sorted({*cuts, *(epoch - 1 for epoch in changes), end}):
        while session.run.epoch < min(stop, end) and not session.run.stopped:
            session.advance(min(stop, end) - session.run.epoch)
        if session.run.epoch == stop and stop + 1 in changes:
            session.change(changes[stop + 1])
    return session


def at(session, epoch):
    """Return the run as a session finds that it was at `epoch`."""
    session.keeper.write()
    run = session.run
    past = Past(session.journal.read, session.keeper.id, run.changes, run.early_stops, run.leaps)
    return past.at(epoch, run)


@pytest.mark.parametrize("ways", WAYS.values(), ids=WAYS)
def test_every_epoch_is_as_it_was_and_goes_on_as_it_did(ways):
    made = recipe(**ways)
    session = played(Session(made, THERMOMETER), END, CHANGES)
    now, end = whole(session.run), session.run.epoch
    if ways is not WAYS["diverging"]:
        assert (end, len(session.run.changes)) == (END, 2)
    for epoch in sorted({0, 1, 15, 16, 29, 30, end - 1, end} & set(range(end + 1))):
        assert whole(at(session, epoch)) == whole(straight(made, epoch, CHANGES))
    assert whole(session.run) == now
    # Another run goes on from there, by itself as this one did, and by hand.
    session.look_back(min(15, end - 1))
    session.branch()
    assert whole(session.run) == whole(straight(made, session.run.epoch, CHANGES))
    played(session, END, {31: CHANGES[31]})
    assert whole(session.run)[:-1] == now[:-1]


LIVE = {
    "training.lr": [1e-3, 0.03, 0.1, 50.0],
    "training.optimizer": ["sgd", "adam", "adamw", "rmsprop", "adagrad"],
    "training.gradient": ["analytic", "autograd"],
    "training.batch_size": [0, 2, 4],
    "training.momentum": [0.0, 0.9],
    "training.nesterov": [True, False],
    "training.patience": [0, 3, 10],
    "penalty.l2": [0.0, 0.01],
    "penalty.bias": [True, False],
    "input_noise.sigma": [0.0, 0.1],
    "model.dropout": [0.0, 0.3],
}
ANY = st.dictionaries(
    st.integers(1, END + 1),
    st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(values) for name, values in LIVE.items()}
    ),
    max_size=4,
)
EPOCHS = st.integers(0, END)


@given(
    changes=ANY,
    patience=st.sampled_from([0, 3, 8]),
    rate=st.sampled_from([1e-3, 0.03, 0.2]),
    cuts=st.sets(EPOCHS, max_size=5),
    piece=st.sampled_from([1, 7, 1024]),
    spacing=st.sampled_from([0.0, 1e-3, 10.0]),
    looks=st.lists(EPOCHS, min_size=1, max_size=4),
    fork=EPOCHS,
    others=ANY,
)
@settings(max_examples=15)
def test_whatever_was_done_every_epoch_is_as_it_was(
    changes, patience, rate, cuts, piece, spacing, looks, fork, others
):
    made = recipe(**SMALL, training__patience=patience)
    made = replace(made, training=replace(made.training, lr=rate))
    session = Session(made, THERMOMETER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "SLICE", piece)
        patch.setattr(keeping, "SPACING_SECONDS", spacing)
        played(session, END, changes, cuts)
    now, end = whole(session.run), session.run.epoch
    for look in looks:
        session.look_back(look)
        then = straight(made, min(look, end), changes)
        frame = session.frame(View(points=2))
        assert (frame.epoch, frame.settings) == (then.epoch, live_settings(then.now))
        assert whole(at(session, min(look, end))) == whole(then)
    assert whole(session.run) == now
    fork = min(fork, end)
    session.look_back(fork)
    session.branch()
    then = straight(made, fork, changes)
    assert whole(session.run) == whole(then)
    # From there both are changed otherwise.
    others = {epoch: change for epoch, change in others.items() if epoch > fork}
    if session.run.epoch == fork:
        played(session, END, others)
        lived(then, END, others, ())
        assert whole(session.run)[:-1] == whole(then)[:-1]


@pytest.mark.parametrize("end", [0, 1, 30, END])
@pytest.mark.parametrize("way", ["adam", "patience", "diverging"])
def test_a_run_that_is_opened_again_goes_on_as_if_never_left(way, end, tmp_path):
    made = recipe(**WAYS[way])
    session = played(Session(made, THERMOMETER, journal=Journal(tmp_path)), END, CHANGES)
    session.look_back(end)
    if session.run.epoch:
        session.branch()
    kept, run_id = whole(session.run), session.keeper.id
    session.leave()
    session.journal.close()
    if not end:
        assert run_id is None
        return
    again = Session.reopened(Journal(tmp_path), run_id)
    assert whole(again.run) == kept
    assert again.run.recipe == session.run.recipe
    assert again.record == session.record
    for each in (session, again):
        each.run.advance(9)
    assert bits(again.run) == bits(session.run)
    again.journal.close()


def test_where_a_run_ends_is_kept_though_it_is_no_change(tmp_path):
    session = Session(recipe(**SECTION_6), THERMOMETER, journal=Journal(tmp_path))
    session.advance(20)
    session.leave()
    session.change({"training.epochs": 50})
    again = Session.reopened(Journal(tmp_path), session.keeper.id)
    again.advance(1000)
    assert (again.run.epoch, again.run.changes) == (50, [])
    again.look_back(10)
    again.branch()
    again.advance(1000)
    assert again.run.epoch == 50


def test_planned_changes_are_made_on_from_where_one_branches_but_not_again():
    planned = [PlannedChange(10, {"training.lr": 0.02}), PlannedChange(30, {"training.lr": 0.01})]
    made = replace(recipe(**TURNING), changes=planned)
    session = Session(made, THERMOMETER)
    session.advance(9)
    # What is changed by hand before the same update wins.
    session.change({"training.lr": 0.05})
    session.advance(31)
    session.look_back(20)
    session.branch()
    assert session.run.now.training.lr == 0.05
    session.advance(20)
    straight_on = run_of(**TURNING)
    lived(straight_on, 40, {10: {"training.lr": 0.05}, 30: {"training.lr": 0.01}}, ())
    assert bits(session.run) == bits(straight_on)
    session.look_back(5)
    session.branch()
    session.advance(35)
    unchanged = Run(made, THERMOMETER)
    unchanged.advance(40)
    assert bits(session.run) == bits(unchanged)


VIEW = View(columns=20, points=5, all_parameters=True)
OF_THE_EPOCH = {"epoch", "train_loss", "val_loss", "parameters", "raw_parameters", "settings"}
OF_THE_EPOCH |= {"limit", "step", "stopped", "verdict", "fit", "early_stop"}
OF_THE_EPOCH |= {"lens", "landscape"}
ON_THE_WAY = {"run", "present", "notice", "setup", "cut_off", "ghost"}
ON_THE_WAY |= {"unfinished", "readings", "forecast"}
ALL = {"best_epoch", "best_loss", "changes", "can_take_back", "train", "val", "leaps"}


def seen(frame, names):
    return {name: getattr(frame, name) for name in names}


@pytest.mark.parametrize("way", ["nesterov", "finite-difference", "polynomial", "patience"])
def test_looking_back_shows_all_of_that_epoch_and_the_curves_of_the_whole_run(way):
    assert {*Frame.__struct_fields__} == OF_THE_EPOCH | ALL | ON_THE_WAY
    made = recipe(**WAYS[way])
    session = played(Session(made, THERMOMETER), END, CHANGES)
    present = session.frame(VIEW)
    for epoch in (31, 3, 38, 16, 0):
        session.look_back(epoch)
        frame = session.frame(VIEW)
        changes = {at: change for at, change in CHANGES.items() if at <= epoch + 1}
        other = played(Session(made, THERMOMETER), epoch, changes)
        assert seen(frame, OF_THE_EPOCH) == seen(other.frame(VIEW), OF_THE_EPOCH)
        assert seen(frame, ALL) == seen(present, ALL)
        assert (frame.run, frame.present) == (session.keeper.id, END)
    session.look_back(None)
    assert session.frame(VIEW) == replace(present, setup=None)
    assert present.present is None


def test_the_present_is_the_last_epoch_and_nothing_lies_beyond_it():
    session = session_of(**SECTION_6)
    session.advance(30)
    present = session.frame(VIEW)
    for epoch in (30, 31, 10**12, None):
        session.look_back(epoch)
        assert session.frame(VIEW).present is None
    session.look_back(-5)
    assert (session.frame(VIEW).epoch, session.frame(VIEW).present) == (0, 30)
    session.look_back(None)
    assert session.frame(VIEW) == replace(present, setup=None)


def test_the_past_can_t_be_changed_and_training_returns_to_the_present():
    session = session_of(**SECTION_6)
    session.advance(30)
    session.look_back(1_0)
    with pytest.raises(InputError) as caught:
        session.change({"training.lr": 0.5})
    assert str(caught.value) == ("epoch 10 is past: b branches here, Esc returns to the present")
    session.advance(10)
    assert session.frame(VIEW).present is None
    assert bits(session.run) == bits(trained(40, **SECTION_6))


def test_a_branch_at_the_present_shows_the_run_that_it_comes_from():
    session = session_of(**SECTION_6)
    session.advance(10)
    session.branch()
    newest, oldest = session.journal.read.summaries()
    assert (newest.epochs, newest.parent, newest.parent_epoch) == (10, oldest.id, 10)
    ghost = session.frame(VIEW).ghost
    assert (ghost.label, ghost.last_epoch) == (f"run {oldest.id}", 10)
    session.advance(10)
    assert session.frame(VIEW).ghost.last_epoch == 10


def test_before_the_first_epoch_there_is_no_past_to_look_at_or_to_branch_from():
    session = session_of(**SECTION_6)
    session.look_back(0)
    assert session.frame(VIEW).present is None
    with pytest.raises(InputError) as caught:
        session.branch()
    assert str(caught.value) == "there is nothing to branch from before the first epoch"


def test_going_back_begins_another_run_and_the_one_before_stays_whole():
    session = session_of(**TURNING)
    session.advance(120)
    session.change({"training.lr": 0.02})
    session.advance(10)
    first, before = session.keeper.id, bits(session.run)
    read = session.journal.read
    family = [(first, None, 0)]
    for go_back, epoch in (
        (lambda: session.rewind("before-change"), 120),
        (lambda: session.rewind("best"), 102),
        (lambda: (session.look_back(60), session.branch()), 60),
        (session.branch, 60),
    ):
        parent = session.keeper.id
        go_back()
        assert session.run.epoch == epoch
        family.insert(0, (session.keeper.id, parent, epoch))
        # It is in the journal at once, and its parent has been left.
        told = [(each.id, each.parent, each.parent_epoch) for each in read.summaries()]
        assert told == family
        assert [each.state for each in read.summaries()] == ["live", *["left"] * len(family[1:])]
        assert (session.frame(VIEW).run, session.journal.trouble) == (session.keeper.id, "")
    session.advance(10)
    again = Session.reopened(session.journal, first)
    assert bits(again.run) == before
    assert len(again.run.changes) == 1


def test_a_new_start_follows_the_run_before_without_its_past():
    session = session_of(**SECTION_6)
    session.advance(30)
    first = session.keeper.id
    session.rewind("start")
    assert session.frame(VIEW).run is None
    session.advance(5)
    session.keeper.write()
    newest, oldest = session.journal.read.summaries()
    assert (newest.id, newest.parent, newest.parent_epoch) == (session.keeper.id, first, 0)
    assert (newest.epochs, oldest.epochs) == (5, 30)


STATES = {
    "thinned": lambda session: session.journal.thin(session.keeper.id),
    "thinned to none": lambda session: [session.journal.thin(session.keeper.id) for _ in range(20)],
    "missing": "DELETE FROM states",
    "some missing": "DELETE FROM states WHERE epoch % 3 > 0",
    "those of early stops missing": "DELETE FROM states WHERE kind = 1",
    "cut": "UPDATE states SET state = substr(state, 1, length(state) - 1)",
    "one byte another": "UPDATE states SET state = CAST(substr(state, 1, 100) || x'21' || "
    "substr(state, 102) AS BLOB)",
    "text": "UPDATE states SET state = 'state'",
    "none": "UPDATE states SET state = NULL",
    "of a later epoch": "UPDATE states SET epoch = epoch - 1",
    "another seal": "UPDATE states SET seal = seal + 1",
}


@pytest.mark.parametrize("damage", STATES.values(), ids=STATES)
def test_without_states_the_way_is_longer_and_never_wrong(damage):
    made = recipe(**WAYS["patience"], **DRAWN)
    session = played(Session(made, THERMOMETER), END, CHANGES)
    session.keeper.write()
    assert len(session.run.early_stops) > 1
    if callable(damage):
        damage(session)
    else:
        session.journal._db.execute(damage)
    for epoch in (END, 30, 17):
        assert whole(at(session, epoch)) == whole(straight(made, epoch, CHANGES))


def test_a_best_epoch_after_an_early_stop_is_found_though_the_states_before_it_are_missing():
    # It stops at a learning rate that is too high, improves at a lower one, and stops again.
    made = recipe(**{**TURNING, "training__lr": 0.3, "training__patience": 3})
    changes = {20: {"training.lr": 0.01}}
    session = played(Session(made, THERMOMETER), 40, changes, cuts=range(40))
    stops = session.run.early_stops
    first, again = stops[0], next(stop for stop in stops if stop.best_epoch > 20)
    assert (first, again) == (EarlyStop(5, 2), EarlyStop(31, 28))
    session.keeper.write()
    db = session.journal._db
    db.execute("DELETE FROM states WHERE epoch BETWEEN 5 AND 27")
    assert db.execute("SELECT epoch FROM states WHERE epoch BETWEEN 5 AND 30").fetchall() == [
        (28,),
        (29,),
        (30,),
    ]
    for epoch in (again.epoch, again.epoch + 3):
        assert whole(at(session, epoch)) == whole(straight(made, epoch, changes))


def test_early_stops_are_as_they_were_before_at_and_after_them():
    made = recipe(**TURNING, training__patience=40)
    session = Session(made, THERMOMETER)
    while session.run.epoch < 200:
        session.advance(200 - session.run.epoch)
    stops = [EarlyStop(143, 103), EarlyStop(183, 103)]
    assert session.run.early_stops == stops
    for epoch, told in ((142, None), (143, stops[0]), (144, None), (183, stops[1]), (184, None)):
        session.look_back(epoch)
        frame = session.frame(VIEW)
        assert (frame.epoch, frame.early_stop) == (epoch, told)
        then = straight(made, epoch, {})
        assert frame.parameters == then.weights.tolist()
        session.branch()
        assert whole(session.run) == whole(then)
        assert session.run.early_stops == [stop for stop in stops if stop.epoch <= epoch]
        while session.run.epoch < 200:
            session.advance(200 - session.run.epoch)
        assert session.run.early_stops == stops
        assert bits(session.run) == bits(straight(made, 200, {}))


LONG = 150_000


def quick(settings, model, data, parameters, optimizer, generator, epochs):
    """Stand in for the loop: the weight counts the updates, and the losses are made from it."""
    begun = float(parameters.detach()[0])
    # Exact in float32: an epoch's losses tell which it was.
    losses = torch.arange(begun, begun + epochs)
    parameters.grad = torch.zeros(2)
    parameters.detach()[0] += epochs
    val = (losses - LONG / 2).abs()
    return Losses(losses, val, losses[-1])


def test_a_long_run_is_kept_whole_and_any_epoch_of_it_is_found(monkeypatch):
    monkeypatch.setattr(run_module, "train", quick)
    monkeypatch.setattr(keeping, "SPACING_SECONDS", 0.05)
    monkeypatch.setattr(keeping, "WRITTEN_SECONDS", 0.5)
    made = recipe(**SECTION_6, model__initial=[0.0, 0.0])
    session = Session(made, THERMOMETER)
    session.advance(LONG)
    for epoch in (LONG, 1, 4_096, 4_097, 65_537, LONG // 2, LONG // 2 + 2, LONG - 1):
        session.look_back(epoch)
        frame = session.frame(VIEW)
        assert frame.parameters == [epoch, 0.0]
        assert (frame.train_loss, frame.val_loss) == (epoch - 1, abs(epoch - 1 - LONG / 2))
        assert frame.best_epoch == LONG // 2 + 1
        assert (frame.present is None) == (epoch == LONG)
    then = at(session, 100_000)
    other = Run(made, THERMOMETER)
    other.advance(100_000)
    assert then.best == other.best
    for window in (None, 1_000):
        curves = [each.val_losses.curve(window, 50, 1.0) for each in (then, other)]
        assert curves[0] == curves[1]
    assert torch.equal(then.train_losses.sampled(1_000)[1], other.train_losses.sampled(1_000)[1])
    session.look_back(100_000)
    session.branch()
    session.advance(5_000)
    session.keeper.write()
    assert session.run.train_losses.last == 104_999
    losses = session.journal.read.losses(session.keeper.id, 105_000).train
    kept = torch.frombuffer(bytearray(losses), dtype=torch.float32)
    assert torch.equal(kept, torch.arange(105_000.0))


def test_too_long_a_state_isn_t_kept_and_its_epoch_is_found_all_the_same(monkeypatch):
    monkeypatch.setattr(journal_module, "MAX_STATE", 100)
    made = recipe(**WAYS["patience"])
    session = played(Session(made, THERMOMETER), END, CHANGES)
    assert whole(at(session, 33)) == whole(straight(made, 33, CHANGES))
    assert session.journal.read.size(session.keeper.id, 0) == 0


def test_many_states_are_thinned_and_then_kept_more_seldom(monkeypatch):
    monkeypatch.setattr(keeping, "MOST_BYTES", 20_000)
    monkeypatch.setattr(keeping, "SPACING_SECONDS", 1e-9)
    session = session_of(**SECTION_6)
    for _ in range(300):
        session.advance(1)
        session.keeper.write()
    # A state takes some 500 bytes: 300 of them were seven times too many.
    assert session.journal.read.size(session.keeper.id, 0) <= 2 * 20_000
    assert whole(at(session, 299)) == whole(straight(recipe(**SECTION_6), 299, {}))


def test_what_is_recorded_is_the_run_s_own_losses():
    session = session_of(**TURNING)
    session.advance(50)
    session.keeper.write()
    kept = session.journal.read.losses(session.keeper.id, 50)
    assert [*memoryview(kept.val).cast("f")] == recorded(session.run.val_losses)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(session.frame(VIEW)), type=Frame)


def test_a_change_taken_back_that_was_made_after_the_end_leaves_the_run_at_its_end():
    session = Session(recipe(training__lr=10.0), THERMOMETER)
    session.advance(100)
    stopped = session.run.stopped
    session.change({"training.lr": 20.0})
    session.rewind("before-change")
    assert session.run.stopped == stopped
    session.advance(1)
    assert session.run.epoch == stopped.epoch
    assert replay(session.journal.read, session.keeper.id).differs_at is None
