"""The app from opening to leaving: what a person sees, by keys, mouse and resizes."""

import asyncio
import os
import random
import signal
import sys

import pytest
from helpers import alike
from msgspec.structs import replace
from screen import ENDLESS, sitting_at
from scripted_engine import ScriptedEngine
from textual.events import Resize
from textual.geometry import Size
from textual.worker import WorkerFailed

from tempfit_tui.catalogue import open_named
from tempfit_tui.engine.child import ChildEngine
from tempfit_tui.engine.messages import Advance, ChangeSettings, Open, Rewind
from tempfit_tui.ui.keys import KEYS
from tempfit_tui.ui.palette import SHAPES
from tempfit_tui.ui.trainer import Trainer

ROWS = (
    (35.7, 0.5), (55.9, 14.0), (58.2, 15.0), (81.9, 28.0), (56.3, 11.0), (48.9, 8.0),
    (33.9, 3.0), (21.8, -4.0), (48.4, 6.0), (60.4, 13.0), (68.4, 21.0),
)  # fmt: skip
BRAILLE = {chr(code) for code in range(0x2801, 0x2900)}
UPPER = 20
"""The fit chart lies below this line of a screen of 40."""


def fitted(person):
    """Return whether a curve is drawn in the fit chart."""
    return any(BRAILLE & set(line) for line in person.lines[UPPER:])


# --- opening


async def test_opens_paused_with_all_that_is_known():
    async with sitting_at() as person:
        await person.until(lambda: fitted(person), "the fitted line")
        assert person.title.startswith("tempfit  Training and validation · linear · sgd")
        assert "not started" in person.title
        assert person.status == "epoch 0   train —   val —   lr 0.01"
        assert person.verdict == "not started space: train · n: one epoch"
        assert person.focus == "loss"
        for row, (x, y) in enumerate(ROWS):
            split = f"{SHAPES.validation} val" if row in (0, 3) else f"{SHAPES.train} train"
            assert f"{row:>2} {x:>7} {y:>7}  {split} " in person.text


async def test_shows_all_but_the_fit_before_the_engine_answers():
    engine = ScriptedEngine().wait()
    async with sitting_at(engine=engine, ready=False) as person:
        await person.sees("1 Dataset", "2 Hyperparameters", "3 Loss", "4 Fit · Lens", "11 rows")
        assert "starting" in person.title
        assert person.status == "epoch 0   train —   val —   lr 0.01"
        assert all(f"{row:>2} {x:>7} {y:>7}  …" in person.text for row, (x, y) in enumerate(ROWS))
        assert sum(line.count("●") for line in person.lines[UPPER:]) > 5
        assert not fitted(person)
        engine.go()
        await person.sees("not started", "9 train · 2 validation")
        await person.until(lambda: fitted(person), "the fitted line")


async def test_space_before_the_engine_is_there_trains_as_soon_as_it_is():
    engine = ScriptedEngine().wait()
    async with sitting_at(engine=engine, ready=False) as person:
        await person.press("space")
        assert "starting" in person.title
        assert "space pause" in person.footer
        engine.go()
        await person.trained(10)
        assert "running" in person.title


async def test_n_before_the_engine_is_there_trains_one_epoch_once_it_is():
    engine = ScriptedEngine().wait()
    async with sitting_at(engine=engine, ready=False) as person:
        await person.press("n")
        engine.go()
        await person.sees("epoch 1 ")


async def test_leaving_before_the_engine_is_there_forgets_what_was_asked():
    engine = ScriptedEngine().wait()
    async with sitting_at(engine=engine, ready=False) as person:
        await person.press("n", "plus", "q")
    assert engine.closed


async def test_can_start_by_itself():
    async with sitting_at(start=True, speed=None) as person:
        await person.trained(10)
        assert "full speed" in person.title


async def test_a_recipe_that_cannot_be_opened_is_told(tmp_path):
    file = tmp_path / "same.csv"
    file.write_text("x,y\n1,1\n1,2\n2,3\n")
    settings = {"split.validation": [2]}
    async with sitting_at(file, settings=settings, ready=False) as person:
        await person.sees("no spread on the training rows", "can't start")
        await person.press("p", "p")
        await person.sees("not started")


async def test_a_fault_in_the_background_ends_the_app(monkeypatch):
    async def fails(_):
        raise RuntimeError("a fault")

    async def pressing_n():
        async with sitting_at() as person:
            await person.press("n")

    monkeypatch.setattr(Trainer, "step", fails)
    with pytest.raises(WorkerFailed, match="a fault"):
        await pressing_n()


