"""The hyperparameters pane: every setting by keys, by typing and by mouse, and why not."""

import asyncio

import pytest
from screen import DEADLINE_SECONDS, ENDLESS, sitting_at
from textual.events import MouseDown, MouseUp

from tempfit_tui.text import number
from tempfit_tui.ui.panes.editor import Editor

LR = "lr "


async def edit(person, written):
    """Type `written` for the setting under the cursor, up to Enter."""
    await person.press("enter")
    await person.until(lambda: person.types, "the text field")
    await person.press(*written)


async def choose(person, label):
    """Put the cursor on a setting."""
    await person.click(label)
    assert person.focus == "hyperparameters"


async def test_shows_every_setting_and_what_can_be_done_with_it():
    async with sitting_at() as person:
        assert person.row("model") == "model      linear          ↻ ‹ › "
        assert person.row("input") == "input      scale           ↻ ‹ › "
        assert person.row("times") == "times      0.1             ↻ − + "
        assert person.row("target") == "target     none            ↻ ‹ › "
        assert person.row("gradient") == "gradient   autograd          ‹ › "
        assert person.row("optimizer") == "optimizer  sgd               ‹ › "
        assert person.row("momentum") == "momentum   0                 − + "
        assert person.row("lr") == "lr         0.01              − + "
        assert person.row("stop at") == "stop at    4,000             − + "


async def test_arrows_move_and_turn():
    async with sitting_at() as person:
        await person.press("2", "right")
        assert "0.01778" in person.row(LR)
        await person.press("left", "left")
        assert "0.005623" in person.row(LR)
        await person.press("up", "right")
        assert "0.5" in person.row("momentum")
        await person.press(*["down"] * 20, "left")
        assert "2,000" in person.row("stop at")
        await person.press("down", "down", "right")
        assert "4,000" in person.row("stop at")
        await person.press(*["up"] * 20, "down", "left")
        assert "none" in person.row("input")
        assert "times" not in person.text


async def test_the_finite_difference_has_a_delta():
    async with sitting_at() as person:
        assert "delta" not in person.text
        await choose(person, "gradient")
        await person.press("right")
        await person.sees("gradient   finite-difference ‹ › ", "delta      0.1")
        await person.press("down", "left")
        await person.sees("delta      0.01")
        await person.steps(1)
        assert person.frame.settings["training.delta"] == 0.01
        await person.press("up", "enter")
        await person.sees("doubly-averaged")
        assert "delta" not in person.text


async def test_adam_has_no_momentum_and_no_limit():
    async with sitting_at() as person:
        await choose(person, "optimizer")
        await person.press("enter")
        await person.sees("optimizer  adam", "no fixed limit (adam)", "linear · adam")
        assert "momentum" not in person.text


async def test_the_meter_tells_the_learning_rates_share_of_its_limit():
    async with sitting_at() as person:
        await person.sees("▰▰▱▱▱▱▱▱ 28% of 0.0357", "2 / largest eigenvalue")
        await person.press("plus", "plus")
        await person.sees("▰▰▰▰▰▰▰▱ 89% of 0.0357")
        await person.press("plus")
        await person.sees("▰▰▰▰▰▰▰▰ 157% of 0.0357")
        await choose(person, "momentum")
        await person.press("right", "right", "right")
        await person.sees("83% of 0.0678", "2 (1 + momentum) / largest")


async def test_far_beyond_the_limit_it_tells_how_many_times():
    async with sitting_at("too-fast") as person:
        await person.sees("▰▰▰▰▰▰▰▰ 29x of 0.000340")


async def test_mini_batches_lower_the_limit():
    async with sitting_at(settings={"training.batch_size": 1}) as person:
        limit = person.frame.limit
        await person.sees("in mean square, batches of 1", f"of {number(limit.lr, 3)}")
        assert limit.lr < 0.03


async def test_the_penalty_says_whether_it_shrinks_the_intercept():
    async with sitting_at(settings={"penalty.l2": 0.01}) as person:
        await person.sees("on biases  on", "shrinks the intercept too")
        await choose(person, "on biases")
        await person.press("enter")
        await person.sees("on biases  off", "leaves the intercept alone")
        assert person.frame.settings["penalty.bias"] is False


async def test_the_noise_of_more_data_stands_beside_auto():
    # 1.711: the deviation of the eleven residuals; here it is of the nine rows that train.
    async with sitting_at(settings={"more_data.rows": 20}) as person:
        noise = person.trainer.seen.setup.more_noise
        await person.sees(f"data noise auto ({number(noise, 3)})")
        assert f"noise {noise:.4g}" in person.trainer.seen.setup.more_data
        await choose(person, "data noise")
        await person.press("right")
        await person.sees("data noise 0 ")


