"""Looking back, branching, comparing and taking away, as a person does it: by keys and mouse."""

import signal
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from helpers import alike
from msgspec.structs import replace
from screen import ENDLESS, sitting_at
from scripted_engine import ScriptedEngine

from tempfit_tui.catalogue import open_named
from tempfit_tui.engine.messages import LookBack
from tempfit_tui.frame import View
from tempfit_tui.home import home
from tempfit_tui.journal.journal import Journal

SIZES = [(120, 40), (80, 24)]


async def lived(person, *, epochs=400, change_at=200):
    """Train so many epochs, with another learning rate from some epoch on."""
    engine = person.app.main._engine
    await engine.advance(change_at)
    await person.trainer.change({"training.lr": 0.02})
    await engine.advance(epochs - change_at)
    await person.trainer.look(replace(person.trainer.view))
    await person.until(lambda: person.epoch == epochs, f"epoch {epochs}")


@pytest.mark.parametrize("size", SIZES)
async def test_all_panes_go_back_together_and_return(size):
    async with sitting_at(size=size) as person:
        await lived(person)
        present = person.frame
        await person.press("left_square_bracket")
        await person.sees("looking back", "of 400 · b: branch here · Esc: the present")
        then = person.frame
        assert then.epoch < 400 == then.present
        assert person.status.startswith(f"epoch {then.epoch} ")
        assert f"epoch {then.epoch} of 400" in person.verdict
        assert then.train_loss > present.train_loss
        # On a small screen the fit can't be seen.
        assert then.fit != present.fit or size == SIZES[1]
        assert then.step.epoch == then.epoch
        assert then.train == present.train
        while person.epoch > 150:
            await person.press("left_square_bracket")
        assert person.frame.settings["training.lr"] == 0.01
        assert "lr 0.01" in person.status.split("   ")
        await person.press("right_square_bracket", "escape")
        await person.until(lambda: person.frame.present is None, "the present")
        assert person.frame == present
        assert "paused" in person.title


async def test_single_epochs_and_both_ends():
    async with sitting_at() as person:
        await lived(person, epochs=30, change_at=10)
        losses = [person.frame.train_loss]
        for epoch in (29, 28):
            await person.press("left_curly_bracket")
            await person.until(lambda epoch=epoch: person.epoch == epoch, f"epoch {epoch}")
            losses.append(person.frame.train_loss)
        assert losses == sorted(losses)
        await person.press(*["left_square_bracket"] * 40)
        await person.sees("epoch 0 of 30")
        assert person.frame.train_loss is None
        await person.press("right_curly_bracket")
        await person.sees("epoch 1 of 30", "53.57")
        await person.press(*["right_square_bracket"] * 40)
        await person.until(lambda: person.frame.present is None, "the present")


async def test_of_many_presses_at_once_the_last_is_shown():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await lived(person)
        await person.presses_at_once(*["left_curly_bracket"] * 50)
        await person.until(lambda: person.epoch == 350, "epoch 350")
        assert sum(isinstance(asked, LookBack) for asked in engine.asked) <= 50


