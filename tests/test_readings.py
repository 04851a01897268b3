"""Exact values at a cursor: the losses of an epoch, the prediction for an input."""

import pytest
from helpers import RICH, SECTION_6, STANDARDISED, run_of, session_of
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.frame import View
from tempfit_tui.insight import Cursor, Readings
from tempfit_tui.journal.journal import Journal


def read(session, **cursor):
    return session.frame(View(cursor=Cursor(**cursor))).readings


def test_nothing_is_read_where_nothing_is_asked_for():
    session = session_of(**SECTION_6)
    session.advance(epochs=5)
    assert session.frame(View()).readings == Readings()


@pytest.mark.parametrize(
    ("epoch", "train", "val"),
    [(1, 53.571865, 200.930481), (3, 20.557310, 97.630035), (2000, 2.999669, 7.556142)],
)
def test_the_articles_losses_to_the_last_printed_digit(epoch, train, val):
    session = session_of(**SECTION_6)
    session.advance(epochs=4000)
    found = read(session, epoch=epoch)
    assert f"{found.train_loss:.6f} {found.val_loss:.6f}" == f"{train:.6f} {val:.6f}"
    assert found.at.epoch == epoch


def test_epochs_long_past_are_read_from_the_journal():
    session = session_of(**SECTION_6, training__gradient="analytic")
    session.advance(epochs=2**16 + 5000)
    assert session.run.train_losses.at(1000) is None
    short = run_of(**SECTION_6, training__gradient="analytic")
    short.advance(1000)
    found = read(session, epoch=1000)
    assert found.train_loss == short.train_losses.last
    assert found.val_loss == short.val_losses.last


@pytest.mark.parametrize("epoch", [0, 6, 10**9])
def test_an_epoch_that_hasn_t_been_has_no_losses(epoch):
    session = session_of(**SECTION_6)
    session.advance(epochs=5)
    assert read(session, epoch=epoch) == Readings(Cursor(epoch=epoch))


def test_losses_are_told_in_the_file_s_units():
    session = session_of(**RICH)
    session.advance(epochs=10)
    frame = session.frame(View(cursor=Cursor(epoch=10)))
    assert frame.readings.train_loss == frame.train_loss
    assert frame.readings.val_loss == frame.val_loss


@given(st.floats(-200, 200))
def test_a_prediction_is_the_line_s(x):
    session = session_of(**SECTION_6)
    session.advance(epochs=100)
    slope, intercept = session.frame(View()).raw_parameters
    found = read(session, x=x)
    assert found.y == pytest.approx(slope * x + intercept, rel=1e-5, abs=1e-4)
    assert (found.x_low, found.x_high) == (21.8, 68.4)  # rows 0 and 3 validate


def test_a_prediction_is_on_the_curve():
    session = session_of(**RICH)
    session.advance(epochs=100)
    view = View(points=11)
    fit = session.frame(view).fit
    low, high = session.run.data.span.tolist()
    for place, y in enumerate(fit):
        assert read(session, x=low + (high - low) * place / 10).y == pytest.approx(y, rel=1e-6)


def test_looking_back_predicts_as_it_did():
    session = session_of(**SECTION_6, training__lr=0.01)
    session.advance(epochs=10)
    then = read(session, x=60.0).y
    session.advance(epochs=200)
    assert read(session, x=60.0).y != then
    session.look_back(10)
    assert read(session, x=60.0).y == then


def test_further_observations_widen_what_was_trained_on():
    bare, more = session_of(**SECTION_6), session_of(**SECTION_6, more_data__rows=50)
    assert read(bare, x=60.0).x_high == 68.4
    assert read(more, x=60.0).x_high > 68.4


def test_numbers_that_are_not_finite_are_none():
    session = session_of(**STANDARDISED, training__lr=1e3)
    session.advance(epochs=10_000)
    assert session.run.stopped
    found = read(session, x=60.0, epoch=session.run.epoch)
    assert found.train_loss is None or found.y is None


def test_without_a_journal_on_disk_too():
    journal = Journal(None)
    session = session_of(**SECTION_6)
    session.journal = journal
    session.advance(epochs=3)
    assert read(session, epoch=2).train_loss == pytest.approx(25.937567, rel=1e-6)