# --- training


async def test_space_trains_and_pauses():
    async with sitting_at() as person:
        await person.press("space")
        await person.trained(100)
        assert "running" in person.title
        assert "space pause" in person.footer
        assert person.verdict.endswith("training until epoch 4,000 · space: pause")
        await person.press("space")
        await person.stands()
        epoch = person.epoch
        assert "paused" in person.title
        assert f"epoch {epoch:,} " in person.status
        assert "space train" in person.footer
        await person.press("s", "s")
        assert person.epoch == epoch


async def test_n_trains_one_epoch_and_takes_it_apart():
    async with sitting_at() as person:
        await person.press("n")
        await person.sees("epoch 1 ")
        assert person.status == "epoch 1   train 53.57   val 200.9   lr 0.01   gap 147.4"
        assert person.verdict == (
            "too early to say: 1 epoch is too few "
            "epoch 1: p = 1.000x + 0 → loss 53.57 → gradient -61.24, -9.284 "
            "→ w 1.612, b 0.09284"
        )
        await person.press("n")
        await person.sees("epoch 2 ")
        assert "p = 1.612x + 0.09284" in person.verdict


async def test_n_while_running_pauses():
    async with sitting_at(settings=ENDLESS) as person:
        await person.press("space")
        await person.trained(20)
        await person.press("n")
        await person.stands()
        await person.steps(1)
        assert "paused" in person.title


async def test_speeds_have_ends():
    async with sitting_at() as person:
        told = []
        for key in ["less_than_sign"] * 4 + ["greater_than_sign"] * 5:
            await person.press(key)
            told.append(person.title.rpartition("   ")[2])
        assert told[:4] == ["speed 100/s", "speed 10/s", "speed 1/s", "speed 1/s"]
        assert told[4:] == ["speed 10/s", "speed 100/s", "speed 500/s", "full speed", "full speed"]


@pytest.mark.parametrize(("size", "unit"), [((120, 40), "epochs/s"), ((80, 24), "/s")])
async def test_the_live_rate_is_told_only_while_running(size, unit):
    async with sitting_at(size=size) as person:
        assert unit not in person.status
        await person.press("space")
        await person.until(lambda: unit in person.status, "a live rate")
        await person.press("space")
        await person.stands()
        assert unit not in person.status
        await person.press("n")
        assert unit not in person.status


async def test_a_change_of_speed_counts_at_once_while_running():
    async with sitting_at(speed=1, settings=ENDLESS, fps=5) as person:
        await person.presses_at_once("space", *["greater_than_sign"] * 4)
        await person.trained(100)
        assert "full speed" in person.title


async def test_stops_at_the_recipes_end_and_goes_on_when_asked():
    async with sitting_at(settings={"training.epochs": 30}) as person:
        await person.press("space")
        await person.sees("finished")
        assert person.epoch == 30
        assert person.verdict.startswith("still learning: ")
        assert person.verdict.endswith(
            "epoch 30 is where this recipe ends · space: go on all the same · r: start again"
        )
        await person.press("space")
        await person.trained(31)
        assert "running" in person.title


async def test_r_goes_back_to_the_same_first_weights():
    async with sitting_at() as person:
        first = person.frame.parameters
        await person.steps(2)
        second = person.frame
        await person.press("plus")
        await person.steps(1)
        await person.press("r")
        await person.sees("epoch 0 ", "not started", "press space to train")
        assert person.frame.parameters == first
        assert "lr 0.01778" in person.status
        assert person.frame.train.epochs == []
        assert person.frame.changes == []
        await person.press("minus")
        await person.steps(2)
        assert person.frame.parameters == second.parameters


async def test_r_after_the_end_starts_again():
    async with sitting_at(settings={"training.epochs": 2}) as person:
        await person.press("space")
        await person.sees("finished")
        await person.press("r")
        await person.sees("not started")
        await person.press("space")
        await person.sees("finished")
        assert person.epoch == 2


async def test_r_while_running_pauses_at_the_start():
    async with sitting_at(settings=ENDLESS) as person:
        await person.press("space")
        await person.trained(20)
        await person.press("r")
        await person.sees("epoch 0 ", "not started")


# --- the learning rate


async def test_plus_and_minus_move_on_a_grid_and_are_told_at_once():
    async with sitting_at() as person:
        told = []
        for key in ["plus"] * 4 + ["minus"] * 4:
            await person.press(key)
            told.append(person.status.rpartition("lr ")[2])
            assert told[-1] in person.row("lr ")
        up = ["0.01778", "0.03162", "0.05623", "0.1"]
        assert told == [*up, *up[2::-1], "0.01"]
        assert person.frame.settings["training.lr"] == 0.01


