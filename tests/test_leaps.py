"""Leaps: epochs computed instead of trained, kept, looked back on and done again, to the bit."""

import csv
import io
import json
import sqlite3
from array import array
from contextlib import closing

import numpy as np
import pytest
import torch
from helpers import (
    GRADIENTS,
    SCALED,
    SECTION_6,
    STANDARDISED,
    THERMOMETER,
    after_updates,
    bits,
    complaint,
    hessian,
    least_squares,
    mean_squared_error,
    recipe,
    recorded,
    run_of,
    session_of,
    trained,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui import kept
from tempfit_tui.export.losses import losses_csv
from tempfit_tui.export.picture import picture
from tempfit_tui.export.script import script
from tempfit_tui.frame import MOST_LEAP, Leap, View
from tempfit_tui.home import home
from tempfit_tui.journal.journal import Journal
from tempfit_tui.journal.pages import ANCHOR
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.record import Source
from tempfit_tui.session import keeping
from tempfit_tui.session.exporting import exported
from tempfit_tui.session.past import losses_of
from tempfit_tui.session.replaying import replay
from tempfit_tui.session.session import Session, frame_at_end
from tempfit_tui.text import InputError
from tempfit_tui.training.checkpoint import unpacked
from tempfit_tui.training.moment import leaps_up_to
from tempfit_tui.training.run import Run

BY_HAND = {**SECTION_6, "training__gradient": "analytic"}
WAYS = {
    **{way: {**SECTION_6, "training__gradient": way} for way in GRADIENTS},
    "L2": {**SECTION_6, "penalty__l2": 0.01},
    "L2 without biases": {**SECTION_6, "penalty__l2": 0.01, "penalty__bias": False},
    "L2 without biases, averaged twice": {
        **SECTION_6,
        "penalty__l2": 0.01,
        "penalty__bias": False,
        "training__gradient": "doubly-averaged",
    },
    "without validation": SCALED,
    "standardised": {**SECTION_6, **STANDARDISED, "training__lr": 0.3},
    "cubic": {
        **SECTION_6,
        **STANDARDISED,
        "model__kind": "polynomial",
        "training__lr": 0.02,
    },
}
VIEW = View(columns=20, points=5)


def whole(run):
    """Return all that there is of a run at an epoch, bit for bit."""
    step = run.last_step and [part.numpy().tobytes() for part in run.last_step]
    return *bits(run), run.changes, run.best, run.leaps, step


def same(one, other):
    """Tell whether losses are the same, bit for bit; NaN is NaN."""
    return torch.equal(one.view(torch.int32), other.view(torch.int32))


@pytest.mark.parametrize("given", WAYS.values(), ids=WAYS)
def test_the_losses_and_all_else_are_what_training_comes_to(given):
    run, other = run_of(**given), run_of(**given)
    for each in (run, other):
        each.advance(7)
    drawing, state = run.generator.get_state(), run._state().optimizer
    train, val = run.leap(3_000)
    other.advance(3_000)
    for ours, theirs in ((train, other.train_losses), (val, other.val_losses)):
        if theirs.epochs:
            assert torch.allclose(ours, theirs.since(7), rtol=1e-4)
        else:
            assert bool(ours.isnan().all())
    assert (run.epoch, run.leaps) == (3_007, [Leap(7, 3_007)])
    assert recorded(run.train_losses)[7:] == train.tolist()
    assert recorded(run.val_losses)[7:] == (val.tolist() if run.validates else [])
    assert torch.allclose(run.weights, other.weights, rtol=1e-3)
    assert torch.equal(run.generator.get_state(), drawing)
    assert run._state().optimizer == state == {}
    if run.validates:
        losses = recorded(run.val_losses)
        assert run.best == (1 + losses.index(min(losses)), min(losses))
    # The last epoch is taken apart as any other.
    step = run.last_step
    assert torch.equal(step.after, run.weights)
    assert torch.allclose(step.before - step.after, 0.01 * step.gradient, atol=1e-5) or (
        run.now.training.lr != 0.01
    )
    acted_on = step.before if run.now.penalty.bias else step.before[:-1]
    assert float(step.loss) == pytest.approx(
        float(train[-1] + run.now.penalty.l2 * acted_on.square().sum()), rel=1e-5
    )


def test_a_record_is_of_the_state_before_its_update():
    run = run_of(**SECTION_6)
    train, val = run.leap(500)
    data = run.data
    for epoch in (1, 2, 17, 500):
        w = after_updates(epoch - 1, 0.01, data.x, data.y)
        for losses, x, y in ((train, data.x, data.y), (val, data.val_x, data.val_y)):
            expected = np.float32(mean_squared_error(w, x, y))
            assert float(losses[epoch - 1]) == pytest.approx(float(expected), rel=1e-7)
    before, after = (after_updates(k, 0.01, data.x, data.y) for k in (499, 500))
    assert run.last_step.before.tolist() == pytest.approx(before, rel=1e-6)
    assert run.weights.tolist() == pytest.approx(after, rel=1e-6)
    away = before - least_squares(data.x, data.y)
    assert run.last_step.gradient.tolist() == pytest.approx(hessian(data.x) @ away, abs=2e-5)


@given(
    way=st.sampled_from([name for name in WAYS if name != "finite-difference"]),
    epochs=st.sampled_from([1, 2, 4_095, 4_096, 4_097, 8_192, 20_000]),
    cut=st.floats(0, 1),
)
@settings(max_examples=25, deadline=None)
def test_the_beginning_of_a_leap_is_the_same_bits_however_long_it_is(way, epochs, cut):
    cut = max(1, round(cut * epochs))
    long, short = run_of(**WAYS[way]), run_of(**WAYS[way])
    for one, other in zip(long.leap(epochs), short.leap(cut), strict=True):
        assert same(one[:cut], other)
    again = run_of(**WAYS[way])
    again.relive([], cut, [Leap(0, epochs)])
    assert whole(again) == whole(short)
    again.relive([], cut + 3, leaps_up_to(long.leaps, cut))
    short.advance(3)
    assert whole(again) == whole(short)


def test_a_million_epochs_are_told_as_they_are_by_numpy():
    run = run_of(**SECTION_6)
    train, _ = run.leap(MOST_LEAP)
    assert run.epoch == run.train_losses.epochs == MOST_LEAP
    for epoch in (1, 4_096, 4_097, 65_537, 300_000, MOST_LEAP):
        w = after_updates(epoch - 1, 1e-2, run.data.x, run.data.y)
        expected = mean_squared_error(w, run.data.x, run.data.y)
        assert float(train[epoch - 1]) == pytest.approx(expected, rel=1e-7)


REFUSED = {
    "the epochs can't be computed: the optimizer is adam, not plain sgd; train instead": (
        {"training__optimizer": "adam"},
        5,
    ),
    "0 epochs can't be computed at once; 1 to 1,000,000 can": ({}, 0),
    "1,000,001 epochs can't be computed at once; 1 to 1,000,000 can": ({}, 1_000_001),
    "the epochs can be computed only up to epoch 72: "
    "then the numbers are too large for 32-bit floats": ({"training__lr": 0.05}, 100),
}


@pytest.mark.parametrize(("line", "asked"), REFUSED.items(), ids=REFUSED)
def test_what_is_not_known_is_refused_in_one_line_and_the_run_stays(line, asked):
    made, epochs = asked
    session = session_of(**{**SECTION_6, **made})
    session.advance(2)
    before = whole(session.run)
    told = complaint(InputError, session.leap, epochs)
    assert told == line
    assert whole(session.run) == before
    if "only up to epoch" in told:
        most = int(told.partition("epoch ")[2].partition(":")[0])
        session.leap(most - 2)
        assert bool(session.run.weights.isfinite().all())
        assert session.run.train_losses.last < float("inf")


def test_a_leap_goes_no_further_than_32_bit_steps_would():
    run = run_of(training__lr=1e-6, training__gradient="analytic", model__initial=(0.5, -15.5))
    run.advance(100)
    told = complaint(InputError, run.leap, MOST_LEAP)
    most = int(told.partition("epoch ")[2].partition(":")[0].replace(",", ""))
    assert told == (
        f"the epochs can be computed only up to epoch {most:,}: "
        "from there on 32-bit steps are too coarse for it"
    )
    twin = run.twin()
    train, _ = run.leap(most - 100)
    twin.advance(min(20_000, most - 100))
    assert twin.train_losses.last == pytest.approx(float(train[twin.epoch - 101]), rel=1e-3)


def test_a_leap_comes_before_a_planned_change_or_after_it():
    planned = [PlannedChange(50, {"training.lr": 0.02})]
    session = Session(replace(recipe(**SECTION_6), changes=planned), THERMOMETER)
    session.advance(10)
    told = complaint(InputError, session.leap, 5)
    assert told == (
        "the epochs can't be computed: a change is planned before epoch 50; train instead"
    )
    session.advance(39)
    session.leap(100)
    assert (session.run.epoch, session.run.now.training.lr) == (149, 0.02)
    assert replay(session.journal.read, session.keeper.id)[:2] == (149, None)


def test_a_moment_a_twin_and_a_checkpoint_know_of_leaps():
    run = run_of(**SECTION_6)
    run.advance(5)
    run.leap(20)
    moment, twin, checkpoint = run.moment(), run.twin(), run.checkpoint()
    before = whole(run)
    assert whole(twin)[:-1] == before[:-1]
    run.leap(10)
    assert run.leaps == [Leap(5, 25), Leap(25, 35)]
    assert twin.leaps == [Leap(5, 25)]
    run.return_to(moment)
    assert whole(run)[:-1] == before[:-1]
    other = run_of(**SECTION_6)
    other.leaps = [Leap(2, 4), Leap(20, 90), Leap(95, 99)]
    other.restore(checkpoint)
    assert other.leaps == [Leap(2, 4), Leap(20, 25)]


def test_early_stopping_after_a_leap_finds_the_best_weights_inside_it():
    made = {**SCALED, "split__validation": [1, 6], "training__gradient": "analytic"}
    session = session_of(**made)
    session.advance(3)
    session.leap(3_000)
    best = session.run.best.epoch
    assert best == 578
    session.change({"training.patience": 10})
    session.advance(40)
    stop = session.run.early_stop
    assert (stop.epoch, stop.best_epoch) == (3_013, best)
    there = run_of(**made)
    there.relive([], best - 1, [Leap(3, 3_003)])
    assert torch.equal(session.run.weights, there.weights)
    session.advance(5)
    now = whole(session.run)
    session.leave()
    assert replay(session.journal.read, session.keeper.id)[:2] == (3_018, None)
    again = Session.reopened(session.journal, session.keeper.id)
    assert whole(again.run)[:-1] == now[:-1]


LENGTHS = st.sampled_from([1, 2, 30, 4_096, 4_100, 9_000])
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("train"), st.integers(1, 40)),
        st.tuples(st.just("leap"), LENGTHS),
        st.tuples(st.just("lr"), st.sampled_from([0.003, 0.01, 0.02])),
        st.tuples(st.just("branch"), st.floats(0, 1)),
    ),
    min_size=2,
    max_size=7,
)