# --- typing


async def test_a_typed_value_applies():
    async with sitting_at() as person:
        await person.steps(2)
        await person.press("2")
        await edit(person, "0.05")
        await person.press("enter")
        await person.until(lambda: "lr 0.05 " in person.status, "the learning rate")
        assert "0.05 " in person.row(LR)
        assert person.focus == "hyperparameters"
        ((change),) = person.frame.changes
        assert (change.epoch, change.after) == (3, {"training.lr": 0.05})


@pytest.mark.parametrize("key", ["escape", "tab"])
async def test_leaving_the_text_field_keeps_the_value(key):
    async with sitting_at() as person:
        await person.press("2")
        await edit(person, "0.05")
        await person.press(key)
        await person.until(lambda: not person.app.main.query(Editor), "no text field")
        assert "0.01 " in person.row(LR)
        assert person.frame.settings["training.lr"] == 0.01


async def test_the_text_field_starts_with_the_value_selected_and_takes_every_key():
    async with sitting_at() as person:
        await person.press("2")
        await edit(person, "")
        editor = person.app.focused
        assert editor.value == "0.01"
        await person.press(*"p+q", "space", "1")
        assert editor.value == "p+q 1"
        assert person.epoch == 0
        assert "lr 0.01" in person.status


async def test_a_double_press_or_click_opens_one_text_field():
    async with sitting_at() as person:
        await person.press("2")
        await person.presses_at_once("enter", "enter")
        await person.until(lambda: person.types, "the text field")
        await person.press("escape")
        await person.until(lambda: not person.app.main.query(Editor), "the field gone")
        await person.click("0.01", LR, times=2)
        await person.until(lambda: person.types, "the text field")
        assert len(person.app.main.query(Editor)) == 1


async def test_a_click_on_a_text_field_that_has_just_gone_does_no_harm():
    async with sitting_at() as person:
        await person.press("2")
        await edit(person, "")
        editor = person.app.focused
        x, y = editor.region.offset
        editor.action_leave()
        async with asyncio.timeout(DEADLINE_SECONDS):
            while editor.is_attached:  # without a pause, which would draw the next frame
                await asyncio.sleep(0)
        assert person.at(x, y) is editor
        person.app.post_message(MouseDown(None, x, y, 0, 0, 1, False, False, False, x, y))
        person.app.post_message(MouseUp(None, x, y, 0, 0, 1, False, False, False, x, y))
        await person.steps(1)


async def test_the_value_as_it_was_asks_for_nothing():
    async with sitting_at() as person:
        await person.press("2")
        await edit(person, "")
        await person.press("enter")
        await person.steps(1)
        assert person.frame.changes == []


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("0", "training.lr = 0: give a number"),
        ("-1", "training.lr = -1: give a"),
        ("abc", "training.lr = 'abc': give a"),
        ("1e99", "training.lr = 1e+99: give a"),
        ("nan", "training.lr = nan: give a"),
        ("[1]", "training.lr = '[1]': give a"),
        ("1,5", "training.lr = '1,5': give a"),
        ("", "training.lr = '': give a"),
    ],
)
async def test_a_refused_value_is_explained_and_the_run_goes_on(written, reason):
    async with sitting_at(settings=ENDLESS, speed=10) as person:
        await person.press("space", "2")
        await edit(person, "")
        await person.press("backspace", *written, "enter")
        await person.sees(reason)
        below = [line for line in person.lines if line.startswith(("│lr ", f"│  {reason}"))]
        assert person.lines.index(below[1]) == person.lines.index(below[0]) + 1
        assert "0.01 " in below[0]
        await person.trained(person.epoch + 1)
        assert "running" in person.title
        assert person.frame.settings["training.lr"] == 0.01
        await person.press("right")
        await person.misses(reason)
        assert "0.01778" in person.row(LR)


async def test_stop_at_pauses_exactly_there():
    async with sitting_at() as person:
        await choose(person, "stop at")
        await edit(person, "50")
        await person.press("enter")
        await person.sees("stop at    50 ")
        await person.press("space")
        await person.sees("epoch 50 is where this recipe ends", "■ finished")
        assert person.epoch == 50
        await person.press("space")
        await person.trained(51)
        assert "running" in person.title


async def test_stop_at_can_be_never():
    async with sitting_at() as person:
        await choose(person, "stop at")
        await edit(person, "never")
        await person.press("enter")
        await person.sees("stop at    never")
        await person.press("right")
        await person.sees("stop at    100 ")
        await person.press("left")
        await person.sees("stop at    never")