async def test_no_press_is_lost_however_fast_they_come():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await person.steps(1)
        engine.wait()
        await person.presses_at_once("plus", "plus", "equals_sign", "z", "z")
        engine.go()
        await person.sees("lr 0.05623", "last 100")
        assert len(person.frame.changes) == 1


async def test_a_change_is_recorded_and_marked_at_its_epoch():
    async with sitting_at() as person:
        await person.steps(3)
        await person.press("plus", "plus", "minus")
        await person.steps(3)
        ((change),) = person.frame.changes
        assert (change.epoch, change.before, change.after) == (
            4,
            {"training.lr": 0.01},
            {"training.lr": 0.01778},
        )
        await person.sees("lr 0.01→0.0178")


async def test_a_change_before_the_first_epoch_leaves_no_mark():
    async with sitting_at() as person:
        await person.press("plus")
        await person.steps(2)
        assert person.frame.changes == []
        assert "→0.0178" not in person.text


async def test_a_change_taken_back_in_the_same_pause_leaves_no_mark():
    async with sitting_at() as person:
        await person.steps(2)
        await person.press("plus", "minus")
        await person.steps(1)
        assert person.frame.changes == []


async def test_a_change_while_running_does_not_pause():
    async with sitting_at(settings=ENDLESS) as person:
        await person.press("space")
        await person.trained(20)
        await person.press("plus")
        await person.until(lambda: person.frame.changes, "the change")
        await person.trained(person.epoch + 20)
        assert "running" in person.title


# --- divergence


async def test_divergence_is_explained_and_its_ways_back_offered():
    async with sitting_at("too-fast") as person:
        await person.press("space")
        await person.sees("diverged", "Enter: ways back")
        assert "✖ diverged" in person.title
        assert person.verdict.startswith(f"✖ diverged at epoch {person.epoch}: lr 0.01 is above")
        assert "largest stable lr for sgd" in person.verdict
        assert "train not finite" in person.status
        stopped = person.epoch
        await person.press("space", "n")
        assert person.epoch == stopped
        await person.press("enter")
        await person.sees("where to?", "back to the start with lr", "Esc goes back")
        assert "before the last change" not in person.text
        await person.press("escape")
        await person.misses("where to?")
        assert person.epoch == stopped


async def test_calming_down_starts_with_half_the_limit():
    async with sitting_at("too-fast") as person:
        await person.press("space")
        await person.sees("✖ diverged")
        await person.press("enter")
        await person.sees("where to?")
        await person.press("enter")
        await person.sees("epoch 0 ", "not started", "lr 0.00017")
        await person.press("space")
        await person.trained(200)
        assert not person.frame.stopped


async def test_going_back_to_the_start_keeps_the_settings():
    async with sitting_at("too-fast") as person:
        await person.press("space")
        await person.sees("✖ diverged")
        await person.press("enter")
        await person.sees("where to?")
        await person.press("down", "enter")
        await person.sees("epoch 0 ", "not started", "lr 0.01 ")


async def test_a_double_press_asks_where_to_once():
    async with sitting_at("too-fast") as person:
        await person.press("space")
        await person.sees("✖ diverged")
        await person.presses_at_once("enter", "enter")
        await person.sees("where to?")
        await person.press("escape")
        await person.misses("where to?")


async def diverge_after_a_change(person):
    await person.steps(5)
    await person.press("plus", "plus", "plus", "plus", "space")
    await person.sees("✖ diverged")


async def test_going_back_before_the_change_equals_never_having_changed():
    async with sitting_at() as person:
        await diverge_after_a_change(person)
        assert person.frame.settings["training.lr"] == 0.1
        await person.press("enter")
        await person.sees("back to epoch 5, before the last change", "with lr 0.01 again")
        await person.press("enter")
        await person.sees("epoch 5 ", "lr 0.01 ", "paused")
        await person.steps(3)
        changed = person.frame
    async with sitting_at() as person:
        await person.steps(8)
        assert (alike(changed), changed.ghost) == (alike(person.frame), None)


# --- the engine's death