def done(actions):
    """Return a new run that does all `actions` in order."""
    run = run_of(**BY_HAND)
    for kind, value in actions:
        match kind:
            case "train":
                run.advance(value)
            case "leap":
                run.leap(value)
            case "lr":
                run.change({"training.lr": value})
    return run


def cut(actions, end):
    """Return what of `actions` was done up to `end`, and before the next update."""
    epoch, made = 0, []
    for kind, value in actions:
        if kind == "lr":
            made += [(kind, value)] if epoch <= end else []
        else:
            made += [(kind, min(value, end - epoch))] if epoch < end else []
            epoch += value
    return made


@given(
    actions=ACTIONS,
    looks=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    spacing=st.sampled_from([0.0, 10.0]),
)
@settings(max_examples=25, deadline=None)
def test_whatever_was_leapt_every_epoch_is_as_it_was(actions, looks, spacing):
    session, made = session_of(**BY_HAND), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "SPACING_SECONDS", spacing)
        for kind, value in actions:
            match kind:
                case "train":
                    session.advance(value)
                case "leap":
                    session.leap(value)
                case "lr":
                    session.change({"training.lr": value})
                case "branch" if session.run.epoch:
                    epoch = round(value * session.run.epoch)
                    session.look_back(epoch)
                    made = cut(made, min(epoch, session.run.epoch))
                    session.branch()
            made += [(kind, value)] if kind != "branch" else []
        now = whole(session.run)
        assert now[:-1] == whole(done(made))[:-1]
        if not session.run.epoch:
            return
        for look in looks:
            epoch = round(look * session.run.epoch)
            session.look_back(epoch)
            shown = session._past or session.run
            assert whole(shown)[:-1] == whole(done(cut(made, epoch)))[:-1]
            if session._past:
                assert whole(shown) == whole(done(cut(made, epoch)))
        assert whole(session.run) == now
    session.leave()
    # A run is in the journal from its first page on.
    journal, run_id = session.journal, session.keeper.id
    told = []
    assert replay(journal.read, run_id, told.append)[:2] == (session.run.epoch, None)
    assert told[-1] == session.run.epoch
    again = Session.reopened(journal, run_id)
    assert whole(again.run) == now or not epoch
    assert whole(again.run)[:-1] == now[:-1]
    assert again.record == session.record


