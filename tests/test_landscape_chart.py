"""The landscape chart: where its lines run, what is marked on them, and what is kept."""

import math
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screen import wait_until
from textual.app import App, ComposeResult
from textual.geometry import Size

from tempfit_tui.insight import Landscape, Surface
from tempfit_tui.ui.charts import landscape as landscape_module
from tempfit_tui.ui.charts.chart import Look
from tempfit_tui.ui.charts.contour_layer import layer_of
from tempfit_tui.ui.charts.contours import heights, levels_of
from tempfit_tui.ui.charts.dots import clipped
from tempfit_tui.ui.charts.landscape import LandscapeChart, LandscapePicture
from tempfit_tui.ui.charts.landscape_painting import ON_DARK, ON_LIGHT
from tempfit_tui.ui.charts.landscape_picture import WORKING, area_of, plot_cells, spot_of
from tempfit_tui.ui.palette import DARK, LIGHT

PRETTY, PLAIN = Look(DARK), Look(DARK, ascii_only=True)
SIZE = Size(89, 16)
BOWL = ((2.0, 0.0), (0.0, 2.0))
VALLEY = ((60.6, 10.36), (10.36, 2.0))
RAVINE = ((5882.0, 103.6), (103.6, 2.0))
SCALED = (5.37, -17.3)
"""Where the loss of the scaled thermometers is least."""


def quadratic(curves, least, floor):
    (a, b), (_, c) = curves

    def loss(x, y):
        x, y = x - least[0], y - least[1]
        return floor + (a * x * x + 2 * b * x * y + c * y * y) / 2

    return loss


def surface(loss, area, places=(84, 27), **others):
    """Return `loss` over (x_low, x_high, y_low, y_high); None where it is not finite."""
    x_low, x_high, y_low, y_high = area
    columns, rows = places
    losses = [
        loss(
            x_low + (x_high - x_low) * column / (columns - 1),
            y_low + (y_high - y_low) * row / (rows - 1),
        )
        for row, column in product(range(rows), range(columns))
    ]
    given = {"number": 1, "x_name": "w", "y_name": "b", "losses": losses} | others
    return Surface(
        x_low=x_low, x_high=x_high, y_low=y_low, y_high=y_high, columns=columns, rows=rows, **given
    )


def bowl(**others):
    least = {"minimum": (9.0, 10.5), "minimum_loss": 2.93} | others
    return surface(quadratic(BOWL, (9.0, 10.5), 2.93), (-12.0, 28.0, 2.0, 14.5), **least)


def valley():
    loss = quadratic(VALLEY, SCALED, 2.93)
    return surface(loss, (-30.0, 38.0, -20.0, 1.3), minimum=SCALED, minimum_loss=2.93)


def picture(drawn=None, path=(4.0, 5.0, 6.0, 6.0, 7.0, 8.0), ahead=(), downhill=(1.0, 1.0), **more):
    drawn = drawn or bowl()
    at = more.pop("at", tuple(path[-2:]) or (0.0, 0.0))
    seen = Landscape(drawn, path=list(path), ahead=list(ahead), at=at, downhill=downhill)
    return LandscapePicture(seen, **more)


def painted(shown, size=SIZE, look=PRETTY):
    chart = LandscapeChart()
    chart._picture = shown
    strips, columns = chart.paint(size, look)
    assert columns > 0
    assert len(strips) == size.height
    assert all(strip.cell_length == size.width for strip in strips)
    return strips


def lines(shown, size=SIZE, look=PRETTY):
    return [strip.text for strip in painted(shown, size, look)]


def where(text, sign):
    """Return the column and the row of `sign`, which is in no other row."""
    (found,) = [(line.index(sign), row) for row, line in enumerate(text) if sign in line]
    return found


def colour_at(strips, column, row):
    for segment in strips[row]:
        if column < len(segment.text):
            return segment.style.color.triplet.hex
        column -= len(segment.text)
    return None


# --- the levels


@pytest.mark.parametrize("drawn", [bowl(), valley()])
def test_six_to_ten_round_levels_are_seen(drawn):
    levels = layer_of(drawn, area_of(drawn, SIZE, PRETTY)).levels
    assert 6 <= len(levels) <= 10
    assert all(float(f"{level:.1e}") == level for level in levels)
    assert levels[0] < 2 * 2.93, "the bottom shows"


