"""The landscape tab in the app: the ravine and the bowl, the way, looking back, reading off."""

import pytest
from screen import sitting_at


async def on_the_landscape(person, *words):
    await person.press("4", "4", "4")
    await person.sees("downhill", *words)


@pytest.mark.parametrize(
    ("recipe", "settings", "told"),
    [
        ("raw", {}, ("a ravine: condition", "number 33,599", "w 0.5368  b -17.30")),
        ("scaled", {}, ("a long valley: condition", "number 357.0", "w 5.368  b -17.30")),
        (
            "scaled",
            {"input.transform": "standardise"},
            ("a round bowl: condition", "number 1.000", "w 8.614  b 10.50"),
        ),
    ],
    ids=["raw", "scaled", "standardised"],
)
async def test_the_ravine_the_valley_and_the_bowl(recipe, settings, told):
    async with sitting_at(recipe, settings=settings) as person:
        await on_the_landscape(person, "minimum 2.928", "epoch 0", "w 1.000  b 0", *told)


async def test_it_shows_where_the_epoch_is_and_where_downhill_is():
    async with sitting_at() as person:
        await person.steps(2)
        await on_the_landscape(person, "epoch 2", "start")
        w, b = person.frame.parameters
        assert person.frame.landscape.at == pytest.approx((w, b))
        await person.sees(f"w {w:.3f}  b {b:.4f}")
        await person.press("n")
        await person.misses(f"w {w:.3f}  b {b:.4f}")


async def test_it_follows_looking_back():
    async with sitting_at() as person:
        await person.steps(20)
        await on_the_landscape(person, "epoch 20")
        surface = person.frame.landscape.surface
        await person.press("left_curly_bracket", "left_curly_bracket")
        await person.until(lambda: person.frame.landscape.ahead, "the way ahead")
        await person.sees("◀ looking back", "epoch 18")
        landscape = person.frame.landscape
        assert landscape.surface == surface
        assert landscape.at == pytest.approx(tuple(person.frame.parameters))
        assert len(landscape.ahead) == 2 * 3
        await person.press("escape")
        await person.until(lambda: not person.frame.landscape.ahead, "the present")


async def test_arrows_read_off_the_loss_at_a_place():
    async with sitting_at() as person:
        await person.steps(1)
        await on_the_landscape(person)
        await person.press("up")
        await person.until(lambda: person.frame.readings.loss is not None, "a loss")
        w, b = person.frame.readings.at.spot
        assert (w, b) == pytest.approx(person.frame.landscape.at)
        await person.press("right", "right")
        await person.until(lambda: person.frame.readings.at.spot[0] > w, "a place to the right")
        await person.press("down")
        await person.until(lambda: person.frame.readings.at.spot[1] < b, "a place below")
        await person.sees("loss ")
        await person.press("escape")
        await person.until(lambda: person.frame.readings.at.spot is None, "no cursor")


async def test_the_mouse_reads_off_too():
    async with sitting_at() as person:
        await on_the_landscape(person)
        await person.pilot.hover(person.app.main.query_one("#landscape-chart"), offset=(20, 4))
        await person.until(lambda: person.frame.readings.loss is not None, "a loss")
        await person.pilot.hover("#status")
        await person.until(lambda: person.frame.readings.at.spot is None, "nothing read off")


async def test_a_rich_model_is_shown_as_a_slice_that_says_so():
    async with sitting_at("overfit") as person:
        await person.press("4", "4", "4")
        await person.sees("a slice", "of 1,153 parameters", "downhill, and at random")
        await person.steps(12)
        await person.sees("main direction", "2 directions explain", "of the way's variance")


@pytest.mark.parametrize(
    ("size", "ascii_only"), [((120, 40), True), ((80, 24), False), ((60, 20), True)]
)
async def test_at_every_size_and_in_ascii(size, ascii_only):
    async with sitting_at(size=size, ascii_only=ascii_only) as person:
        await person.steps(3)
        await person.press("4", "4", "4")
        await person.sees("Landscape", "minimum")
        if ascii_only:
            assert person.text.isascii()
        assert ("epoch 3\n" in person.text or "epoch 3  " in person.text) or size[0] < 70


async def test_while_training_it_is_soon_there_and_a_pause_finishes_it():
    async with sitting_at("overfit", size=(80, 24)) as person:
        await person.press("space")
        await person.trained(100)
        await person.press("4", "4", "4")
        await person.sees("start")
        await person.press("space")
        await person.stands()
        await person.until(lambda: not person.frame.unfinished, "all of it")
        assert person.frame.landscape.at == pytest.approx(tuple(person.frame.landscape.path[-2:]))


async def test_the_window_zooms_in_on_the_last_of_the_way():
    async with sitting_at() as person:
        await person.trainer._line.show(person.trainer._engine.advance(epochs=400))
        await on_the_landscape(person, "epoch 400")
        whole = person.frame.landscape.surface
        await person.press("z", "z")
        await person.until(
            lambda: person.frame.landscape.surface.number != whole.number, "another surface"
        )
        near = person.frame.landscape.surface
        assert near.x_high - near.x_low < (whole.x_high - whole.x_low) / 2


async def test_another_recipe_has_a_landscape_of_its_own():
    async with sitting_at("raw") as person:
        await on_the_landscape(person)
        await person.press("o")
        await person.sees("Recipes")
        await person.press("down", "down", "enter")
        await person.until(lambda: person.trainer.recipe.title != "By hand, raw input", "it")
        await person.press("4", "4", "4")
        await person.sees("number 357.0")