async def test_a_death_is_told_and_no_key_crashes():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await person.steps(3)
        engine.die(Advance, "the engine stopped: it was killed by signal 9")
        await person.press("n")
        await person.sees("✖ the engine stopped: it was killed by signal 9 · Enter: start it again")
        assert "engine stopped" in person.title
        quiet = set("n+-<>rlsz1234") | {"space", "tab"}
        await person.press(*quiet, "3")
        await person.sees("✖ the engine stopped")
        assert "epoch 3 " in person.status
        assert "space train" in person.footer


async def test_a_revived_run_is_the_same_to_the_bit():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await person.steps(3)
        await person.press("plus")
        await person.steps(3)
        await person.press("plus", "plus")
        lost = person.frame
        engine.die(Advance, "the engine stopped")
        await person.press("n")
        await person.sees("✖ the engine stopped")
        await person.press("enter")
        await person.until(lambda: not person.trainer.death and person.epoch == 6, "epoch 6 again")
        # What is seen beside a run isn't kept.
        assert replace(person.frame, setup=None) == replace(lost, ghost=None)
        assert "paused" in person.title
        assert "lr 0.05623" in person.status


async def test_an_engine_revived_twice_by_a_double_press_is_opened_once():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await person.steps(1)
        engine.die(Advance, "the engine stopped")
        await person.press("n")
        await person.sees("✖ the engine stopped")
        engine.wait()
        await person.presses_at_once("enter", "enter")
        await person.sees("starting the engine again")
        engine.go()
        await person.until(lambda: not person.trainer.death and person.epoch == 1, "epoch 1 again")
        assert sum(isinstance(request, Open) for request in engine.asked) == 2


async def test_a_diverged_run_is_revived_as_diverged():
    engine = ScriptedEngine()
    async with sitting_at("too-fast", engine=engine) as person:
        await person.press("space")
        await person.sees("✖ diverged")
        lost = person.frame
        engine.die(ChangeSettings, "the engine stopped")
        await person.press("minus")
        await person.sees("✖ the engine stopped")
        await person.press("enter")
        await person.sees("✖ diverged")
        assert replace(person.frame, setup=None) == lost


@pytest.mark.parametrize("key", ["r", "p"])
async def test_a_new_start_after_a_revival_repeats_no_change(key):
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await person.steps(2)
        await person.press("plus")
        await person.steps(1)
        engine.die(Advance, "the engine stopped")
        await person.press("n")
        await person.sees("✖ the engine stopped")
        await person.press("enter")
        await person.until(lambda: not person.trainer.death and person.epoch == 3, "epoch 3 again")
        await person.press(key, *["enter"] * (key == "p"))
        await person.sees("epoch 0 ", "not started", "lr 0.01778")
        await person.steps(4)
        assert person.frame.changes == []


async def test_a_death_while_starting_is_told_and_mended():
    engine = ScriptedEngine().die(Open, "the engine stopped: no torch (exit 1)")
    async with sitting_at(engine=engine, ready=False) as person:
        await person.sees("✖ the engine stopped: no torch (exit 1)")
        await person.press("space", "n")
        await person.press("enter")
        await person.sees("epoch 0 ", "not started")


async def test_a_killed_child_is_told_and_started_again(tmp_path):
    engine = ChildEngine(tmp_path / "engine.log")
    async with sitting_at(engine=engine, settings=ENDLESS) as person:
        await person.press("space")
        await person.trained(100)
        await person.press("plus")
        await person.until(lambda: person.frame.changes, "the change")
        await person.press("space")
        await person.stands()
        await person.steps(1)
        lost = person.frame
        os.kill(engine.process_id, signal.SIGKILL)
        await person.press("n")
        await person.sees("✖ the engine stopped: it was killed by signal 9")
        await person.press("enter")
        await person.until(
            lambda: not person.trainer.death and person.epoch == lost.epoch, "the epoch again"
        )
        assert person.frame == lost


async def test_the_last_words_of_a_child_that_ends_at_once_are_told(tmp_path):
    command = (sys.executable, "-c", "import sys; sys.exit('no module named torch')")
    engine = ChildEngine(tmp_path / "engine.log", command)
    async with sitting_at(engine=engine, ready=False) as person:
        await person.sees("✖ the engine stopped: no module named torch (exit 1)")


async def test_a_refusal_while_training_is_told():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        engine.refuse(Advance, "not today")
        await person.press("n")
        await person.sees("not today")
        await person.press("n")
        await person.sees("epoch 1 ", "paused")


# --- what is on the screen besides