def test_levels_rise_by_like_factors_above_a_high_floor():
    loss = quadratic(BOWL, (0.0, 0.0), 1000.0)
    levels = levels_of(surface(loss, (-20.0, 20.0, -6.0, 6.0)).losses)
    rises = [level - 1000 for level in levels]
    assert len(levels) >= 5
    assert all(1.5 <= high / low <= 20 for low, high in pairwise(rises))
    assert all(level % 1 == 0 for level in levels[1:])


@pytest.mark.parametrize(
    "losses", [[], [None], [5.0], [5.0] * 9, [0.0, None, 0.0], [1.0, 1 + 1e-9]]
)
def test_flat_surfaces_have_no_levels(losses):
    assert levels_of(losses) == []


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False)), st.floats(0, 1e300))
@settings(max_examples=300, deadline=None)
def test_any_losses_have_few_ascending_levels_among_them(losses, least):
    for known in (None, least):
        levels = levels_of(losses, known)
        assert len(levels) <= 9
        assert levels == sorted(set(levels))
        finite = [max(-1e300, min(1e300, loss)) for loss in losses if loss is not None]
        assert all(level < max(finite) for level in levels)


# --- where the lines run


@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_a_quadratic_loss_comes_out_exactly_between_the_places(columns, rows, width, height):
    loss = quadratic(VALLEY, (0.3, -0.2), 3.0)
    places = max(3, columns), max(3, rows)
    drawn = surface(loss, (-1.0, 1.0, -2.0, 2.0), places)
    values = heights(drawn.losses, places[0], width, height)
    for y, x in product(range(height), range(width)):
        across = -1 + 2 * x / (width - 1) if width > 1 else 0.0
        up = -2 + 4 * y / (height - 1) if height > 1 else 0.0
        assert values[y][x] == pytest.approx(loss(across, up), abs=1e-9)


def test_no_ravine_is_invented_beside_a_cliff():
    drawn = surface(lambda x, _: 1e6 if x > 0.5 else 1.0, (-1.0, 1.0, -1.0, 1.0), (9, 9))
    assert min(map(min, heights(drawn.losses, 9, 50, 50))) == 1.0


@pytest.mark.parametrize(
    ("curves", "least"), [(BOWL, (9.0, 10.5)), (VALLEY, (8.0, 9.0)), (RAVINE, (8.6, 10.0))]
)
@pytest.mark.parametrize("look", [PRETTY, PLAIN])
def test_lines_run_where_the_loss_is_their_level(curves, least, look):
    loss = quadratic(curves, least, 2.93)
    drawn = surface(loss, (-12.0, 28.0, 2.0, 14.5), minimum=least, minimum_loss=2.93)
    area = area_of(drawn, SIZE, look)
    layer = layer_of(drawn, area)
    wide, high = area.x.span / (area.columns - 1), area.y.span / (area.rows - 1)
    seen = {(letter.column, letter.row): letter.level for letter in layer.letters}
    for (column, row), level in seen.items():
        x, y = spot_of(area, column, row)
        near = [
            loss(x + across * wide / 8, y + up * high / 8)
            for across, up in product(range(-8, 9), range(-8, 9))
        ]
        # A valley may be narrower than a tenth of a cell: its own bottom counts as well.
        assert max(near) >= layer.levels[level]
        assert min(near) <= layer.levels[level] or curves is RAVINE
    for level in layer.levels[-4:]:
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right):
                x, y = spot_of(area, column, row)
                if (loss(x, y) < level) != (loss(x + wide, y) < level):
                    assert {(column + aside, row) for aside in (-1, 0, 1, 2)} & set(seen)


def test_a_ravine_between_the_places_is_a_line_from_top_to_bottom():
    loss = quadratic(RAVINE, (0.5368, -17.3), 2.93)
    drawn = surface(loss, (-17.0, 18.0, -20.0, 3.0), minimum=(0.5368, -17.3), minimum_loss=2.93)
    assert min(drawn.losses) > 2.93
    area = area_of(drawn, SIZE, PRETTY)
    lowest = [letter for letter in layer_of(drawn, area).letters if letter.level == 0]
    assert {letter.row for letter in lowest} == set(range(area.top, area.bottom + 1))
    for letter in lowest:
        _, y = spot_of(area, letter.column, letter.row)
        bottom = 0.5368 - 103.6 / 5882 * (y + 17.3)
        assert abs(letter.column - area.column(bottom)) <= 1


