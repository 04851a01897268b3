"""The recipes' screen: every bundled recipe can be read about, and picked."""

from contextlib import asynccontextmanager

import pytest
from screen import sitting_at

from tempfit_tui.catalogue import bundled_recipes, open_named
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.settings import with_settings
from tempfit_tui.text import InputError
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.screens import recipes
from tempfit_tui.ui.screens.recipes import RecipesScreen, facts

NAMES = list(bundled_recipes())
NOTHING = object()


@asynccontextmanager
async def picking(current="overfit", *, size=(120, 40), ascii_only=False):
    """Open the screen; give who sits before it, and what comes of it."""
    async with sitting_at("split", size=size, ascii_only=ascii_only, ready=False) as person:
        picked = []
        await person.app.push_screen(RecipesScreen(current, Glyphs(ascii_only)), picked.append)
        await person.sees("Recipes", "Watch:")
        yield person, picked


def inside(person):
    """Return the dialog's words: what stands between its borders, without the list beside it."""
    region = person.app.screen.query_one("#about").region
    rows = person.lines[region.y : region.bottom]
    return " ".join(" ".join(row[region.x : region.right] for row in rows).split())


def listed(person):
    region = person.app.screen.query_one("OptionList").region
    return [row[region.x : region.right] for row in person.lines[region.y : region.bottom]]


@pytest.mark.parametrize(
    ("size", "ascii_only"),
    [((120, 40), True), ((100, 30), False), ((80, 24), False), ((60, 20), True)],
    ids=str,
)
async def test_everything_about_every_recipe_can_be_read(size, ascii_only):
    glyphs = Glyphs(ascii_only)
    async with picking(NAMES[0], size=size, ascii_only=ascii_only) as (person, _):
        for name in NAMES:
            opened = open_named(name)
            told = inside(person)
            for words in (opened.recipe.title, opened.recipe.commentary, opened.recipe.watch):
                assert " ".join(glyphs(words).split()) in told
            for fact in facts(opened):
                assert f"{fact.label} {glyphs(fact.words)}" in told
            about = person.app.screen.query_one("#about")
            assert not about.max_scroll_y
            assert person.text.isascii() or not ascii_only
            await person.press("down")
            await person.pilot.pause()


@pytest.mark.parametrize("size", [(120, 40), (200, 60)], ids=str)
async def test_with_room_the_list_has_names_and_titles_in_order(size):
    async with picking(size=size) as (person, _):
        rows = listed(person)
        assert len(rows) == len(NAMES)
        for name, row in zip(NAMES, rows, strict=True):
            mark = "●" if name == "overfit" else ""
            assert row.split() == [*mark, name, *open_named(name).recipe.title.split()]


@pytest.mark.parametrize("size", [(80, 24), (100, 30)], ids=str)
async def test_with_less_room_all_names_are_there_at_once(size):
    async with picking(size=size) as (person, _):
        assert [row.split()[-1] for row in listed(person)] == NAMES


async def test_on_a_narrow_screen_the_list_is_above_and_follows():
    async with picking("split", size=(60, 20)) as (person, _):
        last = [row.split(maxsplit=1)[-1] for row in listed(person)][-1]
        assert last.split()[:1] == ["split"]
        await person.press("home")
        await person.sees("finite-difference  A gradient by trying")


async def test_validation_rows_are_marked_in_the_chart():
    async with picking() as (person, _):
        await person.sees("t_u", "◆ validation", "● train")
        chart = person.app.screen.query_one("FitChart").region
        rows = [row[chart.x : chart.right] for row in person.lines[chart.y + 1 : chart.bottom]]
        assert "".join(rows).count("◆") == 2
        assert "".join(rows).count("●") == 9
        await person.press("up")
        await person.misses("◆ validation")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 29)], ids=str)
async def test_with_few_lines_there_is_no_chart(size):
    async with picking(size=size) as (person, _):
        assert not person.app.screen.query_one("FitChart").display


async def test_a_change_of_size_keeps_the_place():
    async with picking() as (person, _):
        await person.press("down")
        for size in ((80, 24), (60, 20), (200, 60), (100, 30), (120, 40)):
            await person.resize(*size)
            await person.sees("A penalty on large parameters")
            assert person.app.screen.query_one("OptionList").highlighted_option.id == "penalty"


