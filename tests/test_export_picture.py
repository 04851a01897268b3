"""A run as a picture: what is drawn where, and that any name and any number leaves it whole."""

import re
import xml.etree.ElementTree as ET
from array import array
from functools import cache
from itertools import pairwise

import pytest
from helpers import SECTION_6, T_C, T_U, THERMOMETER, TURNING, lived, run_of, trained
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui.export.picture import picture
from tempfit_tui.export.svg import TRAIN, VALIDATION, width_of
from tempfit_tui.frame import Change, Curve, EarlyStop, Stopped, Verdict, View
from tempfit_tui.record import Record
from tempfit_tui.session.picture import frame_of
from tempfit_tui.table import Table
from tempfit_tui.text import harmless, number
from tempfit_tui.training.evidence import Witness

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = View(columns=600, points=400, ghost=False)


def seen(run, table=THERMOMETER):
    """Return a run's record, and its frame at its end."""
    frame = frame_of(run, Witness(run), DRAWN, None, with_setup=True)
    record = Record("split", "", run.recipe, table, run.changes, run.early_stops, run.epoch)
    return record, frame


@cache
def split():
    return seen(trained(600, **SECTION_6))


def drawn(record, frame):
    return ET.fromstring(picture(record, frame))


def texts(root):
    return ["".join(found.itertext()) for found in root.iter(f"{SVG}text")]


def circles(root):
    """Return where the training rows are."""
    found = [c for c in root.iter(f"{SVG}circle") if c.get("fill") == TRAIN]
    return [(float(c.get("cx")), float(c.get("cy"))) for c in found]


def paths(root, **attributes):
    """Return the points of each path with such attributes."""
    return [
        [tuple(map(float, pair.split(","))) for pair in re.findall(r"[-\d.]+,[-\d.]+", p.get("d"))]
        for p in root.iter(f"{SVG}path")
        if all(p.get(name.replace("_", "-")) == value for name, value in attributes.items())
    ]


def test_it_is_one_document_that_needs_nothing():
    document = picture(*split())
    root = ET.fromstring(document)
    assert root.tag == f"{SVG}svg"
    assert root.get("font-family") == "sans-serif"
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        *("svg", "title", "rect", "text", "line", "path", "circle", "g", "clipPath")
    }
    assert set(re.findall(r"url\(.*?\)", document)) == {"url(#losses)", "url(#fit)"}
    assert not re.search(r"href|style|@|javascript", document)
    background = next(root.iter(f"{SVG}rect"))
    assert (background.get("fill"), background.get("width")) == ("white", root.get("width"))


def test_the_observations_are_where_they_belong():
    root = drawn(*split())
    # The legend's marker is the last of each.
    places = dict(zip([1, 2, 4, 5, 6, 7, 8, 9, 10], circles(root)[:9], strict=True))
    assert len(circles(root)) == 10
    diamonds = paths(root, fill=VALIDATION)[1:]
    assert len(diamonds) == 3
    places |= {
        row: (corners[0][0], corners[1][1]) for row, corners in zip([0, 3], diamonds, strict=False)
    }
    (x_4, y_4), (x_7, y_7) = places[4], places[7]
    for row, (x, y) in places.items():
        part_x = (T_U[row] - T_U[7]) / (T_U[4] - T_U[7])
        part_y = (T_C[row] - T_C[7]) / (T_C[4] - T_C[7])
        assert x == pytest.approx(x_7 + part_x * (x_4 - x_7), abs=0.02)
        assert y == pytest.approx(y_7 + part_y * (y_4 - y_7), abs=0.02)


def test_the_fitted_curve_goes_through_what_is_predicted():
    record, frame = split()
    exact = replace(frame, fit=[-4.0, 12.0, None, 28.0, 28.0])
    root = drawn(record, exact)
    first, second = paths(root, fill="none", stroke_width="2")
    heights = {y for _, y in circles(root)}
    assert len(first) == len(second) == 2
    # -4 is row 7's, 28 is row 3's, which validates.
    assert first[0][1] == max(heights)
    assert second[0][1] == second[1][1] == paths(root, fill=VALIDATION)[2][1][1]
    low, high = THERMOMETER.span()
    at = {x for x, _ in circles(root)[:9]}
    step = (max(at) - min(at)) / (68.4 - 21.8)
    assert second[1][0] - first[0][0] == pytest.approx(step * (high - low), abs=0.05)


