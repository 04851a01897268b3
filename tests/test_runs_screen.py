"""The runs' screen: runs are listed, told about, compared, deleted and picked."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from screen import screen_text, wait_until
from textual.app import App
from textual.geometry import Size

from tempfit_tui.engine.protocol import EngineDiedError, EngineRefusedError
from tempfit_tui.frame import Change, Curve, Verdict
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import RunSummary, Traced
from tempfit_tui.ui.app import TempfitApp
from tempfit_tui.ui.charts.cells import width_of
from tempfit_tui.ui.charts.chart import Look
from tempfit_tui.ui.charts.overlay import MOST_RUNS, RunCurve, paint_runs, run_colours, runs_scale
from tempfit_tui.ui.fields import settings_of
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.palette import DARK, LIGHT
from tempfit_tui.ui.screens import runs as screen_of_runs
from tempfit_tui.ui.screens.runs import RunsScreen
from tempfit_tui.ui.screens.runs_columns import layout
from tempfit_tui.ui.screens.runs_list import NO_RUNS
from tempfit_tui.ui.screens.runs_table import Head, compared, label_of, least_width, table
from tempfit_tui.ui.screens.runs_words import (
    about,
    ago,
    deletion,
    id_length,
    loss_cells,
    sparkline,
    verdict_cells,
)

FEW = settings(max_examples=30)
PRETTY, PLAIN = Glyphs(ascii_only=False), Glyphs(ascii_only=True)
NOW = 1_700_000_000.0
OVERFITS = Verdict(
    "overfitting", "overfitting since epoch 379", "validation rose 1.98 → 6.58 on these 2 rows", 379
)
FITS = Verdict("fits", "fits", "both losses are flat")
FALLING = [100.0, 40.0, 12.0, 5.0, 3.34]

RUN = RunSummary(
    id="3f2a77e0",
    name="overfit",
    title="Too rich a model",
    model="mlp 1-32-32-1 tanh",
    begun=NOW - 300,
    state="left",
    epochs=10_000,
    train_loss=0.0541,
    val_loss=10.12,
    best_epoch=379,
    best_loss=1.983,
    verdict=OVERFITS,
    sketch=[190.0, 2.0, 4.0, 10.12],
)
BRANCH = replace(
    RUN,
    id="b71e0c55",
    train_loss=2.31,
    val_loss=3.34,
    best_epoch=667,
    best_loss=3.12,
    verdict=FITS,
    parent="3f2a77e0",
    parent_epoch=1_200,
    differs={"penalty.l2": (0.0, 0.01), "training.patience": (0, 200)},
    sketch=FALLING,
)
NOW_LIVED = replace(RUN, id="9c41d0a7", state="live", epochs=1_203)
LINE = replace(
    RUN,
    id="77b2c3d4",
    name="mine.csv",
    title="",
    model="polynomial of degree 3",
    state="cut off",
    epochs=431,
    train_loss=11.26,
    val_loss=None,
    best_epoch=None,
    best_loss=None,
    verdict=Verdict("learning", "still learning"),
    sketch=FALLING,
)
UNTRAINED = replace(
    LINE, id="0a0b0c0d", state="left", epochs=0, train_loss=None, sketch=[],
    verdict=Verdict("not started", "not started"),
)  # fmt: skip
RUNS = [NOW_LIVED, RUN, BRANCH, LINE, UNTRAINED]


def traced(run, **settings):
    """Return a run with curves that fall to its losses, and its settings."""
    curves = [
        Curve([1, max(2, run.epochs // 2)], [loss, loss], [loss * 20, loss * 2], loss)
        if loss is not None
        else Curve()
        for loss in (run.train_loss, run.val_loss)
    ]
    known = {**settings_of(Recipe()), **{k.replace("__", "."): v for k, v in settings.items()}}
    changes = [Change(1_201, {"penalty.l2": 0.0}, {"penalty.l2": 0.01})] if run.parent else []
    return Traced(run, *curves, known, changes)


@pytest.fixture(autouse=True)
def brisk(monkeypatch):
    """Let the cursor rest no longer than it must."""
    monkeypatch.setattr(screen_of_runs, "CALM_SECONDS", 0.01)


class Engine:
    """It answers from a list, notes what it is asked, and can be told to wait or fail."""

    def __init__(self, runs, trouble=None):
        self.kept, self.trouble = list(runs), trouble or {}
        self.asked, self.deleted = [], []
        self.ready = asyncio.Event()
        self.ready.set()
        self.at_once = 0

    async def runs(self):
        self._fail("runs")
        return list(self.kept)

    async def compare(self, ids, columns):
        self.asked.append((ids, columns))
        self.at_once += 1
        assert self.at_once == 1, "one request at a time"
        await self.ready.wait()
        self.at_once -= 1
        self._fail("compare")
        l2 = {"3f2a77e0": 0.0, "b71e0c55": 0.01}
        return [
            traced(run, penalty__l2=l2.get(run.id, 0.0))
            for id_ in ids
            for run in self.kept
            if run.id == id_
        ]

    async def delete(self, ids):
        self._fail("delete")
        self.deleted.append(ids)
        self.kept = [run for run in self.kept if run.id not in ids]
        return list(self.kept)

    def _fail(self, what):
        if what in self.trouble:
            raise self.trouble[what]


class Around(App):
    """What the screen stands on: only the app's colours."""

    get_theme_variable_defaults = TempfitApp.get_theme_variable_defaults