def test_no_line_is_drawn_around_what_is_not_finite():
    loss = quadratic(BOWL, (9.0, 10.5), 2.93)
    whole = bowl()
    holed = surface(lambda x, y: None if x > 18 else loss(x, y), (-12.0, 28.0, 2.0, 14.5))
    area = area_of(holed, SIZE, PRETTY)
    edge = area.column(18.0)
    seen = layer_of(holed, area).letters
    assert seen
    assert all(letter.column <= edge for letter in seen)
    assert sum(letter.column >= edge - 1 for letter in seen) < area.rows / 2
    assert any(letter.column > edge for letter in layer_of(whole, area).letters)


def test_lines_are_bright_near_the_least_loss_and_faint_far_from_it():
    for look, ink in ((PRETTY, ON_DARK), (Look(LIGHT), ON_LIGHT)):
        strips = painted(picture(path=(), downhill=None), look=look)
        hues = {colour_at(strips, column, row) for row in range(13) for column in range(6, 89)}
        assert {ink.near, ink.far} <= hues
        assert not hues & {look.palette.train, look.palette.validation}


def test_lines_are_labelled_with_their_level():
    drawn = bowl()
    area = area_of(drawn, SIZE, PRETTY)
    text = lines(picture(drawn, path=(), downhill=None))
    column, row = where(text, "200")
    assert layer_of(drawn, area).levels.count(200.0) == 1
    x, y = spot_of(area, column + 1, row)
    assert quadratic(BOWL, (9.0, 10.5), 2.93)(x, y) == pytest.approx(200, rel=0.15)


# --- the way, the marks and the words


def test_the_way_and_its_ends_are_marked_over_the_lines():
    shown = picture(path=(-8.0, 4.0, 6.0, 6.0, 7.0, 8.0))
    strips = painted(shown)
    text = [strip.text for strip in strips]
    area = area_of(shown.landscape.surface, SIZE, PRETTY)
    assert where(text, "○") == (area.column(-8.0), area.row(4.0))
    assert where(text, "●") == (area.column(7.0), area.row(8.0))
    assert where(text, "✕") == (area.column(9.0), area.row(10.5))
    assert "minimum 2.93" in "".join(text)
    assert "start" in "".join(text)
    for part in (0.25, 0.5, 0.75):
        cell = area.column(-8 + part * 14), area.row(4 + part * 2)
        assert colour_at(strips, *cell) == DARK.curve


def test_the_way_ahead_is_faint():
    shown = picture(path=(-8.0, 4.0), ahead=(-8.0, 4.0, 6.0, 4.0))
    strips, area = painted(shown), area_of(shown.landscape.surface, SIZE, PRETTY)
    assert colour_at(strips, area.column(-1.0), area.row(4.0)) == DARK.faint
    assert not any("○" in strip.text for strip in strips), "where it starts is where it is"


@pytest.mark.parametrize(
    ("downhill", "head", "plain"),
    [((3, 0), "→", ">"), ((1, 1), "↗", "/"), ((0, 1e300), "↑", "^"), ((-1, 1), "↖", "\\"),
     ((-1e-300, 0), "←", "<"), ((-2, -2), "↙", "/"), ((0, -1), "↓", "v"), ((1, -1), "↘", "\\")],
)  # fmt: skip
def test_the_gradient_is_an_arrow_of_a_fifth_of_the_area(downhill, head, plain):
    shown = picture(path=(1.0, 8.0), downhill=downhill)
    text = lines(shown)
    area = area_of(shown.landscape.surface, SIZE, PRETTY)
    column, row = where(text, head)
    across, up = column - area.column(1.0), 2 * (area.row(8.0) - row)
    assert math.hypot(across, up) == pytest.approx(2 * area.rows / 5, abs=2.3)
    assert math.cos(math.atan2(up, across) - math.atan2(downhill[1], downhill[0])) > 0.93
    assert "downhill" in "".join(text)
    assert plain in "".join(line[area.left :] for line in lines(shown, look=PLAIN)[1:-2])