def test_looking_around_in_a_leap_never_goes_on_from_inside_it():
    session = session_of(**BY_HAND)
    session.advance(10)
    session.leap(5_000)
    session.advance(10)
    run = run_of(**BY_HAND)
    run.advance(10)
    present = session.frame(VIEW)
    assert present.leaps == [Leap(10, 5_010)]
    for epoch in (3, 100, 101, 102, 4_500, 5_009, 5_010, 5_011, 5_015, 2, 10, 11):
        session.look_back(epoch)
        there = run.twin()
        there.relive([], epoch, [Leap(10, 5_010)]) if epoch > 10 else None
        if epoch > 10:
            assert whole(session._past) == whole(there)
        frame = session.frame(VIEW)
        assert (frame.epoch, frame.leaps, frame.step.epoch) == (epoch, present.leaps, epoch)
    told = complaint(InputError, session.leap, 5)
    assert told == "epoch 11 is past: b branches here, Esc returns to the present"


def test_a_run_that_goes_on_beside_can_t_follow_but_one_that_stands_stays():
    session = session_of(**BY_HAND)
    session.advance(20)
    session.change({"training.lr": 0.02})
    session.advance(5)
    assert session.frame(VIEW).ghost
    session.leap(100)
    assert session.frame(VIEW).ghost is None
    session.branch()
    session.leap(100)
    assert session.frame(VIEW).ghost.last_epoch == 125


