"""The lens: one epoch's numbers, as the article works them out, and its gradient by all ways."""

import math

import numpy as np
import pytest
import torch
from helpers import (
    RICH,
    SCALED,
    SECTION_6,
    STANDARDISED,
    bits,
    design,
    run_of,
)
from hypothesis import given
from hypothesis import strategies as st
from screen import sitting_at

from tempfit_tui.training.lens import DELTAS, taken_apart

RAW_GRADIENT, SCALED_GRADIENT = (4517.296364, 82.6), (-77.614036, -10.64)
AS_LAB_SAYS = {
    "raw": ({}, [(2e-7, 2e-5), (2e-5, 2e-3), (3e-3, 0.11), (0.04, 1.0)]),
    "scaled": (SCALED, [(8e-7, 6e-6), (5e-5, 4e-4), (2e-3, 0.07), (0.02, 0.28)]),
}
"""Finite differences' relative errors at delta 0.1, 1e-3, 1e-5, 1e-6: they are chance in part."""


def lens_of(run):
    *_, lens = taken_apart(run)
    return lens


def ways_of(lens):
    return {(way.name, way.delta): way for way in lens.ways}


@pytest.mark.parametrize(
    ("settings", "exact"), [({}, RAW_GRADIENT), (SCALED, SCALED_GRADIENT)], ids=["raw", "scaled"]
)
def test_the_gradient_at_the_start_by_all_its_ways(settings, exact):
    lens = lens_of(run_of(**settings))
    assert lens.exact == pytest.approx(exact, rel=1e-6)
    assert lens.length == pytest.approx(math.hypot(*exact), rel=1e-6)
    ways = ways_of(lens)
    for name in ("autograd", "analytic"):
        assert ways[name, None].gradient == pytest.approx(exact, rel=1e-6)
        assert max(ways[name, None].off) < 2e-7
    doubly = ways["doubly-averaged", None]
    assert doubly.gradient == pytest.approx([part / 11 for part in exact], rel=1e-6)
    assert doubly.off == pytest.approx([10 / 11, 10 / 11], rel=1e-6)


@pytest.mark.parametrize(("settings", "errors"), AS_LAB_SAYS.values(), ids=AS_LAB_SAYS)
def test_a_small_delta_only_loses_digits(settings, errors):
    ways = ways_of(lens_of(run_of(**settings)))
    found = [ways["finite-difference", delta].off for delta in (1e-1, 1e-3, 1e-5, 1e-6)]
    for told, given_ in zip(found, errors, strict=True):
        for one, other in zip(told, given_, strict=True):
            assert other / 6 < one < other * 6
    lost = [max(ways["finite-difference", delta].off) for delta in DELTAS]
    assert lost[0] < lost[2] < lost[4] <= lost[5] * 2.5


def test_the_difference_vanishes_at_the_smallest_delta():
    smallest = ways_of(lens_of(run_of()))["finite-difference", 1e-6]
    assert smallest.gradient[1] == 0
    assert smallest.off[1] == 1


def test_the_ways_are_held_against_the_gradient_where_the_epoch_began():
    run = run_of(**SECTION_6)
    run.advance(500)
    lens, step = lens_of(run), run.last_step
    x, y = run.data.x.double().numpy(), run.data.y.double().numpy()
    by_numpy = 2 / 9 * design(x).T @ (design(x) @ step.before.double().numpy() - y)
    assert lens.step.epoch == 500
    assert lens.exact == pytest.approx(by_numpy, rel=1e-9)
    assert lens.step.gradient == pytest.approx(lens.exact, rel=1e-4)
    assert lens.step.before == step.before.tolist()


def test_before_the_first_epoch_it_is_the_one_to_come():
    run = run_of(**SECTION_6)
    lens = lens_of(run)
    assert lens.to_come
    assert run.epoch == 0
    run.advance(1)
    trained = lens_of(run)
    assert not trained.to_come
    assert trained.step == lens.step
    assert trained.ways == lens.ways