async def test_l_turns_the_axis():
    async with sitting_at() as person:
        await person.steps(2)
        assert "log axis · all epochs" in person.text
        before = person.lines
        await person.press("l")
        await person.sees("linear axis · all epochs")
        assert person.lines[2:18] != before[2:18]
        await person.press("l")
        await person.sees("log axis · all epochs")
        assert person.lines == before


async def test_s_asks_for_smooth_curves():
    async with sitting_at(speed=None) as person:
        await person.press("s")
        await person.sees("log axis · all epochs · smoothed")
        assert person.trainer.view.smooth
        await person.press("s")
        await person.misses("smoothed")
        assert not person.trainer.view.smooth


async def test_z_shows_the_last_epochs():
    async with sitting_at(speed=None, settings={"training.epochs": 1500}) as person:
        await person.press("space")
        await person.sees("finished")
        windows = {}
        for words in ("last 1,000", "last 100", "all epochs"):
            await person.press("z")
            await person.sees(words)
            windows[words] = person.frame.train.epochs[0]
        assert windows["all epochs"] == 1
        # A window begins within a column or two of its first epoch.
        assert windows["last 100"] == 1401
        assert abs(windows["last 1,000"] - 501) < 32


@pytest.mark.parametrize("key", ["", "question_mark", "o", "e", "x", "ctrl+p"])
async def test_a_screen_told_of_a_size_of_before_keeps_to_the_present_one(key):
    async with sitting_at("split", size=(120, 40)) as person:
        if key:
            await person.press(key)
            await person.until(lambda: person.app.screen is not person.app.main, "the screen")
        screen = person.app.screen
        for size in (Size(90, 30), Size(50, 10), Size(90, 30)):
            screen.post_message(Resize(size, size))
            screen.call_later(screen.refresh)
        handled = asyncio.Event()
        screen.call_later(handled.set)
        await handled.wait()
        await person.until(lambda: screen.size == (120, 40), "the present size")


async def test_numbers_and_tab_go_to_panes():
    async with sitting_at() as person:
        names = ["dataset", "hyperparameters", "loss", "fit-chart"]
        for key, name in zip("1234", names, strict=True):
            await person.press(key)
            assert person.focus == name
        for name in names:
            await person.press("tab")
            assert person.focus == name
        for name in names[2::-1]:
            await person.press("shift+tab")
            assert person.focus == name


async def test_4_once_more_turns_to_the_next_tab_and_round():
    async with sitting_at() as person:
        await person.press("4")
        assert fitted(person)
        for _ in range(2):
            await person.press("4")
            await person.sees("condition  number")
            assert not fitted(person)
            assert person.focus == "lens"
            await person.press("4")
            await person.sees("minimum 2.91", "a long valley")
            assert person.focus == "landscape-chart"
            await person.press("4")
            await person.until(lambda: fitted(person), "the fit chart")
            assert person.focus == "fit-chart"


def shown_of(frame):
    """Return what a frame holds of what is looked at beside the losses."""
    return [name for name in ("fit", "lens", "landscape") if getattr(frame, name)]


async def test_nothing_is_computed_for_a_hidden_tab():
    async with sitting_at() as person:
        for tab in ("fit", "lens", "landscape", "fit"):
            await person.until(lambda tab=tab: shown_of(person.frame) == [tab], f"{tab} alone")
            await person.steps(2)
            assert shown_of(person.frame) == [tab]
            await person.press(*["4"] * (1 + (person.app.main.shown != "fit")))


async def test_nothing_is_computed_for_a_pane_out_of_sight():
    async with sitting_at(size=(80, 24)) as person:
        await person.until(lambda: shown_of(person.frame) == [], "no tab in sight")
        await person.press("4")
        await person.until(lambda: shown_of(person.frame) == ["fit"], "the fit in sight")
        await person.press("3")
        await person.until(lambda: shown_of(person.frame) == [], "no tab in sight")
        await person.resize(120, 40)
        await person.until(lambda: shown_of(person.frame) == ["fit"], "the fit in sight")


async def test_the_help_lists_every_key_and_closes():
    async with sitting_at() as person:
        for closing in ("escape", "question_mark", "q"):
            await person.press("question_mark")
            await person.sees("Help", *(f"{key.shown:>8}  {key.words}" for key in KEYS))
            await person.press(closing)
            await person.misses("Help")
        assert person.app.is_running


async def test_the_palette_finds_and_does_what_a_key_does():
    async with sitting_at() as person:
        await person.press("ctrl+p")
        await person.press(*"train one")
        await person.sees("Train one epoch (n)")
        await person.press("enter")
        await person.sees("epoch 1 ", "loss 53.57")