def session_in(folder, **given):
    return Session(recipe(**given), THERMOMETER, Source("mine.csv", "/mine.csv"), Journal(folder))


def rows(folder, query):
    db = sqlite3.connect(folder / "journal.db")
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def altered(folder, *statements):
    db = sqlite3.connect(folder / "journal.db")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def test_a_leap_is_in_the_journal_at_once_with_all_its_losses(tmp_path):
    session = session_in(tmp_path, **SECTION_6)
    session.advance(10)
    session.leap(200_000)
    run_id, read = session.keeper.id, session.journal.read
    assert rows(tmp_path, "SELECT run, epoch, until FROM leaps") == [(run_id, 10, 200_010)]
    assert rows(tmp_path, f"SELECT epoch FROM states WHERE kind = {ANCHOR}") == [(10,), (200_010,)]
    again = run_of(**SECTION_6)
    again.advance(10)
    train, val = again.leap(200_000)
    losses = read.losses(run_id, 200_010)
    assert same(losses_of(losses.train)[10:], train)
    assert same(losses_of(losses.val)[10:], val)
    state = unpacked(next(read.states(run_id, 200_010)))
    assert (state.epoch, torch.equal(state.parameters, session.run.weights)) == (200_010, True)
    (summary,) = read.summaries()
    assert (summary.epochs, summary.computed) == (200_010, 200_000)
    assert read.record(run_id).leaps == [Leap(10, 200_010)]
    assert session.journal.trouble == ""
    session.leave()
    session.journal.delete([run_id])
    assert rows(tmp_path, "SELECT * FROM leaps") == []


def test_a_first_epoch_may_be_computed(tmp_path):
    session = session_in(tmp_path, **SECTION_6)
    session.leap(100)
    assert session.journal.read.record(session.keeper.id).leaps == [Leap(0, 100)]
    session.look_back(1)
    assert session.frame(VIEW).train_loss == pytest.approx(53.571865, abs=1e-5)
    session.look_back(0)
    assert session.frame(VIEW).step is None
    session.rewind("best")
    assert session.run.leaps == leaps_up_to([Leap(0, 100)], session.run.epoch)


def test_a_branch_inside_a_leap_has_the_leap_up_to_there(tmp_path):
    session = session_in(tmp_path, **BY_HAND)
    session.advance(10)
    session.leap(1_000)
    session.look_back(300)
    session.branch()
    session.advance(50)
    branch = session.keeper.id
    session.leave()
    assert rows(tmp_path, f"SELECT epoch, until FROM leaps WHERE run = '{branch}'") == [(10, 300)]
    newest, oldest = session.journal.read.summaries()
    assert (newest.computed, oldest.computed) == (290, 1_000)
    for run in (newest, oldest):
        assert replay(session.journal.read, run.id)[:2] == (run.epochs, None)