def test_a_larger_model_is_told_in_norms_and_by_layers():
    run = run_of(**RICH)
    run.advance(3)
    lens, last = lens_of(run), run.last_step
    assert [(layer.name, layer.count) for layer in lens.layers] == [
        ("1→32", 64),
        ("32→32", 1056),
        ("32→1", 33),
    ]
    moved = last.after - last.before
    for index, layer in enumerate(lens.layers):
        part = slice([0, 64, 1120][index], [64, 1120, 1153][index])
        assert layer.size == pytest.approx(float(last.before[part].norm()))
        assert layer.gradient == pytest.approx(float(last.gradient[part].norm()))
        assert layer.update == pytest.approx(float(moved[part].norm()))
    assert lens.exact == []
    assert lens.length == pytest.approx(float(last.gradient.norm()), rel=1e-4)
    assert all(way.is_along == (way.delta is not None) for way in lens.ways)
    assert ways_of(lens)["finite-difference", 1e-2].off[0] < 1e-3


def test_a_polynomial_is_told_power_by_power():
    run = run_of(**STANDARDISED, model__kind="polynomial", model__degree=3)
    run.advance(2)
    lens = lens_of(run)
    assert [layer.name for layer in lens.layers] == ["w1", "w2", "w3", "b"]
    assert [layer.size for layer in lens.layers] == run.last_step.before.tolist()
    assert len(lens.exact) == 4


@pytest.mark.parametrize("settings", [{}, RICH], ids=["line", "mlp"])
def test_a_penalty_has_its_part_in_every_way(settings):
    run = run_of(**settings, penalty__l2=0.1, penalty__l1=0.01)
    run.advance(2)
    ways = ways_of(lens_of(run))
    assert max(ways["autograd", None].off) < 1e-5
    assert max(ways["finite-difference", 1e-2].off) < 2e-2


def test_says_whether_the_update_was_of_all_rows():
    assert lens_of(run_of(**SCALED)).all_rows
    assert not lens_of(run_of(**SCALED, training__batch_size=4)).all_rows
    assert not lens_of(run_of(**SCALED, input_noise__sigma=0.1)).all_rows


@pytest.mark.parametrize("settings", [SCALED, RICH, {**RICH, "model__dropout": 0.1}])
@pytest.mark.parametrize("epochs", [0, 5])
def test_looking_changes_nothing(settings, epochs):
    run, other = run_of(**settings), run_of(**settings)
    run.advance(epochs)
    other.advance(epochs)
    lens_of(run)
    run.advance(7)
    other.advance(7)
    assert bits(run) == bits(other)


def test_the_run_may_go_on_while_it_is_taken_apart():
    run = run_of(**RICH)
    run.advance(3)
    whole, work = lens_of(run), taken_apart(run)
    next(work)
    run.advance(5)
    *_, lens = work
    assert lens == whole


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 1))
def test_autograd_and_the_chain_rule_agree_anywhere(weight, bias, l2):
    run = run_of(**SCALED, model__initial=[weight, bias], penalty__l2=l2)
    ways = ways_of(lens_of(run))
    length = max(1e-3, math.hypot(*lens_of(run).exact))
    for name in ("autograd", "analytic"):
        away = np.subtract(ways[name, None].gradient, lens_of(run).exact)
        assert np.linalg.norm(away) < 1e-4 * length


def test_numbers_that_are_not_finite_are_told_as_none():
    run = run_of(training__lr=1e3)
    run.advance(1000)
    assert run.stopped
    lens = lens_of(run)
    assert lens.step.loss is None or math.isfinite(lens.step.loss)
    assert None in [*lens.step.gradient, *lens.step.after, lens.step.loss]
    assert torch.is_tensor(run.weights)


async def looking_through(person, ready="condition", steps=1):
    await person.steps(steps)
    await person.press("4", "4")
    await person.sees(ready)


async def test_the_first_epoch_is_taken_apart_before_it_is_trained():
    async with sitting_at() as person:
        await person.press("4", "4")
        await person.sees("epoch 1    x = 0.1 t_u, y = t_c (to come)", "w 1.0000 → 1.6124 (sgd)")
        assert person.epoch == 0
        await person.press("n")
        await person.misses("(to come)")
        await person.sees("w 1.0000 → 1.6124 (sgd)", "epoch 1   train 53.57")


async def test_takes_the_first_epoch_apart():
    async with sitting_at() as person:
        await looking_through(person)
        for told in (
            "epoch 1    x = 0.1 t_u, y = t_c",
            "1 forward  p = 1.000 x + 0",
            "2 loss     mean (p−y)² = 53.5719",
            "3 gradient ∂w -61.24  ∂b -9.284",
            "mean 2(p−y)x, 2(p−y)",
            "autograd, ratio w/b 6.60",
            "4 update   w 1.0000 → 1.6124 (sgd)",
            "b 0 → 0.092844",
            "file units t_c = 0.1612 t_u + 0.09284",
            "condition  number 428.9 (Hessian)",
            "stability  lr 0.01, at most 0.03570",
            "2 / largest eigenvalue",
            "exact       -61.24  -9.284  64-bit",
            "doubly-avg.  -6.805  -1.032  0.9",
            "9 times too small: averaged twice",
        ):
            assert " ".join(told.split()) in " ".join(person.text.split())