class Person:
    """Who sits before the screen."""

    def __init__(self, app, pilot, engine):
        self.app, self.pilot, self.engine = app, pilot, engine
        self.picked = []

    @property
    def lines(self):
        return screen_text(self.app)

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def list_lines(self):
        region = self.app.screen.query_one("RunList").region
        return self.lines[region.y : region.bottom]

    @property
    def chart_title(self):
        return str(self.app.screen.query_one("RunsChart").border_title or "")

    @property
    def words(self):
        """What the words under the list are, on one line."""
        region = self.app.screen.query_one("RunsDetail VerticalScroll").content_region
        rows = self.lines[region.y : region.bottom]
        return " ".join(" ".join(row[region.x : region.right] for row in rows).split())

    async def press(self, *keys):
        """Press keys faster than a person can."""
        for key in keys:
            self.app.simulate_key(key)
        await self.pilot.pause()

    async def until(self, condition, what):
        await wait_until(self.pilot, condition, what)

    async def sees(self, *words):
        await self.until(lambda: all(word in self.text for word in words), f"{words} on the screen")

    async def misses(self, words):
        await self.until(lambda: words not in self.text, f"{words!r} gone from the screen")

    async def click(self, row, x, times=1):
        """Click on the list, on row `row` from 0 under its titles."""
        await self.pilot.click("RunList", offset=(x, row + 1), times=times)


@asynccontextmanager
async def sitting(
    runs=RUNS, *, current="9c41d0a7", size=(120, 40), ascii_only=False, trouble=None, ready=True
):
    """Open the screen, and wait for the first run's losses if `ready`."""
    app, engine = Around(), Engine(runs, trouble)
    async with app.run_test(size=size, notifications=True) as pilot:
        person = Person(app, pilot, engine)
        screen = RunsScreen(engine, current, Glyphs(ascii_only))
        await app.push_screen(screen, person.picked.append)
        if ready:
            await person.until(lambda: person.chart_title, "a chart")
        yield person


# --- words


@pytest.mark.parametrize(
    ("losses", "width", "bars"),
    [
        ([], 8, ""),
        ([3.0], 8, "▁"),
        ([3.0, 3.0, 3.0], 8, "▁▁▁"),
        ([1.0, 10.0, 100.0], 8, "▁▅█"),
        ([100.0, 10.0, 1.0], 8, "█▅▁"),
        ([1.0, 1.01], 8, "▁▁"),
        ([0.0, 1.0, 10.0], 8, "▁▁█"),
        ([-1.0, 0.0], 8, "▁▁"),
        ([float("inf"), float("nan"), 1.0, 10.0], 8, "▁▁▁█"),
        ([1e-300, 1e300], 8, "▁█"),
        ([10.0**power for power in range(8)], 8, "▁▂▃▄▅▆▇█"),
        ([10.0**power for power in range(8)], 2, "▁█"),
        ([1.0, 10.0], 1, "▁"),
    ],
)
def test_a_sparkline_is_on_a_log_axis(losses, width, bars):
    assert sparkline(losses, width) == bars


