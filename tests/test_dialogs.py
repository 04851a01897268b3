"""Dialogs under keys and clicks that are faster than the app."""

import pytest
from screen import ENDLESS, sitting_at


@pytest.mark.parametrize(
    ("opening", "keys"),
    [
        ("e", ["enter"] * 3),
        ("e", ["4"] * 3),
        ("e", ["escape"] * 3),
        ("o", ["down", *["enter"] * 3]),
        ("u", ["escape"] * 3),
        ("question_mark", ["escape"] * 3),
    ],
)
async def test_an_answer_given_more_than_once_counts_once(opening, keys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with sitting_at() as person:
        await person.press(opening)
        await person.until(lambda: person.app.screen is not person.app.main, "a dialog")
        await person.presses_at_once(*keys)
        await person.until(lambda: person.app.screen is person.app.main, "the main screen")
        await person.sees("epoch 0 ")


async def test_clicks_on_an_answer_count_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with sitting_at() as person:
        await person.press("e")
        await person.sees("4 a recipe")
        await person.click("4 a recipe", times=3)
        await person.sees("split-1.toml")
        assert person.app.screen is person.app.main


async def test_a_command_chosen_more_than_once_runs_once():
    async with sitting_at(settings=ENDLESS) as person:
        await person.press("ctrl+p", *"start")
        await person.sees("Start or pause training (space)")
        await person.presses_at_once(*["enter"] * 4)
        await person.until(lambda: person.app.screen is person.app.main, "the main screen")
        await person.until(person.trainer.running.is_set, "training, started once")


async def test_a_theme_chosen_more_than_once_closes_one_screen():
    async with sitting_at() as person:
        await person.press("ctrl+p", *"theme")
        await person.sees("Change the current theme")
        await person.press("enter")
        await person.sees("Search for themes")
        await person.press("down")
        await person.presses_at_once(*["enter"] * 4)
        await person.until(lambda: person.app.screen is person.app.main, "the main screen")


async def test_what_is_left_looks_for_nothing_any_more():
    async with sitting_at() as person:
        await person.steps(3)
        await person.press("u")
        await person.sees("Runs", "split")
        screen = person.app.screen
        assert any(worker.node is screen for worker in person.app.workers)
        screen.dismiss(None)
        at_work = [worker for worker in person.app.workers if not worker.is_cancelled]
        assert not any(worker.node is screen for worker in at_work)
        await person.until(lambda: person.app.screen is person.app.main, "the main screen")
