"""The loss over two directions of the parameters: how high it is, where, and the way on it."""

import numpy as np
import pytest
import torch
from helpers import (
    RICH,
    SCALED,
    SECTION_6,
    STANDARDISED,
    T_C,
    T_U,
    bits,
    design,
    hessian,
    least_squares,
    mean_squared_error,
    run_of,
    session_of,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui.frame import View
from tempfit_tui.insight import Cursor
from tempfit_tui.session.work import Turn
from tempfit_tui.training.landscape import (
    Area,
    Plane,
    area_around,
    downhill,
    least_of,
    loss_of,
    plane_of,
    surface_of,
)
from tempfit_tui.training.quadratic import quadratic

VIEW = View(tab="landscape", landscape=(40, 10))


def seen(session, view=VIEW):
    """Return the frame once all that is looked at has been worked out."""
    for _ in range(10_000):
        frame = session.frame(view, turn=Turn(0.01, surely=True))
        if not frame.unfinished:
            return frame
    raise AssertionError("it never finishes")


def places(flat):
    return list(zip(flat[::2], flat[1::2], strict=True))


def grid(surface):
    """Return the places of a surface and the losses there, row after row."""
    across = np.linspace(surface.x_low, surface.x_high, surface.columns)
    up = np.linspace(surface.y_low, surface.y_high, surface.rows)
    return [((x, y), surface.losses[row * surface.columns + column])
            for row, y in enumerate(up) for column, x in enumerate(across)]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "factor", "eigenvalues"),
    [({}, 1, None), (SCALED, 0.1, (0.16988, 60.646)), (STANDARDISED, None, (2, 2))],
    ids=["raw", "scaled", "standardised"],
)
def test_the_bowl_of_a_straight_line(settings, factor, eigenvalues):
    run = run_of(**settings)
    bowl = quadratic(run.model.design(run.data.x.double()), run.data.y)
    found = torch.linalg.eigvalsh(2 * bowl.curvature).tolist()
    if eigenvalues:
        assert found == pytest.approx(eigenvalues, rel=1e-4)
    if factor:
        x = np.asarray(T_U) * factor
        assert found == pytest.approx(np.linalg.eigvalsh(hessian(x)), rel=1e-5)
        assert bowl.best.tolist() == pytest.approx(least_squares(x, T_C), rel=1e-5)
        assert bowl.least == pytest.approx(2.927644, rel=1e-5)


@given(
    st.lists(st.floats(-30, 30, width=32), min_size=2, max_size=2),
    st.sampled_from([{}, SCALED, SECTION_6]),
    st.floats(0, 2),
    st.floats(0, 2),
    st.booleans(),
)
def test_the_loss_of_a_straight_line_anywhere(at, settings, l2, l1, bias):
    run = run_of(**settings, penalty__l2=l2, penalty__l1=l1, penalty__bias=bias)
    x, y = run.data.x.double().numpy(), run.data.y.double().numpy()
    point = np.asarray(at)
    acted_on = point * [1, bias]
    penalty = l2 * (acted_on**2).sum() + l1 * np.abs(acted_on).sum()
    by_numpy = mean_squared_error(point, x, y) + penalty
    found = float(loss_of(run)(torch.tensor([at], dtype=torch.float64))[0])
    assert found == pytest.approx(by_numpy, rel=1e-9, abs=1e-9)
    slope = 2 / len(x) * design(x).T @ (design(x) @ point - y) + 2 * l2 * acted_on
    slope = slope + l1 * np.sign(acted_on)
    down = downhill(run, torch.tensor(at))
    assert (-down).tolist() == pytest.approx(slope.tolist(), rel=1e-5, abs=1e-3)


def test_the_loss_of_a_rich_model_is_the_one_it_is_trained_with():
    run = run_of(**RICH)
    run.advance(20)
    here = run.weights.clone()
    run.advance(1)
    assert float(loss_of(run)(here[None].double())[0]) == pytest.approx(
        run.train_losses.last * run.data.loss_unit, rel=1e-6
    )


@pytest.mark.parametrize("settings", [SCALED, RICH], ids=["line", "mlp"])
def test_downhill_is_the_way_that_plain_gradient_descent_goes(settings):
    run = run_of(**{**settings, "training__optimizer": "sgd", "training__lr": 1e-3})
    run.advance(3)
    down = downhill(run, run.last_step.before)
    moved = (run.last_step.after - run.last_step.before).double()
    assert (1e-3 * down).tolist() == pytest.approx(moved.tolist(), rel=1e-2, abs=1e-6)


