"""The lens: one epoch's numbers, as the article works them out."""

import pytest
from screen import sitting_at


async def looking_through(person, ready="condition number"):
    await person.steps(1)
    await person.press("4", "4")
    await person.sees(ready)


async def test_before_the_first_epoch_says_how_to_get_one():
    async with sitting_at() as person:
        await person.press("4", "4")
        await person.sees("no epoch yet: n trains one", "t_c = 0.1000 t_u + 0")


async def test_takes_the_first_epoch_apart():
    async with sitting_at() as person:
        await looking_through(person)
        for told in (
            "1 forward            p = 1.000 (0.1 t_u) + 0",
            "2 loss               mean of (p − t_c)² = 53.5719",
            "3 gradient           ∂/∂w -61.24   ∂/∂b -9.284",
            "autograd, ratio 6.60",
            "4 update             w 1.0000 → 1.6124",
            "b 0 → 0.092844",
            "sgd, lr 0.01",
            "in the file's units  t_c = 0.1612 t_u + 0.09284",
            "condition number     428.9 of the loss's Hessian",
            "stability            lr 0.01 of at most 0.03570 · 2 / largest eigenvalue",
        ):
            assert told in person.text


async def test_follows_the_epochs():
    async with sitting_at() as person:
        await looking_through(person)
        await person.steps(1)
        await person.sees("p = 1.612 (0.1 t_u) + 0.09284")


async def test_the_articles_step_by_finite_difference():
    async with sitting_at("finite-difference") as person:
        await looking_through(person)
        await person.sees("p = 1.000 t_u + 0", "finite-difference", "w 1.0000 → -44.173")
        assert "b 0 → -0.82599" in person.text


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"input.transform": "standardise"}, "z(t_u)"),
        ({"target.transform": "standardise"}, "(p − z(t_c))²"),
        ({"training.optimizer": "adam"}, "lr 0.01 · no fixed limit (adam)"),
        (
            {"training.gradient": "doubly-averaged"},
            "of at most 0.3213 · 2 / largest eigenvalue, times 9",
        ),
    ],
)
async def test_tells_what_was_done_with_the_file(settings, told):
    async with sitting_at(settings=settings) as person:
        await looking_through(person)
        assert told in person.text


async def test_shows_numbers_that_are_not_finite():
    async with sitting_at("too-fast", speed=None) as person:
        await person.press("space")
        await person.sees("✖ diverged")
        await person.press("4", "4")
        await person.sees("mean of (p − t_c)² = —", "gradient           ∂/∂w")


async def test_scrolls_where_there_is_little_room():
    async with sitting_at(size=(100, 28)) as person:
        await looking_through(person, ready="1 forward")
        assert "stability" not in person.text
        await person.press("end")
        await person.sees("stability            lr 0.01 of at most")