async def test_a_click_and_a_drag_on_the_loss_chart_look_back():
    async with sitting_at() as person:
        await lived(person)
        chart = person.app.main.query_one("#loss")
        await person.pilot.click(chart, offset=(chart.size.width // 3, 8))
        await person.sees("looking back")
        first = person.epoch
        await person.pilot.mouse_down(chart, offset=(10, 8))
        await person.until(lambda: person.epoch < first, "an earlier epoch")
        await person.pilot.hover(chart, offset=(chart.size.width // 2, 8))
        await person.until(lambda: person.epoch > first, "a later epoch")
        await person.pilot.mouse_up(chart, offset=(chart.size.width // 2, 8))
        there = person.epoch
        await person.pilot.hover(chart, offset=(12, 8))
        await person.pilot.pause()
        assert person.epoch == there
        await person.pilot.click(chart, offset=(chart.size.width - 3, 8))
        await person.until(lambda: person.frame.present is None, "the present")


async def test_before_the_first_epoch_there_is_no_past():
    async with sitting_at() as person:
        await person.press("left_square_bracket", "escape")
        await person.pilot.pause()
        assert person.frame.present is None
        await person.press("b")
        await person.sees("there is nothing to branch from before the first epoch")


async def test_what_is_past_is_not_changed_but_branched_from():
    async with sitting_at() as person:
        await lived(person)
        await person.press("left_square_bracket")
        await person.sees("looking back")
        then, parent = person.frame, person.frame.run
        await person.press("plus")
        await person.sees("this is past and stays as it was: b branches here, Esc returns")
        await person.press("enter")
        assert "b branches here" in person.verdict
        assert (person.epoch, person.frame.changes) == (then.epoch, then.changes)
        await person.press("b")
        await person.sees("begins here, a branch of run", f"run {parent}")
        branch = person.frame
        assert branch.run != parent
        assert (branch.epoch, branch.train_loss, branch.fit) == (
            then.epoch,
            then.train_loss,
            then.fit,
        )
        assert branch.ghost.last_epoch == 400
        await person.press("plus")
        await person.sees("lr 0.03557")
        await person.steps(2)
        assert person.frame.ghost.last_epoch == person.epoch
        whole = Journal(home()).read.summaries()
        assert [run.id for run in whole] == [person.frame.run, parent]
        # How much of the branch is written is a matter of time.
        assert branch.epoch <= whole[0].epochs <= person.epoch
        assert whole[1].epochs == 400


async def test_training_goes_on_from_the_present():
    async with sitting_at(settings=ENDLESS) as person:
        await lived(person)
        await person.press("left_square_bracket")
        await person.sees("looking back")
        await person.press("n")
        await person.sees("epoch 401 ")
        assert person.frame.present is None


async def test_a_bracket_pauses():
    async with sitting_at(settings=ENDLESS, start=True, speed=100) as person:
        await person.trained(20)
        await person.press("left_square_bracket")
        await person.sees("looking back")
        assert not person.trainer.running.is_set()


async def test_after_any_change_the_run_without_it_goes_on_beside_while_g_has_it_on():
    async with sitting_at() as person:
        await lived(person)
        assert (person.frame.ghost.last_epoch, person.frame.ghost.outcome) == (400, None)
        await person.sees("without it")
        await person.press("g")
        await person.misses("without it")
        await person.steps(3)
        await person.press("g")
        await person.sees("without it")
        assert person.frame.ghost.last_epoch == 400


# --- other runs


async def test_u_lists_the_runs_and_opens_one():
    async with sitting_at() as person:
        await lived(person)
        first, losses = person.frame.run, person.frame.train
        await person.press("r")
        await person.sees("epoch 0 ")
        await person.steps(2)
        await person.press("u")
        await person.sees("Runs", first[:4])
        await person.press("down")
        await person.press("enter")
        await person.until(
            lambda: person.trainer.seen and person.frame.run == first, "the first run"
        )
        await person.sees("epoch 400 ", "lr 0.02", "paused")
        assert person.frame.train == losses
        await person.steps(1)
        assert person.epoch == 401


@pytest.mark.parametrize(
    ("key", "suffix", "begin"),
    [("1", "py", "#"), ("2", "csv", "epoch,"), ("3", "svg", "<"), ("4", "toml", "title")],
)
async def test_e_takes_the_run_away_and_never_overwrites(key, suffix, begin, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with sitting_at() as person:
        await lived(person, epochs=30, change_at=10)
        for number in (1, 2):
            await person.press("e", key)
            await person.sees(f"split-{number}.{suffix}, in")
    texts = [(tmp_path / f"split-{number}.{suffix}").read_text() for number in (1, 2)]
    assert texts[0].startswith(begin)
    assert texts[0].replace("split-1", "split-2") == texts[1]
    if suffix == "svg":
        ET.fromstring(texts[0])
    if suffix == "toml":
        assert open_named(str(tmp_path / "split-1.toml")).recipe.changes[0].epoch == 11


async def test_before_the_first_epoch_there_is_only_a_recipe_to_take_away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with sitting_at() as person:
        await person.press("e", "1")
        await person.sees("there is nothing to export before the first epoch")
        await person.press("e", "4")
        await person.sees("split-1.toml")


# --- crashes

KILLED = """
import os, signal, sys
from pathlib import Path
from tempfit_tui.catalogue import open_named
from tempfit_tui.frame import View
from tempfit_tui.home import home
from tempfit_tui.journal.journal import Journal
from tempfit_tui.record import Source
from tempfit_tui.session.session import Session
opened = open_named("split")
session = Session(opened.recipe, opened.table, Source("split", str(opened.file)), Journal(home()))
session.advance(100)
session.change({"training.lr": 0.02})
session.advance(50)
session.keeper.write()
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_a_run_that_was_cut_off_is_offered_and_goes_on_as_if_nothing_had_happened():
    killed = subprocess.run([sys.executable, "-c", KILLED], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    async with sitting_at() as person:
        await lived(person, epochs=150, change_at=100)
        straight = await person.app.main._engine.view(View())
    async with sitting_at("overfit") as person:
        await person.sees("Training and validation was cut off at epoch 150 · Enter: go on with it")
        assert person.status.startswith("epoch 0 ")
        await person.press("enter")
        await person.sees("epoch 150 ", "Training and validation")
        again = await person.app.main._engine.view(View())
        assert alike(again) == replace(alike(straight), ghost=None)
        assert "was cut off" not in person.text
    async with sitting_at("overfit") as person:
        assert "was cut off" not in person.text


async def test_the_offer_goes_when_another_run_is_trained():
    subprocess.run([sys.executable, "-c", KILLED], timeout=60, check=False)
    async with sitting_at() as person:
        await person.sees("was cut off")
        await person.steps(1)
        assert "was cut off" not in person.text
        await person.press("enter")
        await person.sees("nothing to mend")


@pytest.mark.parametrize("damage", ["a file in the way", "not a journal"])
async def test_without_a_journal_it_is_told_and_all_goes_on(damage):
    home().parent.mkdir(parents=True, exist_ok=True)
    if damage == "a file in the way":
        home().write_text("")
    else:
        home().mkdir()
        (home() / "journal.db").write_text("these are no pages" * 100)
    async with sitting_at() as person:
        await person.until(lambda: "in memory only" in person.frame.notice, "a word of it")
        await person.sees("Journal")
        await lived(person)
        await person.press("left_square_bracket")
        await person.sees("looking back")
        await person.press("b")
        await person.sees("begins here")
        await person.press("u")
        await person.sees(person.frame.run[:4])