def test_weight_and_bias_are_their_own_plane():
    run = run_of(**SCALED)
    plane = plane_of(run, torch.tensor([[1.0, 0.0], [2.0, 3.0]]))
    assert plane.names == ("w", "b")
    assert plane.explained is None
    assert plane.places(torch.tensor([[5.0, 7.0]])).tolist() == [[5, 7]]


def test_the_main_directions_of_a_way_are_those_of_its_principal_components():
    run = run_of(**RICH)
    way = [run.weights.clone()]
    for _ in range(30):
        run.advance(10)
        way.append(run.weights.clone())
    points = torch.stack(way)
    plane = plane_of(run, points)
    centred = points.double().numpy() - points.double().numpy().mean(0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    assert plane.explained == pytest.approx((sizes[:2] ** 2).sum() / (sizes**2).sum())
    for found, expected in zip(plane.axes.numpy(), axes[:2], strict=True):
        assert abs(found @ expected) == pytest.approx(1, abs=1e-6)
    assert plane.places(points[-1:]).tolist() == [[0, 0]]
    start = plane.places(points[:1])[0].tolist()
    assert start[0] < 0 < start[1]


@pytest.mark.parametrize("points", [1, 2])
def test_before_there_is_a_way_it_is_downhill_and_chance(points):
    run = run_of(**RICH)
    plane = plane_of(run, torch.stack([run.weights] * points))
    assert plane.names == ("downhill", "at random")
    assert plane.explained is None
    down = downhill(run, run.weights)
    assert plane.axes[0].tolist() == pytest.approx((down / down.norm()).tolist())
    assert (plane.axes @ plane.axes.T).flatten().tolist() == pytest.approx([1, 0, 0, 1], abs=1e-9)


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=20),
    st.none() | st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
    st.floats(0.2, 8),
)
def test_an_area_holds_what_it_must_in_the_chart_s_shape(points, minimum, shape):
    places_ = torch.tensor(points, dtype=torch.float64)
    least = torch.tensor(minimum, dtype=torch.float64) if minimum else None
    area = area_around(places_, least, shape)
    wide, high = area.x_high - area.x_low, area.y_high - area.y_low
    assert wide == pytest.approx(shape * high, rel=1e-6)
    assert wide > 0
    inside = [minimum] if minimum else points
    for x, y in inside:
        assert area.x_low - 1e-6 * wide <= x <= area.x_high + 1e-6 * wide
        assert area.y_low - 1e-6 * high <= y <= area.y_high + 1e-6 * high
    assert area.holds(area)


def test_a_run_that_diverges_leaves_the_picture():
    run = run_of(training__lr=1e-3)
    run.advance(200)
    minimum = least_of(run)[0]
    way = torch.stack([torch.tensor([1.0, 0.0]), torch.tensor([1e9, 1e7]), run.weights]).double()
    area = area_around(way, minimum, 2.0)
    assert area.x_high - area.x_low < 200


def test_a_surface_is_the_loss_at_its_places():
    run = run_of(**SCALED)
    plane, area = plane_of(run, run.weights[None]), Area(-10.0, 20.0, -25.0, 5.0)
    *_, surface = surface_of(run, plane, area, (7, 5), 3)
    assert (surface.number, surface.x_name, surface.y_name) == (3, "w", "b")
    assert surface.minimum == pytest.approx((5.367719, -17.304785), rel=1e-5)
    assert surface.minimum_loss == pytest.approx(2.927646, rel=1e-6)
    x = np.asarray(T_U) * 0.1
    for place, loss in grid(surface):
        assert loss == pytest.approx(mean_squared_error(np.asarray(place), x, T_C), rel=1e-5)


def test_a_penalty_moves_the_minimum_and_a_sharp_one_hides_it():
    run = run_of(**SCALED, penalty__l2=1.0)
    best, loss = least_of(run)
    bare, floor = least_of(run_of(**SCALED))
    assert float(best.norm()) < float(bare.norm())
    assert loss > floor
    assert (downhill(run, best.float()) / 60).tolist() == pytest.approx([0, 0], abs=1e-5)
    assert least_of(run_of(**SCALED, penalty__l1=0.1)) is None


def test_the_way_is_there_from_the_first_epoch_on():
    session, run = session_of(**SECTION_6), run_of(**SECTION_6)
    session.advance(epochs=100)
    landscape = seen(session).landscape
    expected = [run.weights.tolist()]
    for _ in range(100):
        run.advance(1)
        expected.append(run.weights.tolist())
    found = places(landscape.path)
    assert found == [pytest.approx(place) for place in expected]
    assert landscape.at == pytest.approx(run.weights.tolist())
    assert landscape.ahead == []