def losses(*values):
    return Curve(list(range(1, len(values) + 1)), list(values), list(values), values[-1])


@pytest.mark.parametrize(
    ("train", "val", "ticks"),
    [
        (losses(100.0, 10.0, 1.0), Curve(), ["1", "10", "100"]),
        (losses(9.0, 4.0, 1.0), Curve(), ["2", "4", "6", "8"]),
        (losses(9.0, 4.0, 1.0), losses(900.0, 80.0, 20.0), ["1", "10", "100", "1,000"]),
        (losses(9.0, 4.0, 0.0), Curve(), ["0", "2", "4", "6", "8"]),
        (losses(1e30, 1e20, 1e3), Curve(), ["1", "100k", "1e10", "1e15", "1e20", "1e25", "1e30"]),
    ],
)
def test_the_loss_axis_is_logarithmic_where_losses_span_more_than_a_decade(train, val, ticks):
    record, frame = split()
    setup = replace(frame.setup, floor=None)
    made = replace(frame, epoch=3, train=train, val=val, best_epoch=None, setup=setup)
    labels = [e for e in drawn(record, made).iter(f"{SVG}text") if e.get("text-anchor") == "end"]
    # The fit chart's labels come after these.
    assert [label.text for label in labels[: len(ticks)]] == ticks
    heights = [float(label.get("y")) for label in labels[: len(ticks)]]
    assert heights == sorted(heights, reverse=True)
    steps = [below - above for below, above in pairwise(heights)]
    assert steps == pytest.approx([steps[0]] * len(steps), abs=0.03)


def test_both_curves_end_at_their_last_losses():
    record, frame = split()
    root = drawn(record, frame)
    for colour in (TRAIN, VALIDATION):
        ((*band,),) = paths(root, stroke=colour, stroke_width="1.5")
        assert max(x for x, _ in band) == 690
        # A loss that falls: the curve goes down, and y counts from above.
        assert min(y for _, y in band) == band[0][1]
    said = texts(root)
    assert said[said.index("train") + 1] == f"{frame.train_loss:.3f}"
    assert said[said.index("validation") + 1] == f"{frame.val_loss:.2f}"


def test_a_first_epoch_is_a_dot():
    record, frame = seen(trained(1, **SECTION_6))
    root = drawn(record, frame)
    # Nine rows, the legend and the loss.
    assert len(circles(root)) == 11
    assert "linear · sgd, lr 0.01 · 1 epoch · thermometer.csv" in texts(root)


def test_what_was_done_is_named_above_the_chart():
    changes = {
        120: {"training.optimizer": "rmsprop", "training.lr": 1e-6},
        130: {"input_noise.sigma": 0.1, "penalty.l2": 0.25, "penalty.l1": 0.5},
    }
    record, frame = seen(lived(run_of(**TURNING, training__patience=40), 170, changes, ()))
    assert record.early_stops == [EarlyStop(143, 103)]
    root = drawn(record, frame)
    said = texts(root)
    for words in ("rmsprop, lr 1e-06", "noise 0.1, l2 0.25, …", "early stop"):
        assert words in said
    assert f"best epoch 103: {number(frame.best_loss, 4)}" in said
    upright = sorted(
        float(e.get("x1"))
        for e in root.iter(f"{SVG}line")
        if e.get("x1") == e.get("x2") and e.get("stroke-width") == "0.8"
    )
    width = (690 - 84) / 169
    assert upright == pytest.approx([84 + width * (at - 1) for at in (120, 130, 143)], abs=0.02)


