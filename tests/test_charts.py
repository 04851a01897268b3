"""The charts: their arithmetic, the lines they draw, and how little of them is sent again."""

import math
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screen import wait_until
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.geometry import Region, Size

from tempfit_tui import ticks
from tempfit_tui.frame import Change, Curve
from tempfit_tui.ui.charts.bounds import SHRINK, Scale, padded, robust_top, settled, snapped
from tempfit_tui.ui.charts.cells import Cells
from tempfit_tui.ui.charts.chart import Look
from tempfit_tui.ui.charts.drawing import BRAILLE, trace
from tempfit_tui.ui.charts.fit import FitChart, FitPicture
from tempfit_tui.ui.charts.fit_painting import paint_fit, spots
from tempfit_tui.ui.charts.fit_picture import observations
from tempfit_tui.ui.charts.loss import LossChart, LossPicture
from tempfit_tui.ui.charts.loss_painting import WAITING, change_words, paint_loss
from tempfit_tui.ui.charts.loss_scale import loss_scale, outline
from tempfit_tui.ui.palette import DARK, LIGHT

PRETTY, PLAIN = Look(DARK), Look(DARK, ascii_only=True)
NUMBER = st.floats(-1e12, 1e12)
ANY = st.floats(allow_nan=False, allow_infinity=False)
EXAMPLES = settings(max_examples=150, deadline=None)


# --- ticks


@given(NUMBER, st.floats(1e-3, 1e12), st.integers(1, 12))
@EXAMPLES
def test_linear_ticks_are_round_few_and_inside(low, length, most):
    high = low + length
    found = ticks.linear_ticks(low, high, most)
    assert len(found) <= most
    assert all(low <= tick <= high for tick in found)
    assert found == sorted(set(found))
    steps = [after - before for before, after in pairwise(found)]
    if steps:
        # Equal, but for the digits that two neighbours of that size have in common.
        assert max(steps) - min(steps) <= 1e-9 * max(steps) + 1e-15 * max(map(abs, found))
        if length > 1e-6 * abs(low):
            assert f"{steps[0]:.0e}"[0] in "125"


@given(ANY, ANY, st.integers(0, 12))
@EXAMPLES
def test_linear_ticks_take_anything(low, high, most):
    scale = padded(low, high, 0.05)
    found = ticks.linear_ticks(scale.low, scale.high, most)
    texts = ticks.labels(found)
    assert len(found) <= most
    assert len(set(texts)) == len(texts) == len(found)


@given(st.floats(1e-300, 1e300), st.floats(1.001, 1e30), st.integers(1, 12))
@EXAMPLES
def test_log_ticks_are_few_inside_and_distinct(low, ratio, most):
    high = min(low * ratio, 1e300)
    found = ticks.log_ticks(low, high, most)
    texts = ticks.labels(found, log=True)
    assert len(found) <= most
    assert all(low <= tick <= high for tick in found)
    assert len(set(texts)) == len(texts) == len(found)


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (1, 2000, 5, ["500", "1,000", "1,500", "2,000"]),
        (1, 40_000, 5, ["0", "10k", "20k", "30k", "40k"][1:]),
        (0, 1, 6, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-6, 30, 5, ["0", "10", "20", "30"]),
        (0, 3e-7, 4, ["0", "1e-7", "2e-7", "3e-7"]),
        (0, 5e12, 3, ["0", "2e12", "4e12"]),
    ],
)
def test_linear_labels(low, high, most, expected):
    assert ticks.labels(ticks.linear_ticks(low, high, most)) == expected


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.5, 500, 6, ["1", "10", "100"]),
        (0.9, 60, 6, ["1", "2", "5", "10", "20", "50"]),
        (0.9, 60, 4, ["1", "3", "10", "30"]),
        (0.9, 60, 2, ["1", "10"]),
        (1e-9, 1e3, 5, ["1e-9", "1e-6", "0.001", "1", "1,000"]),
        (1.2, 1.9, 4, ["1.2", "1.4", "1.6", "1.8"]),
    ],
)
def test_log_labels(low, high, most, expected):
    assert ticks.labels(ticks.log_ticks(low, high, most), log=True) == expected


