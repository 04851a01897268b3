"""Exact values read off the charts, by keys and by mouse, and predictions for what is typed."""

import pytest
from helpers import recorded, run_of
from screen import sitting_at

SPLIT = {
    "split__validation": [0, 3],
    "split__train": [9, 2, 10, 8, 5, 1, 6, 4, 7],
    "input__transform": "scale",
}


async def test_an_arrow_reads_off_the_last_epoch_then_earlier_ones():
    run = run_of(**SPLIT)
    run.advance(3)
    train, val = recorded(run.train_losses), recorded(run.val_losses)
    async with sitting_at() as person:
        await person.steps(3)
        await person.press("left")
        await person.sees("epoch 3", f"train {train[2]:.6f}", f"val {val[2]:.6f}")
        await person.press("shift+left")
        await person.sees(f"train {train[1]:.6f}", f"val {val[1]:.5f}")
        await person.press("shift+left", "shift+left", "shift+left")
        await person.sees("train 53.571865", "val 200.93048")
        await person.press("escape")
        await person.misses("train 53.571865")
        assert not person.frame.is_past


async def test_the_cursor_stays_at_its_epoch_while_training_goes_on():
    async with sitting_at() as person:
        await person.steps(2)
        await person.press("left")
        await person.sees("train 25.937567")
        await person.steps(3)
        await person.sees("train 25.937567", "epoch 5   train")


async def test_an_arrow_moves_by_a_column_of_the_chart():
    async with sitting_at() as person:
        person.trainer.running.clear()
        await person.trainer._line.show(person.trainer._engine.advance(epochs=2000))
        await person.press("left")
        await person.sees("train 2.99966")
        column = person.app.main.query_one("#loss").epochs_a_column
        await person.press("left")
        await person.sees(f"epoch {2000 - column:,}")
        await person.press("right", "right", "right")
        await person.sees("train 2.99966")


async def test_before_the_first_epoch_there_is_nothing_to_read_off():
    async with sitting_at() as person:
        await person.press("left", "right", "shift+left")
        assert person.trainer.view.cursor.epoch is None


async def test_the_mouse_reads_off_and_leaves_no_trace():
    async with sitting_at() as person:
        await person.steps(5)
        loss = person.app.main.query_one("#loss")
        await person.pilot.hover(loss, offset=(30, 5))
        await person.until(lambda: person.frame.readings.at.epoch, "an epoch under the mouse")
        assert not person.frame.is_past
        await person.pilot.hover("#status")
        await person.until(lambda: person.frame.readings.at.epoch is None, "nothing read off")


async def test_esc_leaves_the_cursor_first_and_then_the_past():
    async with sitting_at() as person:
        await person.steps(5)
        await person.press("left_curly_bracket")
        await person.sees("◀ looking back")
        await person.press("left")
        await person.until(lambda: person.frame.readings.at.epoch == 5, "the cursor")
        await person.press("escape")
        await person.until(lambda: person.frame.readings.at.epoch is None, "no cursor")
        assert person.frame.is_past
        await person.press("escape")
        await person.until(lambda: not person.frame.is_past, "the present")


async def test_arrows_along_the_curve_tell_its_prediction():
    async with sitting_at() as person:
        await person.steps(3)
        await person.press("4")
        await person.sees("predict ↓ type t_u, ← → along the curve")
        await person.press("right")
        await person.until(lambda: person.frame.readings.y is not None, "a prediction")
        first = person.frame.readings
        slope, intercept = person.frame.raw_parameters
        assert first.y == pytest.approx(slope * first.at.x + intercept, rel=1e-5)
        await person.press("right")
        await person.until(lambda: person.frame.readings.at.x > first.at.x, "the next column")
        last = person.frame.readings.at.x
        await person.press("shift+left")
        await person.until(lambda: first.at.x < person.frame.readings.at.x < last, "a little back")
        await person.press("escape")
        await person.sees("predict ↓ type t_u")


async def test_an_input_is_typed_and_its_prediction_follows_the_run():
    async with sitting_at() as person:
        await person.steps(1)
        await person.press("4", "down", *"60", "enter")
        await person.sees("predict t_u 60.0000 → t_c 9.76")
        assert person.focus == "fit-chart"
        await person.press("n")
        await person.misses("t_c 9.76")
        await person.sees("t_u 60.0000 → t_c")


async def test_a_word_when_an_input_is_outside_the_training_rows():
    """Row 3, the hottest, validates: 81.9 is beyond what was trained on."""
    async with sitting_at() as person:
        await person.press("4", "down", *"81.9", "enter")
        await person.sees("t_u 81.9000", "outside the training rows, 21.80 to 68.40")
        await person.press("down", *"-5", "enter")
        await person.sees("t_u -5.00000", "outside the training rows")
        await person.press("down", *"50", "enter")
        await person.misses("outside the training rows")


@pytest.mark.parametrize("typed", ["warm", "1e400", "nan", "inf"])
async def test_what_is_no_number_is_refused_beside_it(typed):
    async with sitting_at() as person:
        await person.press("4", "down", *typed, "enter")
        await person.sees(f"predict {typed}: not a number; type one such as 60")
        await person.press("escape")
        await person.sees("predict ↓ type t_u")


async def test_space_and_digits_are_text_while_an_input_is_typed():
    async with sitting_at() as person:
        await person.press("4", "down", "1", "space", "q")
        assert not person.trainer.running.is_set()
        assert person.app.is_running
        await person.press("escape")
        assert person.focus == "fit-chart"


async def test_a_click_on_the_line_begins_to_type():
    async with sitting_at() as person:
        await person.click("predict")
        await person.press(*"30", "enter")
        await person.sees("t_u 30.0000 → t_c 3.00000")


async def test_clicking_on_and_on_opens_no_two_fields_that_quarrel():
    async with sitting_at() as person:
        await person.press("2", "enter")
        await person.click("predict")
        await person.click("predict", times=2)
        await person.press("escape")
        await person.until(lambda: person.focus == "fit-chart", "the chart")
        await person.presses_at_once("down", "down")
        await person.press("escape")
        await person.until(lambda: person.focus == "fit-chart", "the chart")
        await person.press("down", *"60", "enter")
        await person.sees("t_u 60.0000 → t_c")


async def test_the_mouse_along_the_curve():
    async with sitting_at() as person:
        await person.steps(2)
        chart = person.app.main.query_one("#fit-chart")
        await person.pilot.hover(chart, offset=(40, 4))
        await person.sees("predict t_u", "→ t_c")
        await person.pilot.hover("#status")
        await person.sees("predict ↓ type t_u")


async def test_in_ascii_and_on_a_small_screen():
    async with sitting_at(ascii_only=True, size=(80, 24)) as person:
        await person.steps(2)
        await person.press("left")
        await person.sees("train 25.937567")
        assert person.text.isascii()
        await person.press("4", "right")
        await person.until(lambda: person.frame.readings.y is not None, "a prediction")
        await person.sees("predict t_u")
        assert person.text.isascii()


async def test_another_recipe_begins_without_cursors():
    async with sitting_at() as person:
        await person.steps(2)
        await person.press("left")
        await person.sees("train 25.937567")
        await person.press("o", "up", "enter")
        await person.until(lambda: person.trainer.seen and person.epoch == 0, "another recipe")
        assert person.trainer.view.cursor.epoch is None