def test_what_is_outside_is_pointed_at_from_the_edge():
    text = lines(picture(bowl(minimum=(90.0, 8.0)), path=(0.0, 4.0, 7.0, -1e300), downhill=None))
    area = area_of(bowl(), SIZE, PRETTY)
    assert where(text, "→") == (area.right, area.row(8.0))
    assert where(text, "↓") == (area.column(7.0), area.bottom)
    assert "minimum 2.93" in text[area.row(8.0)]
    assert "the epoch shown" in "".join(text)
    assert "✕" not in "".join(text)


def test_a_way_far_outside_keeps_its_direction():
    assert clipped((0.5, 0.5), (1e100, 1e100)) == ((0.5, 0.5), (1.0, 1.0))
    assert clipped((-1.0, 0.25), (3.0, 0.25)) == ((0.0, 0.25), (1.0, 0.25))
    assert clipped((-1.0, 0.0), (0.0, 2.0)) is None
    assert clipped((2.0, 2.0), (2.0, 2.0)) is None
    shown = picture(path=(0.0, 8.0, 1e200, 8.0), at=(0.0, 8.0), downhill=None)
    strips, area = painted(shown), area_of(bowl(), SIZE, PRETTY)
    assert colour_at(strips, area.right, area.row(8.0)) == DARK.curve


def test_a_slice_says_how_much_of_the_path_it_shows():
    sliced = bowl(explained=0.9731, minimum=None, minimum_loss=None, y_name="second direction")
    words = "a slice: 2 directions that explain 97 % of the path"
    assert lines(picture(sliced))[0].rstrip().endswith(words)
    assert lines(picture(sliced))[0].startswith("second direction")
    assert lines(picture(sliced), Size(50, 16))[0].rstrip().endswith("a slice: 97 % of the path")
    assert "slice" not in lines(picture())[0]


def test_the_cursor_has_a_cross_and_a_reading():
    shown = picture(valley(), path=(), downhill=None, cursor=(5.37, -17.3), loss=2.9276)
    text = lines(shown)
    assert text[0].rstrip().endswith("w 5.37  b -17.3  loss 2.92760")
    area = area_of(valley(), SIZE, PRETTY)
    assert where(text, "┼") == (area.column(5.37), area.row(-17.3))
    assert text[area.row(-17.3)][area.left] == "╌"
    assert lines(shown._replace(loss=None))[0].rstrip().endswith("loss —")
    assert "┼" not in "".join(lines(shown._replace(cursor=(900.0, 0.0))))


def test_words_stand_until_there_is_a_landscape():
    (line,) = [line for line in lines(LandscapePicture()) if line.strip()]
    assert line.strip() == WORKING
    assert any("nothing here" in line for line in lines(LandscapePicture(words="nothing here")))


def test_without_colours_the_lines_are_dotted():
    dotted, whole = (
        sum(
            (ord(letter) - 0x2800).bit_count()
            for line in lines(picture(path=(), downhill=None), look=look)
            for letter in line
            if 0x2800 < ord(letter) < 0x2900
        )
        for look in (Look(DARK, mono=True), PRETTY)
    )
    assert 0.3 * whole < dotted < 0.7 * whole


# --- whatever it is given

ANY = st.floats(allow_nan=False, allow_infinity=False)
SIZES = st.builds(Size, st.integers(1, 240), st.integers(1, 70))
LOOKS = st.sampled_from([PRETTY, PLAIN, Look(LIGHT, mono=True), Look(LIGHT, ascii_only=True)])


@st.composite
def pictures(draw):
    columns, rows = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    some = draw(st.lists(st.none() | ANY, min_size=1, max_size=12))
    losses = (some * columns * rows)[: columns * rows]
    place = st.tuples(ANY, ANY)
    x_low, x_high, y_low, y_high = draw(st.tuples(ANY, ANY, ANY, ANY))
    if draw(st.booleans()):
        x_low, x_high, y_low, y_high = sorted((x_low, x_high, y_low, y_high))
    drawn = Surface(
        1, draw(st.text(max_size=9)), draw(st.text(max_size=30)), x_low, x_high, y_low, y_high,
        columns, rows, losses, draw(st.none() | st.floats(0, 1)), draw(st.none() | place),
        draw(st.none() | ANY),
    )  # fmt: skip
    inside = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(
        lambda part: (x_low + part[0] * (x_high / 2 - x_low / 2), y_low)
    )
    flat = st.lists(place | inside, max_size=6).map(
        lambda found: [part for at in found for part in at]
    )
    seen = Landscape(drawn, draw(flat), draw(flat), draw(place | inside), draw(st.none() | place))
    return LandscapePicture(
        seen, cursor=draw(st.none() | place | inside), loss=draw(st.none() | ANY)
    )