async def test_the_text_field_is_over_its_value_where_the_pane_scrolls():
    async with sitting_at(size=(60, 20)) as person:
        await person.press("2")
        await choose(person, "gradient")
        await person.press("right", *["down"] * 4)
        await edit(person, "0")
        await person.press("enter")
        await person.sees("give a number above 0")
        await person.press(*["down"] * 20)
        await edit(person, "77")
        await person.sees("stop at    77")
        assert person.row("stop at").startswith("stop at    77 ")
        await person.press("enter")
        await person.sees("stop at    77 ")
        await person.press(*["up"] * 16)
        await person.sees("input      scale")
        assert person.frame.settings["training.epochs"] == 77


async def test_a_resize_leaves_the_text_field():
    async with sitting_at() as person:
        await person.press("2")
        await edit(person, "77")
        await person.resize(80, 24)
        await person.until(lambda: not person.app.main.query(Editor), "no text field")
        assert "0.01 " in person.row(LR)
        assert person.focus == "hyperparameters"


# --- the mouse


async def test_buttons_step():
    async with sitting_at() as person:
        await person.click("+", LR)
        assert "0.01778" in person.row(LR)
        await person.click("−", LR)
        await person.click("−", LR)
        assert "0.005623" in person.row(LR)
        await person.click("›", "optimizer")
        await person.sees("optimizer  adam")
        await person.click("‹", "optimizer")
        await person.sees("optimizer  sgd")
        assert person.focus == "hyperparameters"


async def test_a_click_on_a_number_edits_it_and_on_a_word_turns_it():
    async with sitting_at() as person:
        await person.click("0.01", LR)
        assert person.types
        await person.press(*"0.02", "enter")
        await person.sees("lr         0.02 ")
        await person.click("autograd")
        await person.sees("gradient   finite-difference")


async def test_a_click_on_words_alone_does_nothing():
    async with sitting_at() as person:
        before = person.row(LR)
        for words in ("28% of", "2 / largest", "momentum"):
            await person.click(words)
        assert person.row(LR) == before
        assert person.focus == "hyperparameters"


# --- what needs a new start


async def test_at_epoch_0_nothing_is_asked():
    async with sitting_at() as person:
        await person.click("›", "input")
        await person.sees("input      standardise", "not started")
        assert "start anew" not in person.text


@pytest.mark.parametrize("keys", [["escape"], ["down", "enter"]])
async def test_a_run_is_not_lost_without_a_yes(keys):
    async with sitting_at() as person:
        await person.steps(2)
        await person.click("›", "input")
        await person.sees("input standardise? It starts anew from epoch 0.")
        await person.press(*keys)
        await person.misses("starts anew")
        assert person.epoch == 2
        assert "scale" in person.row("input")


async def test_yes_starts_anew_with_the_live_settings_kept():
    async with sitting_at() as person:
        await person.steps(2)
        await person.press("plus")
        await person.click("+", "times")
        await person.sees("times 1? It starts anew from epoch 0.")
        await person.press("enter")
        await person.sees("epoch 0 ", "not started", "times      1 ", "lr 0.01778")
        await person.steps(1)
        assert person.frame.changes == []


async def test_a_new_start_that_is_refused_keeps_the_run(tmp_path):
    file = tmp_path / "same.csv"
    file.write_text("x,y\n1,1\n1,2\n2,3\n")
    settings = {"split.validation": [2], "input.transform": "none"}
    async with sitting_at(file, settings=settings) as person:
        await person.steps(2)
        await person.click("‹", "input")
        await person.press("enter")
        await person.sees("no spread on the")
        assert person.epoch == 2
        assert "none" in person.row("input")
        await person.steps(1)


async def test_a_value_no_recipe_can_have_is_refused_before_anything_is_asked():
    async with sitting_at() as person:
        await person.steps(2)
        await choose(person, "times")
        await edit(person, "0")
        await person.press("enter")
        await person.sees("input.scale = 0: give a")
        assert person.epoch == 2
        assert "0.1 " in person.row("times")


async def test_the_cursor_leaves_a_setting_that_goes():
    async with sitting_at(settings={"training.optimizer": "adam"}) as person:
        await person.steps(2)
        await choose(person, "optimizer")
        await person.press("left", "down", "right")
        await person.sees("momentum   0.5")
        await person.press(*["plus"] * 6, "space")
        await person.sees("✖ diverged")
        await person.press("3", "enter")
        await person.sees("with optimizer adam, momentum 0, lr 0.01 again")
        await person.press("enter")
        await person.misses("momentum")
        await person.press("2", "right")
        await person.sees("lr 0.01778")
        await edit(person, "0.03")
        await person.press("enter")
        await person.sees("lr         0.03 ")