@FEW
@given(st.lists(st.floats(), max_size=80), st.integers(1, 40), st.booleans())
def test_a_sparkline_takes_anything(losses, width, ascii_only):
    bars = sparkline(losses, width, ascii_only=ascii_only)
    assert len(bars) == min(len(losses), width)
    assert bars.isascii() == (ascii_only or not losses)


def test_a_sparkline_in_ascii_falls_too():
    assert sparkline([1e4, 1e2, 1e0], 8, ascii_only=True) == "@+."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (300, "5 minutes ago"),
        (3 * 3600 + 5, "3 hours ago"),
        (86400, "1 day ago"),
        (20 * 86400, "2 weeks ago"),
        (90 * 86400, "3 months ago"),
        (800 * 86400, "2 years ago"),
    ],
)
def test_how_long_ago(seconds, words):
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("ids", "length"),
    [([], 4), (["abcdef"], 4), (["abcdef", "abcxyz"], 4), (["abcdef", "abcdxy"], 5), (["ab"], 4),
     (["abcdef", "abcdef"], 4), (["abc", "abcdefgh", "abcdefgx"], 8)],
)  # fmt: skip
def test_ids_are_as_short_as_tells_them_apart(ids, length):
    assert id_length(ids) == length


def test_a_loss_that_is_not_there_is_told_from_one_that_is_not_finite():
    assert loss_cells(RUN) == ("0.0541", "10.1")
    assert loss_cells(LINE) == ("11.3", "—")
    assert loss_cells(UNTRAINED) == ("—", "—")
    diverged = replace(RUN, train_loss=None, val_loss=None)
    assert loss_cells(diverged) == ("✖", "✖")
    assert "train not finite" in plain_text(about(diverged, NOW, 4, current=False))


def test_a_run_that_was_cut_off_says_so_beside_its_verdict():
    assert verdict_cells(RUN) == (OVERFITS.words, "overfitting since 379", "overfitting")
    assert verdict_cells(LINE) == ("cut off, still learning", "cut off, learning", "cut off")


def plain_text(paragraphs):
    return "\n".join("".join(text for text, _ in paragraph) for paragraph in paragraphs)


def test_what_there_is_to_say_of_a_branch():
    assert plain_text(about(BRANCH, NOW, 4, current=False)) == (
        "Too rich a model\nb71e · overfit · mlp 1-32-32-1 tanh\nbegun 5 minutes ago\n"
        "fits: both losses are flat\n"
        "at epoch 10,000: train 2.310, validation 3.340, best 3.120 at 667\n"
        "from 3f2a @ 1,200\n  L2 penalty 0 → 0.01\n  patience off → 200"
    )
    brief = plain_text(about(BRANCH, NOW, 4, current=False, brief=True))
    assert brief.endswith("\nfrom 3f2a @ 1,200, L2 penalty 0 → 0.01, patience off → 200")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (replace(BRANCH, parent_epoch=0, differs={}), "anew, after 3f2a, no setting differs"),
        (LINE, "untitled\n77b2"),
        (LINE, " · cut off at epoch 431"),
        (replace(RUN, state="live"), " · in use elsewhere"),
    ],
)
def test_what_else_there_may_be_to_say(run, words):
    assert words in plain_text(about(run, NOW, 4, current=False))


def test_the_question_before_a_deletion():
    assert deletion([RUN], 4) == "Delete 3f2a overfit? It can't be brought back."
    assert deletion([RUN, LINE], 5).startswith("Delete 2 runs (3f2a7 overfit, 77b2c mine.csv)? ")


# --- columns


def titles(runs, room, glyphs=PRETTY):
    return [column.title for column in layout(runs, room, 4, glyphs).columns]


def test_with_room_every_column_is_there():
    assert titles(RUNS, 200) == [
        "run", "name", "model", "loss over epochs", "epochs", "train", "val", "best @ epoch",
        "verdict", "from",
    ]  # fmt: skip
    columns = {column.title: column.cells for column in layout(RUNS, 200, 4, PRETTY).columns}
    assert columns["from"] == ["", "", "3f2a @ 1,200", "", ""]
    assert columns["best @ epoch"][:3] == ["1.98 @ 379", "1.98 @ 379", "3.12 @ 667"]
    assert columns["verdict"][3] == "cut off, still learning"