def test_a_journal_without_leaps_is_brought_up(tmp_path):
    session = session_in(tmp_path, **BY_HAND)
    session.advance(20)
    session.keeper.leave()
    session.journal.close()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        db.executescript(
            "DROP TABLE leaps; DROP TABLE commits; DELETE FROM migrations WHERE name != 'runs'"
        )
    (tmp_path / "journal.db-newest").unlink()
    assert rows(tmp_path, "SELECT name FROM migrations") == [("runs",)]
    again = Session.reopened(Journal(tmp_path), session.keeper.id)
    assert again.journal.read.summaries()[0].computed == 0
    again.leap(500)
    assert again.journal.trouble == ""
    assert whole(again.run) == whole(done([("train", 20), ("leap", 500)]))


def test_where_the_disk_is_full_a_leap_is_kept_in_memory(tmp_path):
    session = session_in(tmp_path, **BY_HAND)
    session.advance(20)
    session.leap(100)
    session.advance(20)
    session.keeper.write()
    (pages,) = session.journal._db.execute("PRAGMA page_count").fetchone()
    session.journal._db.execute(f"PRAGMA max_page_count = {pages}")
    session.leap(20_000)
    assert session.journal.trouble.endswith("in memory only, until you quit")
    made = [("train", 20), ("leap", 100), ("train", 20), ("leap", 20_000)]
    for epoch in (20_100, 10_000, 100):
        session.look_back(epoch)
        assert whole(session._past) == whole(done(cut(made, epoch)))
    assert replay(session.journal.read, session.keeper.id)[:2] == (20_140, None)


DAMAGE = {
    "until = epoch": "a leap from epoch 10 to 10 is none",
    "until = 31": "a leap from epoch 10 to 31 is none",
    "epoch = -1": "a leap from epoch -1 to 20 is none",
    "until = 'x'": "Expected `int`, got `str` - at `$[0][1]`",
    "until = NULL": "Expected `int`, got `null` - at `$[0][1]`",
    "until = 2.5": "Expected `int`, got `float` - at `$[0][1]`",
    "until = x'00'": "Expected `int`, got `bytes` - at `$[0][1]`",
    "epoch = 9223372036854775807": "a leap from epoch 9223372036854775807 to 20 is none",
    "until = 27": "what was done inside a leap can't have been",
}


@pytest.mark.parametrize(("set_", "why"), DAMAGE.items(), ids=DAMAGE)
def test_a_damaged_leap_is_refused_in_one_line_and_the_run_is_listed(set_, why, tmp_path):
    session = session_in(tmp_path, **BY_HAND)
    session.advance(10)
    session.leap(10)
    session.advance(5)
    session.change({"training.lr": 0.02})
    session.advance(5)
    session.leave()
    altered(tmp_path, f"UPDATE leaps SET {set_}")
    read, run_id = session.journal.read, session.keeper.id
    line = f"run {run_id}: damaged in the journal ({why}); delete it"
    assert complaint(InputError, read.record, run_id) == line
    assert complaint(InputError, Session.reopened, session.journal, run_id) == line
    (summary,) = read.summaries()
    assert (summary.epochs, summary.computed) == (30, 17 if set_ == "until = 27" else 0)
    session.journal.delete([run_id])


def test_leaps_that_overlap_or_are_too_long_are_none(tmp_path):
    session = session_in(tmp_path, **BY_HAND)
    session.leap(10)
    session.leap(10)
    session.leave()
    read, run_id = session.journal.read, session.keeper.id
    assert read.record(run_id).leaps == [Leap(0, 10), Leap(10, 20)]
    altered(tmp_path, "UPDATE leaps SET until = 11 WHERE epoch = 0")
    assert "a leap from epoch 10 to 20 is none" in complaint(InputError, read.record, run_id)
    altered(
        tmp_path,
        "DELETE FROM leaps WHERE epoch = 10",
        "UPDATE leaps SET until = 1000001",
        "UPDATE runs SET epochs = 2000000",
    )
    assert "a leap from epoch 0 to 1000001 is none" in complaint(InputError, read.record, run_id)