@given(pictures(), SIZES, LOOKS)
@settings(max_examples=200, deadline=None)
def test_any_landscape_fits_any_size(shown, size, look):
    text = lines(shown, size, look)
    assert all(line.isascii() for line in text) or not look.ascii_only


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e290])
def test_huge_and_tiny_losses_have_lines(scale):
    drawn = surface(
        lambda x, y: scale * quadratic(VALLEY, (0.0, 0.0), 1.0)(x, y), (-40.0, 40.0, -12.0, 12.0)
    )
    assert len(layer_of(drawn, area_of(drawn, SIZE, PRETTY)).levels) >= 5


def test_ascii_mode_writes_only_ascii():
    sliced = bowl(explained=0.97, x_name="Größe")
    shown = picture(
        sliced, path=(-8.0, 4.0, 7.0, 8.0), ahead=(7.0, 8.0, 8.0, 9.0), cursor=(1.0, 9.0)
    )
    text = "\n".join(lines(shown, look=PLAIN))
    assert text.isascii()
    for sign in ("*", "@", "X", "minimum 2.93", "."):
        assert sign in text


# --- the widget


def test_contours_are_kept_while_surface_and_look_stay(monkeypatch):
    made = []
    monkeypatch.setattr(
        landscape_module, "layer_of", lambda *a, **k: made.append(1) or layer_of(*a, **k)
    )
    chart = LandscapeChart()
    chart._picture = picture()
    before = chart.paint(SIZE, PRETTY)[0]
    chart._picture = picture()
    assert chart.paint(SIZE, PRETTY)[0] == before
    chart._picture = picture(path=(4.0, 5.0, 6.0, 6.0, 7.0, 8.0, 8.0, 9.0))
    after = chart.paint(SIZE, Look(LIGHT))[0]
    assert after != before
    assert len(made) == 1
    chart.paint(SIZE, PLAIN)
    chart.paint(Size(50, 16), PLAIN)
    chart._picture = picture(bowl(number=2))
    chart.paint(Size(50, 16), PLAIN)
    assert len(made) == 4


class Charts(App):
    def __init__(self):
        super().__init__()
        self.heard = []

    def compose(self) -> ComposeResult:
        yield LandscapeChart()

    def on_landscape_chart_size_changed(self, message: LandscapeChart.SizeChanged):
        assert message.control is self.query_one(LandscapeChart)
        self.heard.append((message.columns, message.rows))


async def test_its_size_is_told_and_its_cells_are_places():
    app = Charts()
    async with app.run_test(size=(89, 16)) as pilot:
        chart = app.query_one(LandscapeChart)
        assert chart.spot_at(40, 5) is None
        assert chart.spot_a_cell == (0.0, 0.0)
        chart.draw_landscape(picture())
        await wait_until(pilot, lambda: app.heard, "the size")
        assert app.heard == [(83, 13)] == [chart.cells]
        area = area_of(bowl(), chart.size, chart.look)
        assert (area.columns, area.rows) == chart.cells
        for column, row in ((area.left, area.top), (40, 5), (area.right, area.bottom)):
            x, y = chart.spot_at(column, row)
            assert (area.column(x), area.row(y)) == (column, row)
        assert chart.spot_at(0, 99) == (area.x.low, area.y.low)
        wide, high = chart.spot_a_cell
        assert (wide * 83, high * 13) == pytest.approx((40.0, 12.5))
        await pilot.resize_terminal(60, 30)
        await wait_until(pilot, lambda: len(app.heard) == 2, "another size")
        assert app.heard[-1] == chart.cells == plot_cells(chart.size)


async def test_a_step_further_changes_few_lines():
    app = Charts()
    async with app.run_test(size=(89, 16)):
        chart = app.query_one(LandscapeChart)
        seen = []
        for path in ((-8.0, 4.0, 7.0, 8.0), (-8.0, 4.0, 7.0, 8.0, 7.5, 8.4)):
            chart.draw_landscape(picture(path=path, downhill=None))
            seen.append([chart.render_line(row).text for row in range(16)])
        assert 1 <= sum(one != two for one, two in zip(*seen, strict=True)) <= 4