def test_epochs_have_whole_ticks():
    assert ticks.linear_ticks(1, 3, 10, whole=True) == [1, 2, 3]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (6.578, "6.58"),
        (0, "0"),
        (1234.6, "1,235"),
        (12_345, "12.3k"),
        (2.5e6, "2.50M"),
        (0.001, "0.00100"),
        (0.00098, "9.8e-4"),
        (3e-7, "3e-7"),
        (9999.9, "10.0k"),
        (-3.2, "-3.20"),
    ],
)
def test_short_numbers(value, text):
    assert ticks.short(value) == text


# --- bounds


@given(ANY, ANY, st.booleans())
@EXAMPLES
def test_bounds_hold_the_data(one, two, log):
    low, high = (max(-1e300, min(1e300, end)) for end in sorted((one, two)))
    if log:
        low, high = abs(low) or 1.0, abs(high) or 1.0
        low, high = max(1e-290, min(low, high)), max(1e-290, low, high)
    scale = snapped(low, high, log=log)
    assert scale.low <= low <= high <= scale.high
    assert scale.low < scale.high
    assert 0 <= scale.fraction(low) <= scale.fraction(high) <= 1


@given(st.lists(st.tuples(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9)), min_size=2), st.booleans())
@EXAMPLES
def test_settled_bounds_hold_the_data_and_rest(ranges, log):
    scale = None
    for pair in ranges:
        low, high = sorted(pair)
        scale = settled(scale, low, high, log=log)
        assert scale.holds(low)
        assert scale.holds(high)
        assert settled(scale, low, high, log=log) == scale


def test_bounds_stay_while_a_loss_falls_and_shrink_when_much_is_unused():
    first = settled(None, 0, 90)
    assert settled(first, 0, 70) == first
    assert settled(first, 0, 20).high < SHRINK * first.high
    grown = settled(first, 0, 130)
    assert grown.low == first.low
    assert grown.high >= 130


def test_a_few_early_losses_do_not_set_the_top():
    assert robust_top([200, 90, 40, *[5.0] * 60], 1) == 5
    assert robust_top([5.0] * 60 + [9, 40, 200], 1) == 200, "what comes last is always shown"
    assert robust_top([200, 90, 40, 5], 1) == 200


# --- drawing


def test_a_line_is_drawn_in_dots():
    assert trace([(0, 0), (1, 1)], 3, 1, "*") == ["***"]
    assert trace([(0, 0), (1, 1)], 2, 2, "*") == [" *", "* "]
    assert trace([(0, 0), (1, 0)], 2, 1, BRAILLE) == ["⣀⣀"]
    assert trace([(0, 0), (0, 1)], 1, 1, BRAILLE) == ["⡇"]
    assert trace([(0.5, 0.5)], 1, 1, BRAILLE)[0] not in {" ", "⠀"}
    assert trace([], 2, 2, BRAILLE) == ["  ", "  "]


def test_plotext_still_draws_what_needs_a_line():
    lines = trace([(0, 0), (1, 1)], 10, 10, BRAILLE)
    assert all(line.strip() for line in lines)
    assert lines[0][-1] != " "
    assert lines[9][0] != " "


def test_lines_are_cut_at_the_edges():
    assert trace([(0, -1e3), (1, 1e3)], 3, 3, "*") == [" * "] * 3
    assert trace([(0, 5), (1, 7)], 3, 3, "*") == ["   "] * 3
    apart = trace([(0, 0.5), (0.3, 900), (0.7, 900), (1, 0.5)], 9, 3, "*")
    assert apart[1][0] == apart[1][8] == "*"
    assert apart[1][4] == " "