def test_leaps_that_a_recipe_can_t_have_done_are_refused(tmp_path):
    session = session_in(tmp_path, **{**BY_HAND, "training__optimizer": "adam"})
    session.advance(30)
    session.leave()
    run_id = session.keeper.id
    altered(tmp_path, f"INSERT INTO leaps VALUES ('{run_id}', 5, 20)")
    line = "the epochs can't be computed: the optimizer is adam, not plain sgd; train instead"
    assert complaint(InputError, replay, session.journal.read, run_id) == line


@pytest.mark.parametrize(
    ("lie", "epoch"),
    [
        ("DELETE FROM leaps", 12),
        ("UPDATE leaps SET epoch = 12", 12),
        ("UPDATE leaps SET until = until - 1", 5_010),
    ],
)
def test_a_run_that_leapt_otherwise_comes_out_otherwise(lie, epoch, tmp_path):
    session = session_in(tmp_path, **BY_HAND)
    session.advance(10)
    session.leap(5_000)
    session.advance(200)
    session.leave()
    altered(tmp_path, lie)
    told = replay(session.journal.read, session.keeper.id).differs_at
    # Where losses first differ in their last bit is a matter of luck.
    assert told is not None
    assert told >= epoch - 1


@pytest.fixture
def leapt():
    """A session in the journal at home: 10 epochs trained, 90 computed, 5 trained."""
    session = Session(recipe(**SECTION_6), THERMOMETER, Source("split", ""), Journal(home()))
    session.advance(10)
    session.leap(90)
    session.advance(5)
    session.leave()
    return session


def test_runs_say_how_many_epochs_were_computed(leapt, capsys):
    plain = Session(recipe(**SECTION_6), THERMOMETER, Source("split", ""), Journal(home()))
    plain.advance(10)
    plain.leave()
    kept.list_runs(as_json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["epochs"], line["computed"]) for line in lines] == [(10, 0), (105, 90)]
    kept.list_runs(as_json=False)
    _, newest, oldest = capsys.readouterr().out.splitlines()
    assert "computed" not in newest
    assert "still learning; 90 epochs computed" in oldest


def test_a_script_trains_what_was_computed_and_says_so(leapt):
    text = script(leapt.record)
    words = " ".join(line.removeprefix("# ") for line in text.splitlines()[:12])
    assert (
        "epochs 11 to 100 were computed in closed form in the app; here they are trained: "
        "the last digits may differ"
    ) in words
    assert "were computed" not in script(replace(leapt.record, leaps=[]))
    many = [Leap(epoch, epoch + 1_000) for epoch in range(0, 9_000, 2_000)]
    words = script(replace(leapt.record, leaps=many)).replace("\n# ", " ")
    told = "epochs 1 to 1,000, 2,001 to 3,000, 4,001 to 5,000 and 2 more stretches were computed"
    assert told in words
    compile(script(replace(leapt.record, leaps=many)), "script.py", "exec")


def test_the_losses_as_csv_say_which_were_computed(leapt):
    text = exported(leapt.record, leapt.keeper.id, "csv", leapt.journal)
    told = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["computed"]) for row in told] == [0] * 10 + [1] * 90 + [0] * 5
    losses = leapt.journal.read.losses(leapt.keeper.id, 105)
    assert [float(row["train_loss"]) for row in told] == [*array("f", losses.train)]
    for made in ([Leap(0, 2)], [Leap(0, 1), Leap(1, 3)], [Leap(2, 3)]):
        marked = [leap.epoch < epoch <= leap.until for epoch in (1, 2, 3) for leap in made]
        lines = losses_csv([1.0, 2.0, 3.0], None, made).splitlines()
        assert lines[0] == "epoch,train_loss,val_loss,computed"
        assert sum(line.endswith(",1") for line in lines[1:]) == sum(marked)


def test_a_picture_says_how_many_epochs_were_computed(leapt):
    frame = frame_at_end(leapt.journal.read, leapt.keeper.id, leapt.record, View(ghost=False))
    assert "105 epochs, 90 of them computed" in picture(leapt.record, frame)
    plain = trained(3, **SECTION_6)
    assert plain.leaps == []


def test_the_command_line_replays_a_run_with_leaps(leapt, capsys):
    assert kept.replay_run("last", as_json=True)
    line = json.loads(capsys.readouterr().out)
    assert line == {"type": "replay", "identical": True, "epochs": 105}


def test_a_run_is_made_of_its_recipe_alone():
    assert Run(recipe(**SECTION_6), THERMOMETER).leaps == []