def test_what_came_while_it_was_hidden_is_on_the_way_too():
    session = session_of(**SECTION_6, training__gradient="analytic")
    session.advance(seconds=0.5)
    reached = session.run.epoch
    found = places(seen(session).landscape.path)
    assert found[0] == (1.0, 0.0)
    assert found[-1] == pytest.approx(session.run.weights.tolist())
    assert 129 < len(found) < 300
    session.advance(seconds=0.3)
    more = places(seen(session).landscape.path)
    assert session.run.epoch > reached
    assert more[: len(found) - 1] == found[:-1]


def test_looking_back_parts_the_way_in_two():
    session = session_of(**SECTION_6)
    session.advance(epochs=60)
    whole = seen(session)
    session.look_back(20)
    frame = seen(session)
    then, now = frame.landscape, whole.landscape
    assert then.surface == now.surface
    assert places(then.path)[:-1] == places(now.path)[:20]
    assert then.at == pytest.approx(tuple(frame.parameters))
    assert places(then.ahead)[1:] == places(now.path)[21:]
    session.look_back(None)
    assert seen(session).landscape == now


def test_a_surface_stays_while_it_serves():
    session = session_of(**SECTION_6)
    numbers = []
    for _ in range(20):
        session.advance(epochs=50)
        numbers.append(seen(session).landscape.surface.number)
    assert len(set(numbers)) == 1
    session.change({"penalty.l2": 0.5})
    with_penalty = seen(session).landscape.surface
    assert with_penalty.number not in numbers
    assert with_penalty.minimum_loss > 2.92
    assert seen(session, replace(VIEW, landscape=(60, 20))).landscape.surface.columns == 61
    window = seen(session, replace(VIEW, window=100)).landscape.surface
    assert window.x_high - window.x_low < 0.5 * (with_penalty.x_high - with_penalty.x_low)


def test_a_slice_of_a_rich_model_follows_the_run():
    session = session_of(**RICH)
    before = seen(session).landscape
    assert before.surface.explained is None
    session.advance(epochs=300)
    landscape = seen(session).landscape
    surface = landscape.surface
    assert 0.5 < surface.explained <= 1
    assert surface.minimum is None
    loss = loss_of(session.run)(session.run.weights[None].double())
    spot = session.frame(replace(VIEW, cursor=Cursor(spot=landscape.at)))
    assert spot.readings.loss == pytest.approx(float(loss[0]), rel=1e-4)
    path = places(landscape.path)
    assert all(surface.x_low <= x <= surface.x_high for x, _ in path)
    assert all(surface.y_low <= y <= surface.y_high for _, y in path)


@pytest.mark.parametrize("settings", [SECTION_6, RICH], ids=["line", "mlp"])
def test_looking_changes_nothing(settings):
    session, other = session_of(**settings), run_of(**settings)
    for epochs in (0, 3, 200):
        session.advance(epochs=epochs)
        seen(session)
        other.advance(epochs)
    assert bits(session.run) == bits(other)


def test_little_is_done_at_a_time():
    """A piece or two a frame: nobody waits for the whole of it."""
    session = session_of(**RICH)
    session.advance(epochs=300)
    frames = 0
    while session.frame(VIEW, turn=Turn(surely=True)).unfinished:
        frames += 1
    assert frames > 100


def test_without_a_turn_nothing_is_worked_out():
    session = session_of(**RICH)
    session.advance(epochs=3)
    for _ in range(50):
        frame = session.frame(VIEW)
        assert frame.landscape is None
        assert frame.unfinished


def test_a_new_start_has_a_way_of_its_own():
    session = session_of(**SECTION_6)
    session.advance(epochs=50)
    seen(session)
    session.rewind("start")
    assert places(seen(session).landscape.path) == [(1.0, 0.0)]


def test_a_branch_has_the_way_of_its_past():
    session = session_of(**SECTION_6)
    session.advance(epochs=50)
    whole = places(seen(session).landscape.path)
    session.look_back(20)
    session.branch()
    assert places(seen(session).landscape.path) == [pytest.approx(at) for at in whole[:21]]


def test_a_run_that_has_diverged_still_has_a_landscape():
    session = session_of(training__lr=1.0)
    session.advance(epochs=1000)
    assert session.run.stopped
    frame = seen(session)
    assert all(np.isfinite(frame.landscape.path))
    assert frame.landscape.surface.minimum_loss == pytest.approx(2.9276, rel=1e-4)


def test_a_plane_gives_back_what_it_is_given():
    axes = torch.linalg.qr(torch.randn(5, 2, dtype=torch.float64)).Q.T
    plane = Plane(torch.arange(5).double(), axes, ("x", "y"))
    spots = torch.tensor([[0.5, -2.0], [3.0, 1.0]], dtype=torch.float64)
    found = plane.places(plane.parameters(spots))
    assert found.flatten().tolist() == pytest.approx(spots.flatten().tolist())
