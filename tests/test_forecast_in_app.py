"""The forecast and the jumps as a person has them: a key, a dotted curve, a mark in the journal."""

import pytest
from screen import ENDLESS, sitting_at

from tempfit_tui.ui.charts.foreseeing import COMPUTED


async def trained(person, epochs):
    await person.trainer._line.show(person.trainer._engine.advance(epochs=epochs))


async def test_f_foresees_the_rest_and_is_right():
    async with sitting_at() as person:
        await trained(person, 100)
        await person.press("f")
        await person.sees("forecast: comes within 1 % of 2.911 at epoch 2,426", "Enter: jump there")
        forecast = person.frame.forecast
        await person.press("f")
        await person.misses("forecast:")
        assert person.frame.forecast is None
        known = dict(zip(forecast.epochs, zip(forecast.train, forecast.val, strict=True),
                         strict=True))  # fmt: skip
        for epoch in [epoch for epoch in known if epoch > 100][::25]:
            await trained(person, epoch - person.epoch)
            train, val = known[epoch]
            assert person.frame.train_loss == pytest.approx(train, rel=1e-3)
            assert person.frame.val_loss == pytest.approx(val, rel=1e-3)


async def test_it_goes_on_from_what_is_in_force():
    async with sitting_at() as person:
        await trained(person, 100)
        await person.press("f")
        await person.sees("at epoch 2,426")
        await person.press("plus")
        await person.misses("at epoch 2,426")
        await person.sees("forecast: comes within 1 % of 2.911 at epoch 1,")


async def test_it_says_where_it_diverges():
    async with sitting_at("too-fast") as person:
        await person.press("f")
        await person.sees("forecast: it diverges; lower the learning rate")
        assert "Enter: jump" not in person.verdict


@pytest.mark.parametrize(
    ("recipe", "settings", "why"),
    [
        ("overfit", {}, "no forecast: the model, mlp 1-32-32-1 tanh, isn't linear"),
        ("split", {"training.optimizer": "adam"}, "no forecast: the optimizer is adam"),
        ("split", {"training.momentum": 0.9}, "no forecast: sgd has momentum 0.9"),
        ("split", {"training.batch_size": 4}, "no forecast: mini-batches are dealt out by chance"),
        ("split", {"penalty.l1": 0.1}, "no forecast: the L1 penalty has a kink"),
    ],
)
async def test_it_says_why_there_is_none(recipe, settings, why):
    async with sitting_at(recipe, settings=settings) as person:
        await person.press("f")
        await person.sees(why)


async def test_enter_jumps_to_where_it_settles_and_a_million_epochs_on():
    async with sitting_at(settings=ENDLESS) as person:
        await trained(person, 100)
        await person.press("f")
        await person.sees("at epoch 2,426")
        await person.press("enter")
        await person.sees("jump to epoch 2,426, within 1 % of where it ends", "not trained")
        await person.press("up", "up", "enter")
        await person.until(lambda: person.epoch == 2426, "epoch 2,426")
        assert person.frame.train_loss == pytest.approx(2.911 * 1.01, rel=1e-3)
        await person.sees(COMPUTED)
        await person.press("enter", "up", "enter")
        await person.until(lambda: person.epoch == 1_002_426, "a million epochs more")
        assert [(leap.epoch, leap.until) for leap in person.frame.leaps] == [
            (100, 2426),
            (2426, 1_002_426),
        ]
        await person.press("n")
        await person.until(lambda: person.epoch == 1_002_427, "one epoch trained on")


async def test_a_jump_is_no_wait_for_looking_back():
    async with sitting_at(settings=ENDLESS) as person:
        await trained(person, 100)
        await person.press("f")
        await person.sees("at epoch 2,426")
        await person.press("enter", "up", "up", "enter")
        await person.until(lambda: person.epoch == 2426, "epoch 2,426")
        await person.press("left_curly_bracket")
        await person.sees("◀ looking back", "epoch 2,425 of 2,426")
        await person.press("b")
        await person.sees("run ", "begins here")
        assert [(leap.epoch, leap.until) for leap in person.frame.leaps] == [(100, 2425)]
        await person.press("n")
        await person.until(lambda: person.epoch == 2426, "trained on from there")


async def test_the_past_is_forecast_over_what_came():
    async with sitting_at() as person:
        await trained(person, 400)
        await person.press("left_square_bracket")
        await person.sees("◀ looking back")
        await person.press("f")
        await person.sees("forecast: comes within 1 % of 2.911 at epoch 2,426")
        assert person.frame.forecast.epochs[0] < 400
        await person.press("enter")
        await person.sees("this is past and stays as it was")


async def test_in_a_window_nothing_lies_ahead_and_all_epochs_have_it_again():
    async with sitting_at(ascii_only=True) as person:
        await trained(person, 400)
        await person.press("f")
        await person.sees("within 1 % at epoch 2,426")
        await person.press("z")
        await person.misses("within 1 % at epoch 2,426")
        assert person.text.isascii()
        await person.press("z", "z")
        await person.sees("within 1 % at epoch 2,426")


async def test_runs_say_how_much_was_computed():
    async with sitting_at(settings=ENDLESS) as person:
        await trained(person, 100)
        await person.trainer.leap(5000)
        assert person.epoch == 5100
        await person.press("u")
        await person.sees("5,000 computed")