def test_with_less_room_verdicts_get_shorter_before_columns_go():
    assert titles(RUNS, 115)[-2:] == ["verdict", "from"]
    assert len(titles(RUNS, 115)) == len(titles(RUNS, 200))
    assert {"epochs", "train", "val", "best @ epoch", "verdict"} <= set(titles(RUNS, 75))
    assert "from" not in titles([RUN, LINE], 200)


HOSTILE = replace(
    RUN, name="a\x1b[31m\nb [red]名前名前名前名前", model="m\tm", parent="\x07\x07", sketch=[1e300]
)


@FEW
@given(
    st.lists(st.sampled_from([*RUNS, HOSTILE, replace(RUN, name="finite-difference" * 9)])),
    st.integers(40, 220),
    st.sampled_from([PRETTY, PLAIN]),
)
def test_columns_fit_and_align(runs, room, glyphs):
    columns, gap = layout(runs, room, 4, glyphs)
    lines = [
        (" " * gap).join(column.padded(index) for column in columns)
        for index in (None, *range(len(runs)))
    ]
    assert all("\x1b" not in line and "\n" not in line for line in lines)
    assert all(line.isascii() for line in lines) or glyphs is PRETTY
    widths = {width_of(line) for line in lines}
    assert len(widths) == 1
    assert widths.pop() <= max(room, 45)


# --- the table


def test_only_settings_that_differ_are_in_the_table_and_the_least_losses_stand_out():
    rows = compared([traced(RUN), traced(BRANCH, penalty__l2=0.01)])
    assert {row.label: row.cells for row in rows} == {
        "best val": ["1.983", "3.120"],
        "at epoch": ["379", "667"],
        "val": ["10.12", "3.340"],
        "train": ["0.05410", "2.310"],
        "epochs": ["10,000", "10,000"],
        "L2 penalty": ["0", "0.01"],
    }
    assert [row.best for row in rows] == [0, None, 1, 0, None, None]


def test_a_setting_that_does_nothing_in_a_run_is_a_dash_there():
    mlp = traced(RUN, model__kind="mlp", model__hidden=(8,), split__validation=(0, 3))
    line = traced(RUN, model__hidden=(4,), split__validation=None, split__seed=1)
    rows = {row.label: row.cells for row in compared([mlp, line])}
    assert rows["model"] == ["mlp", "linear"]
    assert rows["hidden"] == ["8", "—"]
    assert rows["validation"] == ["0,3", "—"]
    assert rows["split seed"] == ["—", "1"]
    assert list(rows).index("split seed") < list(rows).index("model")


def test_settings_of_another_version_are_named_all_the_same():
    old = Traced(RUN, Curve(), Curve(), {"training.lr": 0.5}, [])
    new = traced(RUN, training__some_day="\x1b", training__lr=0.1)
    rows = {row.label: row.cells for row in compared([old, new])}
    assert rows["lr"] == ["0.5", "0.1"]
    assert rows["training some day"] == ["—", "\\x1b"]
    assert label_of("model.seed") == "seed"
    assert label_of("split.seed") == "split seed"


@pytest.mark.parametrize("room", [200, 60, 30])
@pytest.mark.parametrize("glyphs", [PRETTY, PLAIN])
def test_the_table_has_lines_of_the_same_width(room, glyphs):
    runs = [traced(RUN), traced(LINE, data__path="a-long-name-for-a-file.csv")]
    rows, heads = compared(runs), [Head("1 3f2a", ""), Head("2 名前名前名前名前名前名前", "")]
    widths = {line.cell_length for line in table(rows, heads, room, glyphs).split("\n")}
    assert len(widths) == 1
    assert widths.pop() <= room
    assert least_width(rows, heads, glyphs) == len("best val") + 2 + len("0.05410") + 2 + 12


# --- the overlay