async def test_the_article_s_sections_1_1_to_1_2_can_be_told_from_it():
    """Raw input: a ratio of 54.7 and a condition of 33,599; scaled: 7.29 and 357.0."""
    for recipe, ratio, condition, limit in (
        ("raw", "54.7", "33,599", "0.003739"),
        ("scaled", "7.29", "357.0", "0.03298"),
    ):
        gradient = {"training.gradient": "doubly-averaged" if recipe == "raw" else "autograd"}
        async with sitting_at(recipe, settings=gradient) as person:
            await person.press("4", "4")
            await person.sees(
                f"ratio w/b {ratio}",
                f"number {condition} (Hessian)",
                f"at most {limit}",
                "11 times too small: averaged twice",
            )


async def test_follows_the_epochs_and_looking_back():
    async with sitting_at() as person:
        await looking_through(person, steps=2)
        await person.sees("p = 1.612 x + 0.09284")
        await person.press("left_curly_bracket")
        await person.sees("◀ looking back", "p = 1.000 x + 0", "w 1.0000 → 1.6124")
        await person.press("escape")
        await person.sees("p = 1.612 x + 0.09284")


async def test_the_articles_step_by_finite_difference():
    async with sitting_at("finite-difference") as person:
        await looking_through(person)
        await person.sees(
            "x = t_u, y = t_c",
            "p = 1.000 x + 0",
            "(L(w+δ) − L(w−δ)) / 2δ, δ 0.1",
            "finite diff., ratio w/b 54.7",
            "w 1.0000 → -44.173",
        )
        assert "b 0 → -0.82599" in person.text


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"input.transform": "standardise"}, "x = z(t_u)"),
        ({"target.transform": "standardise"}, "y = z(t_c)"),
        ({"training.optimizer": "adam"}, "lr 0.01, no fixed limit"),
        ({"training.gradient": "doubly-averaged"}, "times 9, averaged twice"),
        ({"training.gradient": "doubly-averaged"}, "mean 2(p−y)x, 2(p−y), / 9"),
        ({"penalty.l2": 0.1}, "mean (p−y)² + 0.1 Σw² ="),
        ({"penalty.l2": 0.1, "penalty.bias": False}, "mean (p−y)² + 0.1 Σw², no biases ="),
        ({"training.batch_size": 4}, "in mean square, batches of 4"),
        ({"training.batch_size": 4}, "of the last rows trained on, as drawn"),
    ],
)
async def test_tells_what_was_done_with_the_file(settings, told):
    async with sitting_at(settings=settings) as person:
        await looking_through(person)
        assert told in person.text


async def test_a_rich_model_in_norms():
    async with sitting_at("overfit") as person:
        await looking_through(person, ready="finite differences along it")
        for told in ("1→32", "32→32", "32→1", "size gradient", "no fixed limit", "off by"):
            assert told in person.text


async def test_shows_numbers_that_are_not_finite():
    async with sitting_at("too-fast", speed=None) as person:
        await person.press("space")
        await person.sees("✖ diverged")
        await person.press("4", "4")
        await person.sees("mean (p−y)² = —", "3 gradient ∂w")


async def test_scrolls_where_there_is_little_room():
    async with sitting_at(size=(100, 28)) as person:
        await looking_through(person, ready="1 forward")
        assert "δ 1e-6" not in person.text
        await person.press("end")
        await person.sees("δ 1e-6")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize("recipe", ["raw", "overfit"])
async def test_nothing_is_cut_off_at_the_usual_sizes(recipe, size):
    async with sitting_at(recipe, size=size) as person:
        await looking_through(person, ready="1 forward")
        await person.sees("δ 1e-6", "stability")
        lens = person.app.main.query_one("#lens")
        assert lens.max_scroll_y == 0


async def test_in_ascii():
    async with sitting_at(ascii_only=True) as person:
        await looking_through(person)
        await person.sees("d 1e-6", "dw -61.24")
        assert person.text.isascii()
