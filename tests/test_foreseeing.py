"""What wasn't trained, as it is seen: the losses to come, computed stretches, the jumps ahead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from test_charts import PLAIN, PRETTY, falling, loss, loss_lines
from test_words import FRAME, SETUP, situation, words
from test_words import seen as seen_with

from tempfit_tui.frame import Verdict
from tempfit_tui.insight import Forecast
from tempfit_tui.recipe import Recipe
from tempfit_tui.ui.charts.foreseeing import COMPUTED, between
from tempfit_tui.ui.charts.loss_picture import Foreseen, Looked
from tempfit_tui.ui.remedies import jumps_ahead, remedies
from tempfit_tui.ui.trainer import Seen
from tempfit_tui.ui.words import forecast_words, verdict_words

TO_COME = Foreseen([100, 500, 1000, 2000], [1.0, 0.5, 0.2, 0.2], [2.0, 1.0, 0.8, 0.8], 1000)
KNOWN = Forecast(epochs=[100, 2007], train=[20.0, 2.95], val=[], settles_at=2007, settles_to=2.9276)


def test_losses_to_come_are_dotted_on_to_where_they_settle():
    picture = loss(falling(100), foreseen=TO_COME, axis_end=2000)
    lines = loss_lines(picture)
    text = "\n".join(lines)
    dotted = [letter for letter in text if 0x2800 < ord(letter) < 0x2900]
    assert len(dotted) > 40
    assert "◇" in text
    assert "within 1 % at epoch 1,000" in text
    mark = next(line for line in lines if "◇" in line)
    assert 35 < mark.index("◇") < 60


@pytest.mark.parametrize("look", [PRETTY, PLAIN], ids=["pretty", "ascii"])
def test_a_computed_stretch_is_underlined_and_named(look):
    picture = loss(falling(1000), computed=[(200, 900)])
    text = "\n".join(loss_lines(picture, look=look))
    assert COMPUTED in text
    assert (("=" if look.ascii_only else "┅") * 30) in text


def test_the_cursor_tells_its_losses_in_full():
    picture = loss(falling(100), cursor=Looked(40, 2.911628, 5.213466))
    text = "\n".join(loss_lines(picture))
    assert "epoch 40" in text
    assert "train 2.9116280" in text
    assert "val 5.2134660" in text
    assert "╎" in text


@given(st.floats(0, 3000))
def test_between_two_losses_it_is_between_them(epoch):
    found = between(TO_COME.epochs, TO_COME.train, epoch)
    assert 0.2 <= found <= 1
    for at, known in zip(TO_COME.epochs, TO_COME.train, strict=True):
        assert between(TO_COME.epochs, TO_COME.train, at) == pytest.approx(known)


def frame_with(forecast, epoch=100, **others):
    return replace(FRAME, epoch=epoch, forecast=forecast, **others)


def test_a_forecast_offers_its_jumps():
    answers = jumps_ahead(frame_with(KNOWN))
    assert [answer.leap for answer in answers] == [1907, 1_000_000]
    assert answers[0].words == "jump to epoch 2,007, within 1 % of where it ends"
    assert "not trained" in answers[0].why


@pytest.mark.parametrize(
    ("forecast", "leaps"),
    [
        (None, []),
        (Forecast(why_not="adam has no closed form"), []),
        (Forecast(diverges=True, epochs=[100, 200], train=[1.0, 9.0]), []),
        (replace(KNOWN, settles_at=90), [1_000_000]),
        (replace(KNOWN, settles_at=5_000_000), [1_000_000]),
        (replace(KNOWN, until=1100), [1000]),
        (replace(KNOWN, until=3100), [1907, 3000]),
        (replace(KNOWN, until=100), []),
    ],
)
def test_no_jump_goes_where_the_forecast_doesn_t(forecast, leaps):
    assert [answer.leap for answer in jumps_ahead(frame_with(forecast))] == leaps


def test_no_jump_begins_in_the_past():
    assert jumps_ahead(frame_with(KNOWN, present=5000)) == []


def test_jumps_are_among_what_can_be_done_or_all_there_is():
    calm = Seen(frame_with(KNOWN, verdict=Verdict("fits", "fits")), SETUP, None)
    question, answers = remedies(calm, Recipe())
    assert question == "The rest of this run is known in closed form:"
    assert [answer.name for answer in answers] == ["jump", "far"]
    learning = Verdict("learning", "still learning")
    settings = {**FRAME.settings, "training.lr": 0.01, "training.momentum": 0.0,
                "training.optimizer": "sgd", "training.gradient": "autograd"}  # fmt: skip
    frame = frame_with(KNOWN, verdict=learning, settings=settings)
    question, answers = remedies(Seen(frame, SETUP, None), Recipe())
    assert question.startswith("It is still learning")
    assert [answer.name for answer in answers[-2:]] == ["jump", "far"]


@pytest.mark.parametrize(
    ("forecast", "told"),
    [
        (KNOWN, "forecast: comes within 1 % of 2.928 at epoch 2,007"),
        (replace(KNOWN, settles_at=50), "forecast: is within 1 % of 2.928"),
        (replace(KNOWN, settles_at=None), "forecast: the training loss comes to 2.928"),
        (Forecast(why_not="adam's steps"), "no forecast: adam's steps"),
        (Forecast(diverges=True), "forecast: it diverges; lower the learning rate"),
        (
            replace(KNOWN, until=900),
            "forecast: comes within 1 % of 2.928 at epoch 2,007; "
            "from 900 on 32-bit steps are too coarse",
        ),
    ],
)
def test_a_forecast_in_one_line(forecast, told):
    assert forecast_words(frame_with(forecast)) == told
    shown = words(verdict_words(situation(seen_with(epoch=100, forecast=forecast)), 118))
    assert told in shown
    assert ("Enter: jump there" in shown) == (not forecast.why_not and not forecast.diverges)