def test_dots_of_two_lines_share_a_cell():
    cells = Cells(2, 1)
    cells.overlay(0, 0, ["⠁⠁"], "#ffffff")
    cells.overlay(0, 0, ["⡀ "], "#000000")
    assert cells.strips()[0].text == "⡁⠁"


def test_wide_letters_and_controls_keep_the_grid():
    cells = Cells(6, 1)
    cells.write(0, 0, "温\x1b度度", "")
    assert cells.strips()[0].text == "温\\x1b"
    assert cells.strips()[0].cell_length == 6


# --- the loss chart


def falling(count, scale=1.0, first=1):
    values = [scale * (1 + 100 / epoch) for epoch in range(1, count + 1)]
    return Curve(list(range(first, first + count)), values, values, values[-1] if values else None)


def loss(train=None, val=None, **others):
    given = {"changes": [], "best": None, "floor": None, "log": True, "first_epoch": 1}
    train = falling(200) if train is None else train
    given |= {"last_epoch": train.epochs[-1] if train.epochs else 0} | others
    return LossPicture(train=train, val=falling(200, 3.0) if val is None else val, **given)


def loss_lines(picture, width=92, height=20, look=PRETTY):
    scale = Scale(0, 1) if picture.is_empty else loss_scale(picture, None)
    strips, columns = paint_loss(picture, scale, Size(width, height), look)
    assert columns > 0
    assert len(strips) == height
    assert all(strip.cell_length == width for strip in strips)
    return [strip.text for strip in strips]


def has_curve(text):
    return any(0x2800 < ord(letter) < 0x2900 for letter in text)


def test_curves_are_named_at_their_ends_with_the_last_loss():
    lines = loss_lines(loss())
    (train,) = [row for row, line in enumerate(lines) if line.rstrip().endswith("train 1.500")]
    (val,) = [row for row, line in enumerate(lines) if line.rstrip().endswith("validation 4.500")]
    assert val < train
    assert has_curve(lines[train])
    assert lines[-2].rstrip().endswith("epoch")
    assert lines[-1].split() == ["50", "100", "150", "200"]
    assert [line[:4].strip() for line in lines if "┤" in line] == ["100", "10", "1"]


@pytest.mark.parametrize("scale", [0.999, 1.0, 1.001])
def test_names_never_share_a_row(scale):
    lines = loss_lines(loss(val=falling(200, scale)))
    rows = [row for row, line in enumerate(lines) if "train" in line or "validation" in line]
    assert len(rows) == 2


def test_names_stay_inside_where_both_losses_are_at_the_top():
    top = Curve([1, 2], [1.0, 100.0], [1.0, 100.0], 100.0)
    text = "\n".join(loss_lines(loss(top, top, log=False)))
    assert "train" in text
    assert "validation" in text


def test_a_change_is_a_line_at_its_epoch_with_words():
    change = Change(101, {"training.lr": 0.01}, {"training.lr": 0.003})
    lines = loss_lines(loss(changes=[change]))
    assert "│ lr 0.01→0.003" in lines[0]
    column = lines[0].index("│", 10)
    assert lines[-1].index("100") <= column <= lines[-1].index("100") + 3
    assert sum(line[column] == "│" for line in lines) > 10


def test_where_labels_of_changes_have_no_room_the_newest_wins():
    changes = [
        Change(epoch, {"training.lr": epoch / 1e3}, {"training.lr": (epoch + 1) / 1e3})
        for epoch in range(100, 120)
    ]
    text = "\n".join(loss_lines(loss(changes=changes)))
    assert "lr 0.119→0.12" in text
    assert "lr 0.1→0.101" not in text
    assert 1 < text.count("→") <= 8


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"training.optimizer": "sgd"}, {"training.optimizer": "adam"}, "sgd→adam"),
        ({"training.batch_size": 0}, {"training.batch_size": 16}, "batch size 0→16"),
        ({"training.lr": 1e-5}, {"training.lr": 1.778e-5}, "lr 1e-5→1.78e-5"),
        ({"a.b": 1, "a.c": 2}, {"a.b": 1, "a.c": 3}, "c 2→3"),
    ],
)
def test_words_of_a_change(before, after, words):
    assert change_words(Change(1, before, after)) == words