def test_names_of_changes_don_t_run_into_each_other():
    record, frame = split()
    changes = [Change(at, {}, {"training.lr": 0.001 * at}) for at in range(5, 600, 4)]
    root = drawn(replace(record, changes=changes), frame)
    named = [
        (float(e.get("x")), float(e.get("y")), width_of(words))
        for e in root.iter(f"{SVG}text")
        if (words := e.text).startswith("lr ")
    ]
    assert 1 <= len(named) <= 12
    for x, y, width in named:
        beside = [other for other, height, _ in named if height == y and other > x]
        assert all(x + width < other for other in beside)


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("fits: training 2", {"verdict": Verdict("fits", "fits", "training 2")}),
        ("too early to say", {"verdict": Verdict("too early", "too early to say")}),
        ("diverged at epoch 1,234: too large", {"stopped": Stopped(1234, "too large")}),
        (EarlyStop(90, 50).words, {"early_stop": EarlyStop(90, 50)}),
        ("t_c = 2.0000 t_u − 1.5000", {"raw_parameters": [2.0, -1.5]}),
        ("line's floor 2.911", {}),
    ],
)
def test_what_is_said_of_the_run(words, made):
    record, frame = split()
    assert words in texts(drawn(record, replace(frame, **made)))


def test_many_observations_are_thinned():
    x = array("d", (float(row % 997) for row in range(50_000)))
    table = Table("many.csv", "x", "y", x, x)
    record, frame = split()
    setup = replace(frame.setup, validation=list(range(0, 50_000, 5)))
    root = drawn(replace(record, table=table), replace(frame, setup=setup))
    assert 1_000 < len(circles(root)) < 2_100
    assert 1_000 < len(paths(root, fill=VALIDATION)) < 2_100


def test_observations_drawn_in_addition_are_small():
    record, frame = seen(trained(3, **SECTION_6, more_data__rows=40))
    root = drawn(record, frame)
    small = [c for c in root.iter(f"{SVG}circle") if c.get("r") == "2"]
    # And the legend's.
    assert len(small) == 41
    assert "drawn (40)" in texts(root)


ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=150)


@given(title=ANYTHING, source=ANYTHING, x=ANYTHING, y=ANYTHING, words=ANYTHING)
@settings(max_examples=25)
def test_no_name_breaks_it(title, source, x, y, words):
    record, frame = split()
    table = Table(source, x, y, THERMOMETER.x, THERMOMETER.y)
    changes = [Change(5, {}, {"training.optimizer": words})]
    named = replace(record.recipe, title=title)
    hostile = replace(record, table=table, recipe=named, changes=changes)
    document = picture(hostile, replace(frame, verdict=Verdict("fits", words, words)))
    root = ET.fromstring(document.encode())
    assert {e.tag for e in root.iter()} == {e.tag for e in drawn(record, frame).iter()}
    assert next(root.iter(f"{SVG}title")).text == harmless(title or record.name)
    assert all(said.isprintable() for said in texts(root))


NUMBER = st.floats(allow_nan=False, allow_infinity=False)
LOSS = st.floats(0, 1e300)


@st.composite
def curves(draw):
    epochs = sorted(draw(st.sets(st.integers(1, 10**9), max_size=6)))
    pairs = [sorted([draw(LOSS), draw(LOSS)]) for _ in epochs]
    last = draw(st.none() | LOSS) if epochs else None
    return Curve(epochs, [low for low, _ in pairs], [high for _, high in pairs], last)


@given(
    train=curves(),
    val=curves(),
    floor=st.none() | LOSS,
    fit=st.lists(st.none() | NUMBER, max_size=8),
    points=st.lists(st.tuples(NUMBER, NUMBER), min_size=2, max_size=6, unique_by=lambda p: p[0]),
    raw=st.none() | st.lists(st.none() | NUMBER, min_size=2, max_size=2),
    best=st.integers(1, 10**9),
)
@settings(max_examples=150)
def test_no_number_breaks_it(train, val, floor, fit, points, raw, best):
    record, frame = split()
    x, y = zip(*points, strict=True)
    table = Table("odd.csv", "x", "y", array("d", x), array("d", y))
    odd = replace(
        frame,
        epoch=max([1, *train.epochs, *val.epochs]),
        train=train,
        val=val,
        fit=fit,
        raw_parameters=raw,
        best_epoch=best,
        best_loss=min(val.low, default=None),
        setup=replace(frame.setup, floor=floor, validation=[0]),
    )
    document = picture(replace(record, table=table), odd)
    root = ET.fromstring(document)
    for one in root.iter():
        for name, value in one.attrib.items():
            assert not re.search(r"\b(nan|inf)\b", value), (one.tag, name, value)
