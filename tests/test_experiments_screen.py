"""The learning-rate finder: it draws, reads off, tells, and its learning rate is taken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from screen import ENDLESS, sitting_at
from scripted_engine import ScriptedEngine
from textual.geometry import Size

from tempfit_tui.engine.messages import RangeTest
from tempfit_tui.insight import LrTest
from tempfit_tui.ui.charts.chart import Look
from tempfit_tui.ui.charts.range_test import RangeChart, RangePicture, loss_axis, paint_range_test
from tempfit_tui.ui.palette import DARK
from tempfit_tui.ui.screens.experiments import WAITING, ExperimentsScreen
from tempfit_tui.ui.screens.experiments_words import about, offer, seen

USUAL = Size(100, 24)
TITLE = "Experiments · learning-rate finder"
LRS = [1e-4, 0.001, 0.01, 0.03, 0.1, 0.2]
TEST = LrTest(
    epoch=1_200,
    lrs=LRS,
    losses=[80.0, 70.0, 30.0, 22.0, 21.0, None],
    first_loss=80.4,
    is_done=True,
    steepest=0.01,
    limit=0.033,
    rule="2 / largest eigenvalue",
    end=0.3,
)


def told(person):
    """Return the words under the chart, on one line."""
    regions = [words.region for words in person.app.screen.query("#experiments Static")]
    return " ".join(
        " ".join(row[region.x : region.right] for row in person.lines[region.y : region.bottom])
        for region in regions
    )


async def reads(person, *words):
    """Wait until all of `words` are under the chart, on whichever lines."""
    await person.until(
        lambda: all(some in " ".join(told(person).split()) for some in words), f"{words} told"
    )


async def finds(person):
    """Open the finder, and wait for the end of its test."""
    await person.press("x")
    await person.until(lambda: is_open(person), "the finder")
    await reads(person, "blows up at")


def is_open(person):
    return isinstance(person.app.screen, ExperimentsScreen)


# --- on the screen


async def test_it_draws_marks_and_tells():
    async with sitting_at("autograd") as person:
        await finds(person)
        await person.sees(
            TITLE,
            "▼ steepest fall 0.001",
            "largest stable lr 0.0330",
            "lr now 0.01",
            "before 80.4",
            "training loss",
            "arrows: read off · r: again · Esc: back",
        )
        await reads(
            person,
            "falls from 80.36 to 21.13, most steeply at lr 0.001. It blows up at 0.16.",
            "stable below lr 0.0330 (2 / largest eigenvalue)",
            "Enter: train on with lr 0.001",
            "A range test (Smith 2017)",
            "from epoch 0",
        )


async def test_enter_takes_the_suggestion():
    async with sitting_at("autograd") as person:
        await person.steps(3)
        await finds(person)
        await reads(person, "from epoch 3")
        await person.press("enter")
        await person.until(lambda: "lr 0.032" in person.status, "the new lr")
        assert not is_open(person)
        assert person.frame.changes[-1].after == {"training.lr": 0.032}
        assert (person.epoch, person.trainer.running.is_set()) == (3, False)


async def test_training_is_paused_meanwhile_and_goes_on_with_what_is_taken():
    async with sitting_at("autograd", settings=ENDLESS) as person:
        await person.press("space")
        await person.trained(5)
        await finds(person)
        assert not person.trainer.running.is_set()
        epoch = person.epoch
        await person.press("r", "left", "right")
        assert person.epoch == epoch
        await person.press("enter")
        await person.trained(epoch + 5)
        assert [change.epoch for change in person.frame.changes] == [epoch + 1]


@pytest.mark.parametrize("key", ["escape", "q", "x"])
async def test_other_keys_take_nothing(key):
    async with sitting_at("autograd") as person:
        await finds(person)
        await person.press("left", key)
        await person.misses("learning-rate finder")
        assert "lr 0.01" in person.status
        assert not person.trainer.running.is_set()


async def test_a_cursor_reads_off_and_enter_takes_what_is_under_it():
    async with sitting_at("autograd") as person:
        await finds(person)
        await person.press("right")
        await person.sees("lr 0.001  loss 46.08857")
        await reads(person, "lr 0.001, the one read off")
        await person.press("right", "right", "left")
        await person.sees("lr 0.0011  loss 43.97238")
        await reads(person, "Enter: train on with lr 0.0011, the one read off")
        await person.press("enter")
        await person.until(lambda: "lr 0.0011" in person.status, "the new lr")


async def test_the_cursor_stays_within_what_was_tried():
    async with sitting_at("autograd") as person:
        await finds(person)
        await person.presses_at_once(*["right"] * 70)
        await reads(person, "lr 0.16, the one read off, above the largest stable lr 0.0330")
        await person.presses_at_once(*["left"] * 120)
        await reads(person, "lr 3.5e-06, the one read off")


async def test_a_click_reads_off():
    async with sitting_at("autograd") as person:
        await finds(person)
        await person.click("largest stable", "training loss")
        await reads(person, "the one read off")
        test, cursor = person.app.screen._test, person.app.screen._cursor
        assert 0.001 < test.lrs[cursor] < 0.033


async def test_again_forgets_the_cursor():
    async with sitting_at("autograd") as person:
        await finds(person)
        await person.press("left", "left")
        await reads(person, "the one read off")
        await person.press("r")
        await person.misses("the one read off")
        await reads(person, "Enter: train on with lr 0.001")


async def test_the_past_can_be_tried_but_not_changed():
    async with sitting_at("autograd") as person:
        await person.steps(12)
        await person.press(*["left_curly_bracket"] * 2)
        await person.until(lambda: person.frame.is_past and person.epoch == 10, "the past")
        await finds(person)
        await reads(person, "from epoch 10", "Esc, then b branches here")
        await person.press("enter", "right", "enter")
        assert is_open(person)
        await person.press("escape", "b")
        await person.until(lambda: not person.frame.is_past, "a branch")
        await finds(person)
        await person.press("enter")
        await person.until(lambda: "lr 0.032" in person.status, "the new lr")


@pytest.mark.parametrize("recipe", ["scaled", "raw", "overfit"])
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)], ids=str)
async def test_nothing_is_cut_off(recipe, size):
    async with sitting_at(recipe, size=size, ascii_only=size[0] == 60) as person:
        await person.press("x")
        await reads(person, "Enter: train on with lr", "blows up at", "from epoch 0")
        await person.sees("learning-rate finder", "steepest fall", "Esc: back")
        chart = person.app.screen.query_one(RangeChart)
        await person.until(lambda: chart.size.height >= 8, "a chart of some height")
        for words in person.app.screen.query("Static"):
            assert words.region.height >= words.virtual_size.height
            assert words.region.bottom < size[1]
        assert person.text.isascii() or size[0] > 60


async def test_another_size_keeps_the_place():
    async with sitting_at("autograd") as person:
        await finds(person)
        await person.press("right", "left")
        for size in ((80, 24), (60, 20), (120, 40)):
            await person.resize(*size)
            await person.sees("steepest fall 0.001")
            await reads(person, "lr 0.00089, the one read off")


async def test_at_the_floor_nothing_is_suggested():
    async with sitting_at("autograd", settings={"training.epochs": 5000}, speed=None) as person:
        await person.press("space")
        await person.trained(5000)
        await finds(person)
        await reads(person, "never falls by 0.1 %", "as at its floor", "Enter: nothing to take")
        await person.press("enter")
        assert is_open(person)
        await person.press("left", "enter")
        await person.until(lambda: not is_open(person), "the dialog closed")
        await person.until(lambda: "lr 0.14" in person.status, "the last rate tried")


# --- what goes wrong


async def test_an_engine_that_dies_meanwhile_is_told():
    engine = ScriptedEngine().die(RangeTest, "the engine stopped: [red] it was killed")
    async with sitting_at("autograd", engine=engine) as person:
        await person.press("x")
        await reads(person, "the engine stopped: [red] it was killed")
        assert is_open(person)
        await person.press("enter", "left", "escape")
        await person.misses("learning-rate finder")
        assert person.trainer.death


async def test_an_engine_that_dies_afterwards_leaves_what_was_found():
    engine = ScriptedEngine()
    async with sitting_at("autograd", engine=engine) as person:
        await finds(person)
        engine.die(RangeTest, "the engine stopped: it was killed")
        await person.press("r")
        await reads(person, "the engine stopped: it was killed")


async def test_a_run_that_has_stopped_says_why_not():
    async with sitting_at("too-fast") as person:
        await person.press("space")
        await person.until(lambda: person.frame.stopped, "the end")
        await person.press("x")
        await reads(person, "go back before a learning rate is tried")
        await person.press("r")
        await reads(person, "go back before a learning rate is tried")


async def test_while_it_waits_it_says_so():
    engine = ScriptedEngine()
    async with sitting_at("autograd", engine=engine) as person:
        engine.wait()
        await person.press("x", "x")
        await person.until(lambda: not is_open(person), "it to be left")
        await person.press("x")
        await person.sees(WAITING)
        await reads(person, "Enter: not before the test has ended")
        await person.press("enter", "left", "r")
        assert is_open(person)
        engine.go()
        await reads(person, "Enter: train on with lr 0.001")


async def test_before_the_first_frame_there_is_nothing_to_try():
    engine = ScriptedEngine().wait()
    async with sitting_at("autograd", engine=engine, ready=False) as person:
        await person.press("x")
        assert not is_open(person)
        engine.go()


# --- the words


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (TEST, "falls from 80.40 to 21.00, most steeply at lr 0.01. It blows up at 0.2."),
        (replace(TEST, end=0.2), "most steeply at lr 0.01. By theory"),
        (replace(TEST, is_done=False), "6 learning rates so far, up to 0.2."),
        (replace(TEST, steepest=None), "there is no learning rate to suggest"),
        (replace(TEST, limit=None, rule="no fixed limit (adam)"), "By theory: no fixed limit"),
        (TEST, "so the loss blows up only later"),
    ],
)
def test_what_is_seen(test, words):
    assert words in seen(test, brief=False)


@pytest.mark.parametrize(
    ("chosen", "pointed", "words"),
    [
        (0.01, False, "Enter: train on with lr 0.01"),
        (0.001, False, "Enter: train on with lr 0.001, as now"),
        (0.1, True, "Enter: train on with lr 0.1, the one read off, above the largest stable lr"),
        (None, False, "Enter: nothing to take; the arrow keys pick a learning rate"),
    ],
)
def test_what_enter_does(chosen, pointed, words):
    assert offer(TEST, chosen, 0.001, pointed=pointed).startswith(words)


@pytest.mark.parametrize("brief", [True, False])
def test_what_it_is(brief):
    assert "on a copy of the run" in about(None, brief=brief) or not brief
    assert "from epoch 1,200" in about(1_200, brief=brief)


# --- the chart


def painted(picture, size=USUAL, **look):
    strips, columns = paint_range_test(picture, size, Look(DARK, **look))
    assert len(strips) == size.height
    assert all(strip.cell_length == size.width for strip in strips)
    assert columns
    return "\n".join(strip.text for strip in strips)


def test_the_mark_is_above_its_place():
    rows = painted(RangePicture(TEST, 1e-3)).splitlines()
    marked = next(row for row in rows if "▼" in row)
    tick = next(row for row in rows if "┬" in row)
    ticks = [place for place, letter in enumerate(tick) if letter == "┬"]
    assert marked.index("▼") in ticks


def test_the_curve_leaves_the_chart_where_it_blows_up():
    axis = loss_axis(TEST)
    assert axis.holds(80.4)
    assert axis.holds(21.0)
    assert axis.high < 4 * 80.4


@pytest.mark.parametrize("lr", [1e-9, 5.0, 1e6])
def test_an_lr_outside_the_range_is_in_sight_where_it_is_near(lr):
    assert ("lr now" in painted(RangePicture(TEST, lr))) == (lr == 5.0)


@given(
    st.lists(st.floats(0, 1e38) | st.none(), min_size=1, max_size=40),
    st.floats(0, 1e38),
    st.integers(20, 140),
    st.integers(5, 40),
    st.booleans(),
    st.integers(0, 39),
)
@settings(max_examples=60, deadline=None)
def test_anything_can_be_drawn(losses, first, width, height, ascii_only, place):
    lrs = [1e-6 * 1.122**power for power in range(len(losses))]
    finite = [lr for lr, loss in zip(lrs, losses, strict=True) if loss is not None]
    test = LrTest(0, lrs, losses, first, True, finite[0] if finite else None, 1e-5, "rule", lrs[-1])
    picture = RangePicture(test, 0.01, min(place, len(lrs) - 1))
    text = painted(picture, Size(width, height), ascii_only=ascii_only)
    assert text.isascii() or not ascii_only