def run_curve(number, losses, last_epoch=100, name="run"):
    step = max(1, last_epoch // len(losses))
    epochs = [1 + step * place for place in range(len(losses))]
    return RunCurve(number, name, Curve(epochs, losses, losses, losses[-1]), last_epoch)


def painted(curves, size, look):
    return [strip.text for strip in paint_runs(curves, Size(*size), look)[0]]


SIX = [run_curve(n, [100.0, 10.0 * n, float(n)], 100 * n, f"run-{n}") for n in range(1, 7)]


@pytest.mark.parametrize("size", [(120, 30), (78, 9), (44, 12), (30, 8)])
@pytest.mark.parametrize("look", [Look(DARK), Look(DARK, ascii_only=True), Look(LIGHT, mono=True)])
def test_every_curve_is_named_at_its_end(size, look):
    lines = painted(SIX, size, look)
    assert len(lines) == size[1]
    assert {len(line) for line in lines} == {size[0]}
    drawn = "\n".join(lines)
    for run in SIX:
        assert str(run.number) in drawn
        assert f"{run.number} run-{run.number}" in drawn or size[0] < 78


def test_with_room_the_last_loss_stands_beside_the_name():
    drawn = "\n".join(painted(SIX, (120, 30), Look(DARK)))
    assert all(f"{n} run-{n} {n}.00" in drawn for n in range(1, 7))


def test_without_colours_numbers_are_along_the_curves():
    curves = [run_curve(n, [10.0**n] * 60, 60) for n in range(1, 4)]
    for look in (Look(DARK, mono=True), Look(DARK, ascii_only=True)):
        drawn = "\n".join(painted(curves, (100, 20), look))
        assert all(drawn.count(str(n)) >= 4 for n in range(1, 4))
    assert "\n".join(painted(curves, (100, 20), Look(DARK, ascii_only=True))).isascii()


def test_the_colours_are_six_in_dark_and_in_light():
    for dark in (True, False):
        assert len(set(run_colours(dark=dark))) == MOST_RUNS
    strips, _ = paint_runs(SIX, Size(100, 20), Look(LIGHT))
    inks = {segment.style.color.name for strip in strips for segment in strip if segment.style}
    assert set(run_colours(dark=False)) <= inks


def test_a_run_that_diverged_does_not_flatten_the_others():
    fine, diverged = run_curve(1, [80.0, 5.0, 3.0]), run_curve(2, [80.0, 1e9, 1e30])
    scale = runs_scale([fine, diverged])
    assert scale.log
    assert scale.low <= 3.0
    assert 80.0 < scale.high < 1e6
    assert runs_scale([run_curve(1, [0.0, 0.0])]).low > 0


# --- the screen


@pytest.mark.parametrize(
    ("size", "ascii_only"),
    [((120, 40), False), ((120, 40), True), ((80, 24), False), ((60, 20), True)],
    ids=str,
)
async def test_runs_are_listed_and_the_highlighted_one_told_about(size, ascii_only):
    async with sitting(size=size, ascii_only=ascii_only) as person:
        header, first, *_ = person.list_lines
        assert {"run", "epochs", "val", "verdict"} <= set(header.split())
        assert first.split()[:2] == ["o" if ascii_only else "●", "9c41"]
        assert "overfitting" in first
        assert "2.62" not in first
        await person.press("j", "j")
        await person.sees("b71e overfit: training and validation loss")
        assert "fits" in person.words
        if size[1] > 20:
            assert Glyphs(ascii_only)("L2 penalty 0 → 0.01") in person.words
        assert "Esc back" in person.lines[-1]
        assert person.text.isascii() or not ascii_only


async def test_the_branch_and_the_cut_off_run_are_told_in_the_list():
    async with sitting() as person:
        rows = {line.split()[0]: line for line in person.list_lines if "●" not in line}
        assert "3f2a @ 1,200" in rows["b71e"]
        assert "cut off" in rows["77b2"]
        assert "█" in rows["b71e"]
        assert "1.98 @ 379" in rows["3f2a"]


async def test_nothing_yet():
    async with sitting([], ready=False) as person:
        await person.sees(NO_RUNS)
        await person.press("enter", "space", "d", "j", "k", "J", "K", "end", "pagedown")
        assert not person.picked
        assert not person.engine.asked
        await person.press("escape")
        assert person.picked == [None]


async def test_the_cursor_begins_at_the_current_run():
    async with sitting(current="b71e0c55") as person:
        assert person.chart_title.startswith("b71e overfit")
        assert "on the main screen" in person.words
    async with sitting(current=None) as person:
        assert person.chart_title.startswith("9c41 overfit")
        assert "●" not in person.text


@pytest.mark.parametrize(
    ("keys", "id_"),
    [(["down", "j", "k"], "3f2a77e0"), (["pagedown", "home", "end", "down", "up"], "77b2c3d4")],
)
async def test_enter_gives_the_run_under_the_cursor(keys, id_):
    async with sitting() as person:
        await person.press(*keys, "enter")
        assert person.picked == [id_]


@pytest.mark.parametrize("key", ["escape", "q", "u"])
async def test_other_keys_give_none(key):
    async with sitting() as person:
        await person.press("j", "space", key)
        assert person.picked == [None]


async def test_a_click_moves_marks_or_opens():
    async with sitting() as person:
        await person.click(2, 20)
        await person.sees("b71e overfit: training")
        await person.click(1, 1)
        await person.sees("1 marked")
        assert not person.picked
        await person.click(2, 20, times=2)
        assert person.picked == ["b71e0c55"]


async def test_marked_runs_are_compared():
    async with sitting() as person:
        await person.press("j", "space", "j")
        await person.sees("b71e overfit: training and validation loss")
        await person.press("space")
        await person.sees("loss: validation of 1, 2", "1 3f2a 10.1", "2 b71e 3.34", "2 marked")
        assert "best val 1.983 3.120" in person.words
        assert "L2 penalty 0 0.01" in person.words
        assert [row[1] for row in person.list_lines[1:5]] == [" ", "1", "2", " "]
        await person.press("j", "space")
        await person.sees("loss: validation of 1, 2; training of 3", "3 77b2")
        await person.press("k", "space")
        await person.sees("loss: validation of 1; training of 3", "1 overfit", "3 mine.csv")
        await person.press("space", "k", "space")
        await person.sees("loss: validation of 2; training of 3")
        await person.press("j", "space")
        await person.sees("b71e overfit: training and validation loss", "from 3f2a @ 1,200")


async def test_six_at_the_most():
    many = [replace(RUN, id=f"{number:04d}") for number in range(8)]
    async with sitting(many, current=None) as person:
        for _ in range(6):
            await person.press("space", "j")
        await person.sees("6 marked", "loss: validation of 1, 2, 3, 4, 5, 6")
        await person.press("space")
        await person.sees("6 runs at the most")
        await person.press("k")
        await person.misses("6 runs at the most")
        await person.press("space", "j", "space")
        await person.until(lambda: person.list_lines[7].startswith(" 6"), "the number given again")


async def test_words_that_are_too_long_can_be_scrolled():
    why = " ".join(f"word{place}" for place in range(90))
    long = replace(RUN, verdict=Verdict("fits", "fits", why))
    async with sitting([long, RUN], current=None, size=(80, 24)) as person:
        await person.press(*["J"] * 20)
        await person.sees("word89")
        await person.press("K", "K", "K", "K", "K", "K")
        await person.misses("at epoch")
        await person.press("j")
        await person.sees("Too rich a model")


async def test_only_what_the_cursor_rests_on_is_asked_for_one_at_a_time():
    many = [replace(RUN, id=f"{number:04d}") for number in range(300)]
    async with sitting(many, current=None) as person:
        assert person.engine.asked == [(["0000"], 240)]
        person.engine.ready.clear()
        await person.press("j")
        await person.until(lambda: len(person.engine.asked) == 2, "a request")
        await person.press(*["j"] * 30)
        assert "0031" in person.text
        assert person.chart_title.startswith("0000")
        person.engine.ready.set()
        await person.until(lambda: person.chart_title.startswith("0031"), "the latest")
        assert [ids for ids, _ in person.engine.asked] == [["0000"], ["0001"], ["0031"]]
        await person.press("end")
        await person.until(lambda: person.chart_title.startswith("0299"), "the last")
        assert person.list_lines[-1].split()[0] == "0299"
        await person.press("home")
        await person.until(lambda: person.chart_title.startswith("0000"), "the first")
        assert len(person.engine.asked) == 4, "what is known isn't asked for again"


async def test_another_size_asks_for_other_columns_and_keeps_the_place():
    async with sitting() as person:
        await person.press("j", "j")
        await person.sees("b71e overfit: training")
        await person.pilot.resize_terminal(80, 24)
        await person.until(lambda: person.engine.asked[-1] == (["b71e0c55"], 160), "80 columns")
        await person.sees("from 3f2a @ 1,200, L2 penalty 0 → 0.01")
        await person.press("enter")
        assert person.picked == ["b71e0c55"]


# --- deleting


async def test_a_run_is_deleted_if_that_is_meant():
    async with sitting() as person:
        await person.press("j", "d")
        await person.sees("Delete 3f2a overfit? It can't be brought back.")
        await person.press("enter")
        await person.misses("Delete 3f2a")
        assert not person.engine.deleted
        await person.press("d")
        await person.sees("Delete 3f2a")
        await person.press("2")
        await person.until(lambda: person.engine.deleted == [["3f2a77e0"]], "a deletion")
        await person.until(lambda: person.chart_title.startswith("b71e"), "the next run")
        assert "Runs  4" in person.lines[0]


async def test_marked_runs_are_deleted_together():
    async with sitting() as person:
        await person.press("j", "space", "j", "space", "end", "d")
        await person.sees("Delete 2 runs (3f2a overfit, b71e overfit)?")
        await person.press("2")
        await person.until(lambda: person.engine.deleted == [["3f2a77e0", "b71e0c55"]], "it done")
        await person.misses("marked")
        assert len(person.list_lines) == 4


async def test_the_last_run_deleted_leaves_nothing_behind():
    async with sitting([BRANCH]) as person:
        await person.press("d")
        await person.sees("Delete b71e")
        await person.press("2")
        await person.sees(NO_RUNS)
        await person.misses("b71e")
        assert not person.words


async def test_the_current_run_is_not_deleted():
    async with sitting() as person:
        await person.press("d")
        await person.sees("the run on the main screen can't be deleted: open another one first")
        await person.press("space", "j", "space", "d")
        await person.sees("can't be deleted: unmark it")
        assert not person.engine.deleted
        assert len(person.app.screen_stack) == 2


# --- what goes wrong


async def test_runs_that_can_t_be_told():
    trouble = {"runs": EngineDiedError("the engine stopped: [red] it was killed\x1b")}
    async with sitting(trouble=trouble, ready=False) as person:
        await person.sees("the engine stopped: [red] it was killed\\x1b", "the runs can't be told")
        await person.press("j", "space", "d", "enter", "q")
        assert person.picked == [None]


async def test_losses_that_can_t_be_told_leave_the_rest():
    trouble = {"compare": EngineRefusedError("run 9c41: its losses can't be read")}
    async with sitting(trouble=trouble, ready=False) as person:
        await person.sees("its losses can't be read", "overfitting since epoch 379")
        person.engine.trouble.clear()
        await person.press("j")
        await person.sees("3f2a overfit: training and validation loss")
        await person.misses("its losses can't be read")


async def test_a_deletion_that_is_refused():
    trouble = {"delete": EngineRefusedError("run 3f2a is in use")}
    async with sitting(trouble=trouble) as person:
        await person.press("j", "d")
        await person.sees("Delete 3f2a")
        await person.press("2")
        await person.sees("run 3f2a is in use")
        assert len(person.list_lines) == 1 + len(RUNS)


async def test_whatever_a_name_holds_is_text():
    hostile = replace(HOSTILE, title="[b]\x1b]0;x\x07", differs={"data.path": ("a", "[red]\n")})
    async with sitting([hostile, replace(hostile, id="0000")], current=None) as person:
        await person.sees("[b]\\x1b]0;x\\x07", "a\\x1b[31m", "[red]\\n")
        await person.press("space", "j", "space")
        await person.sees("loss: validation of 1, 2")
        await person.press("d")
        await person.sees("Delete 2 runs (3f2a a\\x1b[31m\\nb [red]")


async def test_a_run_without_an_epoch_has_no_chart():
    async with sitting([UNTRAINED, replace(UNTRAINED, id="1111")], current=None) as person:
        await person.sees("not an epoch yet", "not started")
        await person.press("space", "j", "space")
        await person.sees("2 marked", "not an epoch yet")


async def test_it_begins_with_the_clock_of_now():
    async with sitting([replace(RUN, begun=time.time() - 7300)]) as person:
        assert "begun 2 hours ago" in person.words