def test_the_best_epoch_is_marked_above_its_loss():
    val = Curve([1, 50, 100, 150, 200], *[[9.0, 4.0, 2.0, 4.0, 8.0]] * 2, 8.0)
    lines = loss_lines(loss(val=val, best=(100, 2.0)))
    (row,) = [row for row, line in enumerate(lines) if "▼" in line]
    column = lines[row].index("▼")
    assert has_curve("".join(line[column] for line in lines[row + 1 : row + 3]))
    assert any("best 100" in line for line in lines)
    assert "▼" not in "".join(loss_lines(loss(val=val, best=(100, 2.0), first_epoch=150)))


def test_the_floor_is_a_dotted_line_with_its_name():
    lines = loss_lines(loss(floor=2.91))
    (line,) = [line for line in lines if "line's floor 2.91" in line]
    assert line.count("┈") > 20


def test_early_outliers_leave_a_linear_axis_readable():
    lines = loss_lines(loss(log=False))
    assert any("▲ up to 303" in line for line in lines[:3])
    assert sum(has_curve(line) for line in lines) > 10
    assert not any("300" in line[:6] for line in lines)


def test_an_empty_picture_says_how_to_start():
    lines = loss_lines(loss(Curve(), Curve(), floor=2.9, last_epoch=0, first_epoch=0))
    (line,) = [line for line in lines if WAITING in line]
    middle = line.index(WAITING) + len(WAITING) / 2
    assert abs(middle - 46) <= 2
    assert lines[-2].strip().startswith("└")
    assert not has_curve("".join(lines))


def test_a_single_epoch_shows_markers():
    one = Curve([7], [3.0], [3.0], 3.0)
    lines = loss_lines(loss(one, Curve([7], [30.0], [30.0], 30.0), first_epoch=7, last_epoch=7))
    assert "".join(lines).count("●") == "".join(lines).count("◆") == 1
    assert lines[-1].split() == ["7"]


def test_zeros_on_a_log_axis_lie_at_its_bottom():
    curve = Curve([1, 2, 3], [1.0, 0.0, 1.0], [1.0, 0.0, 1.0], 1.0)
    lines = loss_lines(loss(curve, Curve(), last_epoch=3))
    assert has_curve(lines[-3])
    assert loss_lines(loss(Curve([1, 2], [0.0, 0.0], [0.0, 0.0], 0.0), Curve(), last_epoch=2))


def test_a_smooth_curve_stays_thin_and_a_spiky_one_is_filled():
    count = 140
    smooth = Curve(
        list(range(1, 10 * count, 10)),
        [100 - (index + 1) / 2 for index in range(count)],
        [100 - index / 2 for index in range(count)],
    )
    spiky = Curve(list(range(1, 10 * count, 10)), [1.0] * count, [100.0] * count)
    thin, filled = (
        sum(
            has_curve(letter)
            for line in loss_lines(loss(curve, Curve(), log=False))
            for letter in line
        )
        for curve in (smooth, spiky)
    )
    assert thin < 130
    assert filled > 1000