async def test_enter_gives_the_name():
    async with picking() as (person, picked):
        await person.press("enter")
        await person.misses("Recipes")
        assert picked == ["overfit"]


@pytest.mark.parametrize("keys", ["jjk", ["down", "down", "up"]], ids=str)
async def test_keys_move(keys):
    async with picking() as (person, picked):
        await person.press(*keys, "enter")
        await person.misses("Recipes")
        assert picked == ["penalty"]


@pytest.mark.parametrize("key", ["escape", "q", "o"])
async def test_other_keys_give_none(key):
    async with picking() as (person, picked):
        await person.press("down", key)
        await person.misses("Recipes")
        assert picked == [None]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=str)
async def test_a_click_gives_the_name(size):
    async with picking(size=size) as (person, picked):
        await person.click("more-data")
        await person.misses("Recipes")
        assert picked == ["more-data"]


async def test_a_recipe_of_one_s_own_is_not_in_the_list():
    async with picking("mine.csv") as (person, picked):
        assert "●" not in "".join(listed(person))
        await person.press("enter")
        await person.misses("Recipes")
        assert picked == [NAMES[0]]


async def test_a_recipe_that_can_t_be_read_says_why(monkeypatch):
    def broken(name):
        if name == "raw":
            raise InputError("02-raw.toml: training.lr = 0: give a number above 0 [red]")
        return open_named(name)

    monkeypatch.setattr(recipes, "open_named", broken)
    async with picking("finite-difference") as (person, _):
        assert "can't be read" in "".join(listed(person))
        await person.press("down")
        await person.sees("give a number above 0 [red]")
        assert not person.app.screen.query_one("FitChart").display
        await person.press("down")
        await person.sees("Too large a learning rate", "t_c")


def told(name="overfit", **settings):
    opened = open_named(name, settings={k.replace("__", "."): v for k, v in settings.items()})
    return dict(facts(opened))


@pytest.mark.parametrize(
    ("settings", "label", "words"),
    [
        ({}, "data", "thermometer.csv, 11 rows"),
        ({}, "model", "mlp 1-32-32-1 tanh, input standardised"),
        ({"input__transform": "scale"}, "model", "mlp 1-32-32-1 tanh, input × 0.1"),
        ({"input__transform": "none"}, "model", "mlp 1-32-32-1 tanh, raw input"),
        ({}, "split", "9 train, rows 0 and 3 validate"),
        ({"split__validation": [5]}, "split", "10 train, row 5 validates"),
        ({"split__validation": [5, 6, 7]}, "split", "8 train, 3 rows validate"),
        ({"split__validation": []}, "split", "all 11 train"),
        ({"split__validation": None}, "split", "9 train, 2 drawn at random validate"),
        ({}, "optimizer", "adam, lr 0.001"),
        (
            {
                "training__optimizer": "sgd",
                "training__momentum": 0.9,
                "training__batch_size": 4,
                "training__gradient": "analytic",
            },
            "optimizer",
            "sgd, lr 0.001, momentum 0.9, batches of 4, analytic gradient",
        ),
        (
            {
                "penalty__l2": 0.01,
                "penalty__l1": 0.001,
                "input_noise__sigma": 0.3,
                "model__dropout": 0.1,
                "more_data__rows": 1000,
                "training__patience": 200,
            },
            "remedies",
            "L2 0.01, L1 0.001, noise 0.3, dropout 0.1, 1,000 more rows, patience 200",
        ),
        ({}, "ends", "at epoch 10,000"),
        ({"training__epochs": None}, "ends", "when you pause"),
    ],
    ids=str,
)
def test_the_facts(settings, label, words):
    assert told(**settings)[label] == words


def test_planned_changes_are_a_fact():
    opened = open_named("overfit")
    planned = [PlannedChange(500, {"training.lr": 0.1}), PlannedChange(2000, {"penalty.l2": 1.0})]
    recipe = with_settings(opened.recipe, {})
    recipe.changes.extend(planned)
    assert dict(facts(opened._replace(recipe=recipe)))["changes"] == "at epoch 500, at epoch 2,000"
    assert "changes" not in told()
    assert "remedies" not in told()
