"""Title, tabs, status, verdict and footer: whole at every width, and clickable."""

import pytest
from screen import ENDLESS, sitting_at

from tempfit_tui.ui.keys import footer_keys
from tempfit_tui.ui.panes.bars import PANES

SIZES = [(60, 20), (80, 24), (99, 30), (100, 28), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("running", [False, True])
async def test_the_footer_holds_whole_keys_and_always_help_and_quit(size, running):
    async with sitting_at(size=size, start=running, speed=1) as person:
        await person.until(lambda: ("running" in person.title) is running, "the state")
        for number, pane in enumerate(PANES, 1):
            await person.press(str(number))
            words = {"train": "pause" if running else "train"}
            told = [f"{key.shown} {words.get(key.footer, key.footer)}" for key in footer_keys(pane)]
            shown = person.footer.split("  ")
            assert shown[:2] == told[:2]
            assert shown == [key for key in told if key in shown]
            assert shown[-2:] == ["? help", "q quit"]
            assert len(shown) >= (5 if size[0] < 80 else 7)


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_a_click_in_the_footer_does_what_the_key_does(width):
    async with sitting_at(size=(width, 40), speed=1) as person:
        await person.click("n step")
        await person.sees("epoch 1 ")
        await person.click("step")
        await person.sees("epoch 2 ")
        await person.click("lr up")
        await person.sees("lr 0.01778")
        await person.click("lr down")
        await person.sees("lr 0.01 ")
        await person.click("space train")
        await person.sees("space pause")
        await person.click("space pause")
        await person.sees("space train")


async def test_a_click_behind_the_footers_keys_does_nothing():
    async with sitting_at(size=(220, 40)) as person:
        await person.pilot.click(offset=(215, 39))
        assert person.app.is_running
        await person.click("q quit")
        await person.until(lambda: not person.app.is_running, "the end")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (99, 40), (140, 27)])
async def test_tabs_go_to_panes_where_they_are_clicked(size):
    async with sitting_at(size=size) as person:
        for name, words in reversed(PANES.items()):
            await person.click(f" {words}")
            assert person.app.main.shown == name
            await person.press("tab")
            await person.click(f"{words[-1]} ", words[:-1])
            assert person.app.main.shown == name


async def test_there_are_no_tabs_where_all_panes_are_seen():
    async with sitting_at() as person:
        assert "1 Dataset" not in person.lines[0] + person.lines[1].split("─")[0]
        assert sum("╭─" in line for line in person.lines) == 3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("word", ["long", "長い"])
async def test_a_long_title_leaves_room_for_state_and_speed(size, word):
    async with sitting_at(size=size, settings={"title": f"{word} " * 60}) as person:
        assert person.title.startswith(f"tempfit  {word} {word}")
        assert "…" in person.title
        assert person.title.endswith("‖ not started   speed 500/s")


async def test_a_recipe_without_a_title_is_told_to_have_none():
    async with sitting_at(settings={"title": ""}) as person:
        assert person.title.startswith("tempfit  untitled · linear · sgd")


@pytest.mark.parametrize("size", SIZES)
async def test_the_status_begins_with_the_epoch_and_leaves_the_gap_out_first(size):
    async with sitting_at(size=size) as person:
        await person.steps(1)
        whole = "epoch 1   train 53.57   val 200.9   lr 0.01"
        assert person.status == whole + ("   gap 147.4" if size[0] >= 100 else "")


@pytest.mark.parametrize("size", SIZES)
async def test_the_verdict_is_whole(size):
    async with sitting_at(size=size) as person:
        await person.steps(1)
        assert person.verdict.startswith("too early to say: 1 epoch is too few epoch 1: ")
        assert person.verdict.endswith("w 1.612, b 0.09284")


@pytest.mark.parametrize("size", SIZES)
async def test_a_divergence_tells_its_way_out_at_every_width(size):
    settings = {"training.momentum": 0.9}
    async with sitting_at("too-fast", size=size, settings=settings) as person:
        await person.press("space")
        await person.sees("✖ diverged")
        assert "lr 0.01 is above 0.0006" in person.verdict
        assert person.verdict.endswith("· Enter: ways back")


@pytest.mark.parametrize(("size", "told"), [((120, 40), " epochs/s"), ((80, 24), "k/s")])
async def test_a_high_rate_is_told_in_short_where_there_is_little_room(size, told):
    async with sitting_at(size=size, settings=ENDLESS, speed=None, start=True, fps=30) as person:
        await person.until(lambda: told in person.status, "the live rate")