def test_as_many_columns_as_dots_leave_no_gap():
    _, columns = paint_loss(loss(), Scale(1, 1000, log=True), Size(92, 20), PRETTY)
    for last in (columns, 3 * columns + 1, 2000, 12_345):
        starts = [1 + last * index // columns for index in range(columns)]
        points = outline(Curve(starts, [1.0] * columns, [2.0] * columns, 1.0), last)
        found = {round((epoch - 1) / (last - 1) * (columns - 1)) for epoch, _ in points}
        missing = set(range(columns)) - found
        # Columns begin at whole epochs, so one may round to its neighbour's dot at the very end.
        assert missing <= {columns - 2}


# --- the fit chart


def fit(x=(20.0, 40.0, 60.0, 80.0), y=(-5.0, 5.0, 15.0, 28.0), **others):
    given = {"validation": frozenset({1}), "unknown_split": False, "span": (20.0, 80.0)}
    given |= {"curve": [], "x_name": "t_u", "y_name": "t_c"} | others
    return FitPicture(x=x, y=y, **given)


def fit_lines(picture, width=92, height=20, look=PRETTY):
    seen, size = observations(picture), Size(width, height)
    strips, columns = paint_fit(picture, seen, spots(seen, size, look), size, look)
    assert columns > 0
    assert len(strips) == height
    assert all(strip.cell_length == width for strip in strips)
    return [strip.text for strip in strips]


def test_observations_are_drawn_over_the_curve_with_a_key_and_names():
    lines = fit_lines(fit(curve=[-5.0, 5.0, 15.0, 28.0]))
    body = "".join(lines[1:])
    assert body.count("●") == 3
    assert body.count("◆") == 1
    assert has_curve(body)
    assert "t_c" in lines[0]
    assert lines[0].rstrip().endswith("● train  ◆ validation")
    assert lines[-2].endswith("t_u")
    assert lines[-1].split() == ["20", "30", "40", "50", "60", "70", "80"]


def test_a_curve_far_off_does_not_squash_the_observations():
    calm, wild = fit_lines(fit(curve=[5.0])), fit_lines(fit(curve=[-1e30, 0.0, 1e30, None, 1e300]))
    rows = [[row for row, line in enumerate(lines) if "●" in line] for lines in (calm, wild)]
    assert rows[0] == rows[1]
    assert any("▲ the curve is above" in line for line in fit_lines(fit(curve=[1e9, 2e9])))
    assert any("▼ the curve is below" in line for line in fit_lines(fit(curve=[-1e9, -2e9])))


def test_an_unknown_split_shows_no_split():
    text = "".join(fit_lines(fit(unknown_split=True)))
    assert "◆" not in text
    assert "train" not in text
    assert text.count("●") == 4


def test_names_from_a_file_are_plain_text():
    text = "".join(fit_lines(fit(x_name="[red]x\x1b[2J", y_name="[b]" + "y" * 300)))
    assert "[red]x\\x1b[2J" in text
    assert "[b]yyy" in text
    assert "…" in text
    assert "\x1b" not in text


def test_a_million_rows_become_a_few_with_the_extremes():
    y = [math.sin(row) for row in range(1_000_000)]
    y[777_777] = 50.0
    seen = observations(fit(range(1_000_000), y, validation=frozenset({3}), span=(0, 999_999)))
    assert len(seen.train) < 30_000
    assert (777_777, 50.0) in seen.train
    assert seen.validation == [(3, y[3])]
    assert seen.y.holds(50.0)


def test_of_a_million_rows_what_lies_apart_and_each_phase_of_what_repeats_is_drawn():
    x = [float(row % 1_000) for row in range(1_000_000)]
    y = list(x)
    y[333_500] = 900.0  # far above its neighbours, and not the greatest
    seen = observations(fit(x, y, span=(0.0, 999.0)))
    assert (500.0, 900.0) in seen.train
    assert len({place for place, _ in seen.train}) == 1_000


@pytest.mark.parametrize("low", [-sys.float_info.max, 0.0, 1e16])
@pytest.mark.parametrize("high", [5e-324, 1e16 + 2, sys.float_info.max])
def test_many_rows_of_any_size_are_drawn(low, high):
    x = [low, high] * 10_000
    assert len(observations(fit(x, x, span=(low, high))).train) >= 10_000


# --- both, whatever they are given

LOSSES = st.floats(0, 1e30)


@st.composite
def curves(draw, first, last):
    epochs = sorted(draw(st.sets(st.integers(first, last), max_size=30)))
    pairs = [sorted(draw(st.tuples(LOSSES, LOSSES))) for _ in epochs]
    last_loss = draw(st.none() | LOSSES) if epochs else None
    return Curve(epochs, [low for low, _ in pairs], [high for _, high in pairs], last_loss)


@st.composite
def loss_pictures(draw):
    first = draw(st.integers(0, 10**6))
    last = first + draw(st.integers(0, 10**6))
    epochs = st.integers(first, last)
    return LossPicture(
        draw(curves(first, last)),
        draw(curves(first, last)),
        [
            Change(epoch, {"training.lr": draw(LOSSES)}, {"training.lr": draw(LOSSES)})
            for epoch in draw(st.lists(epochs, max_size=5))
        ],
        draw(st.none() | st.tuples(epochs, LOSSES)),
        draw(st.none() | LOSSES),
        draw(st.booleans()),
        first,
        last,
    )


SIZES = st.tuples(st.integers(1, 190), st.integers(1, 45))
LOOKS = st.sampled_from([PRETTY, PLAIN, Look(LIGHT, mono=True), Look(LIGHT, ascii_only=True)])


@given(loss_pictures(), SIZES, LOOKS)
@EXAMPLES
def test_any_losses_fit_any_size(picture, size, look):
    lines = loss_lines(picture, *size, look)
    assert all(line.isascii() for line in lines) or not look.ascii_only


@given(
    st.lists(st.tuples(ANY, ANY), max_size=20),
    st.lists(st.none() | ANY, max_size=20),
    st.text(max_size=20),
    SIZES,
    LOOKS,
)
@EXAMPLES
def test_any_observations_fit_any_size(points, curve, name, size, look):
    x, y = [x for x, _ in points], [y for _, y in points]
    span = (min(x, default=0.0), max(x, default=0.0))
    others = {"validation": frozenset(range(0, len(x), 3)), "curve": curve, "span": span}
    picture = fit(x, y, x_name=name, y_name=name, **others)
    lines = fit_lines(picture, *size, look)
    assert all(line.isascii() for line in lines) or not look.ascii_only


# --- the widgets


class Watched(LossChart):
    """Notes every refresh: its regions, none for all."""

    def __init__(self, **options):
        self.refreshed = []
        super().__init__(**options)

    def refresh(self, *regions, **options):
        if options.get("repaint", True) and not options.get("layout"):
            self.refreshed.append(regions)
        return super().refresh(*regions, **options)


class Charts(App):
    CSS = "Vertical { height: 1fr; } LossChart, FitChart { background: #102030; }"

    def __init__(self, *, ascii_only=False):
        super().__init__()
        self.heard = []
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Watched(ascii_only=self.ascii_only)
            yield FitChart(ascii_only=self.ascii_only)

    def on_loss_chart_columns_changed(self, message: LossChart.ColumnsChanged):
        self.heard.append(message.columns)

    def lines(self, chart):
        return [chart.render_line(row).text for row in range(chart.size.height)]


async def test_only_changed_lines_are_refreshed():
    app = Charts()
    async with app.run_test(size=(92, 40)) as pilot:
        chart = app.query_one(Watched)
        chart.draw_losses(loss())
        await pilot.pause()
        before = app.lines(chart)
        chart.refreshed.clear()
        chart.draw_losses(loss())
        assert chart.refreshed == []
        chart.draw_losses(loss(best=(100, 6.0)))
        after = app.lines(chart)
        changed = [
            row for row, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1
        ]
        assert 1 <= len(changed) <= 3
        assert chart.refreshed == [tuple(Region(0, row, 92, 1) for row in changed)]


async def test_a_hidden_chart_remembers_what_to_draw():
    app = Charts()
    async with app.run_test(size=(92, 40)) as pilot:
        chart = app.query_one(Watched)
        chart.display = False
        await wait_until(pilot, lambda: not chart.region, "it to be hidden")
        await pilot.pause()
        chart.refreshed.clear()
        chart.draw_losses(loss())
        await pilot.pause()
        assert chart.refreshed == []
        chart.display = True
        await pilot.pause()
        assert any("train 1.500" in line for line in app.lines(chart))


async def test_columns_are_announced_when_they_change():
    app = Charts()
    async with app.run_test(size=(92, 40)) as pilot:
        chart = app.query_one(Watched)
        chart.draw_losses(loss())
        await pilot.pause()
        assert app.heard[-1] == chart.columns > 100
        await pilot.resize_terminal(60, 30)
        await wait_until(pilot, lambda: app.heard[-1] < 100, "fewer columns")
        assert app.heard[-1] == chart.columns
        heard = len(app.heard)
        chart.draw_losses(loss())
        await pilot.pause()
        assert len(app.heard) == heard


async def test_the_background_is_the_widgets_own_and_colours_follow_the_theme():
    app = Charts()
    async with app.run_test(size=(92, 40)) as pilot:
        loss_chart, fit_chart = app.query_one(Watched), app.query_one(FitChart)
        loss_chart.draw_losses(loss())
        fit_chart.draw_fit(fit(curve=[0.0, 20.0]))
        for theme, palette in (("textual-dark", DARK), ("textual-light", LIGHT)):
            app.theme = theme
            await pilot.pause()
            for chart, colour in ((loss_chart, palette.train), (fit_chart, palette.validation)):
                segments = [
                    segment
                    for row in range(chart.size.height)
                    for segment in chart.render_line(row)
                ]
                assert {segment.style.bgcolor.triplet.hex for segment in segments} == {"#102030"}
                assert colour in {segment.style.color.triplet.hex for segment in segments}


async def test_ascii_mode_sends_only_ascii():
    app = Charts(ascii_only=True)
    async with app.run_test(size=(92, 40)) as pilot:
        change = Change(90, {"training.lr": 0.1}, {"training.lr": 0.01})
        app.query_one(Watched).draw_losses(loss(best=(50, 9.0), floor=3.0, changes=[change]))
        app.query_one(FitChart).draw_fit(fit(curve=[0.0, 20.0], x_name="Größe", y_name="温度"))
        await pilot.pause()
        text = "\n".join(app.lines(app.query_one(Watched)) + app.lines(app.query_one(FitChart)))
        assert text.isascii()
        assert "lr 0.1->0.01" in text
        assert "o train  x validation" in text


async def test_charts_can_have_the_focus():
    app = Charts()
    async with app.run_test(size=(92, 40)) as pilot:
        await pilot.press("tab")
        before = app.lines(app.query_one(Watched))
        assert app.focused is not None
        assert app.lines(app.query_one(Watched)) == before


def test_a_frame_further_on_changes_few_lines():
    lines = []
    for epoch in (1_450, 1_500):
        starts = list(range(1, epoch + 1, 16))
        losses = [100 / start for start in starts]
        curve = Curve(starts, losses, losses, 100 / epoch)
        picture = loss(train=curve, val=Curve(), last_epoch=epoch)._replace(axis_end=2_000)
        scale = loss_scale(picture, None)
        lines.append([strip.text for strip in paint_loss(picture, scale, Size(92, 20), PRETTY)[0]])
    assert sum(one != other for one, other in zip(*lines, strict=True)) <= 3


def test_a_training_loss_of_next_to_nothing_does_not_flatten_the_rest():
    def curve(*losses):
        return Curve([1, 2, 3], list(losses), list(losses), losses[-1])

    memorised = loss(train=curve(30.0, 1e-5, 1e-10), val=curve(170.0, 2.0, 25.0))
    assert loss_scale(memorised, None).low == pytest.approx(2e-3)
    without_val = loss(train=curve(30.0, 1e-5, 1e-10), val=Curve())
    assert loss_scale(without_val, None).low <= 1e-10