async def test_the_palette_holds_every_key():
    async with sitting_at() as person:
        commands = [command.title for command in person.app.get_system_commands(person.app.screen)]
        for key in KEYS:
            assert any(
                command.lower() == f"{key.words} ({key.shown})".lower() for command in commands
            )


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving_ends_the_engine(key):
    engine = ScriptedEngine()
    async with sitting_at(engine=engine, start=True, settings=ENDLESS) as person:
        await person.trained(20)
        await person.press(key)
        await person.until(lambda: not person.app.is_running, "the end")
    assert engine.closed
    assert person.app.return_code == 0


# --- sizes


async def test_one_pane_at_a_time_where_there_is_little_room():
    async with sitting_at(size=(80, 24)) as person:
        heads = {
            "1 Dataset": "split",
            "2 Hyperparameters": "lr ",
            "3 Loss": "press space to train",
            "4 Fit": "validation",
        }
        for name, words in heads.items():
            await person.click(name)
            await person.sees(f" {name} ", words)
            assert sum("╭─" in line for line in person.lines) == 1
        for key, words in zip("1234", heads.values(), strict=True):
            await person.press(key)
            await person.sees(words)


async def test_the_pane_with_the_focus_stays_when_room_gets_little():
    async with sitting_at() as person:
        await person.click("35.7")
        assert person.focus == "dataset"
        await person.resize(80, 24)
        await person.sees("1 Dataset ─", "35.7")
        assert person.focus == "dataset"


@pytest.mark.parametrize("size", [(59, 20), (60, 19), (59, 19), (20, 5)])
async def test_too_small_a_screen_is_told_politely(size):
    async with sitting_at(size=size) as person:
        told = " ".join(person.text.split())
        assert told == "tempfit needs 60 columns and 20 lines"
        await person.resize(60, 20)
        await person.sees("3 Loss", "epoch 0")


async def test_survives_every_size_while_running():
    sizes = random.Random(3)
    async with sitting_at(start=True, speed=100, settings=ENDLESS) as person:
        for _ in range(16):
            width, height = sizes.randint(1, 220), sizes.randint(1, 70)
            await person.resize(width, height)
            await person.until(
                lambda size=(width, height): [*map(len, person.lines)] == [size[0]] * size[1],
                f"all of {width}x{height}",
            )
        await person.resize(120, 40)
        await person.trained(person.epoch + 1)
        assert "running" in person.title


async def test_ascii_only_shows_nothing_else():
    async with sitting_at("too-fast", ascii_only=True) as person:
        seen = [person.text]
        for keys in ("n", "plus", "n", "4", "4", "2", "question_mark", "escape", "p", "escape"):
            await person.press(keys)
            seen.append(person.text)
        await person.press("space")
        await person.sees("! diverged")
        await person.press("3", "enter")
        await person.sees("where to?")
        seen.append(person.text)
        await person.press("escape")
        await person.resize(80, 24)
        seen.append(person.text)
        assert "".join(seen).isascii()


# --- another recipe, in the midst of everything


async def test_what_was_asked_of_a_run_is_no_news_once_another_is_opened():
    engine = ScriptedEngine()
    async with sitting_at("split", engine=engine) as person:
        await person.steps(2)
        await person.press("o", "home", "enter")
        await person.sees("A gradient by trying")
        old = person.trainer
        await person.press("o", "end")
        engine.wait()
        person.app.main.action_best()
        await person.until(lambda: isinstance(engine.asked[-1], Rewind), "the request")
        await person.press("enter")
        await person.until(lambda: person.trainer is not old, "another run")
        engine.go()
        await person.sees("epoch 0", "not started")
        await person.steps(1)


async def test_keys_pressed_while_the_panes_are_made_do_no_harm():
    keys = ["plus", "minus", "l", "s", "z", "1", "2", "3", "4", "4", "tab", "w", "[", "n", "space"]
    async with sitting_at("split") as person:
        old = person.trainer
        await person.press("o")
        await person.sees("Enter: open it")
        await person.presses_at_once("end", "up", "enter", *keys)
        await person.until(lambda: person.trainer is not old, "another run")
        await person.until(lambda: person.trainer.seen, "the first frame")
        frame = person.frame
        for key in keys:
            old = person.trainer
            person.app.main._open(open_named("raw"))
            old._take(frame)  # which is asked for before, and comes now
            await person.presses_at_once(key)
        await person.sees("By hand, raw input", " epoch ")
        person.trainer.pause()
        await person.stands()
        await person.steps(1)
