"""Every setting at its extremes, by `--set`, in recipes, mid-run and typed: refused or trained.

The settings are the recipe's own: one that is new is tried too.
"""

import math
import time

import pytest
from helpers import THERMOMETER, complaint
from screen import sitting_at

from tempfit_tui.catalogue import bundled_recipes, open_named
from tempfit_tui.engine.messages import Shown, packed
from tempfit_tui.frame import View
from tempfit_tui.recipe import Recipe
from tempfit_tui.session.session import Session
from tempfit_tui.settings import (
    LIVE,
    all_settings,
    parse_recipe,
    parse_setting,
    parse_value,
    setting_of,
    with_settings,
)
from tempfit_tui.text import InputError
from tempfit_tui.training.limits import MOST_PARAMETERS, MOST_PASSES, refuse_too_large
from tempfit_tui.ui.fields import FIELD, FIELDS

EXTREMES = (
    "0", "-0.0", "5e-324", "1e-45", "1e-30", "0.9999999999999999", "1", "1.0", "12", "999",
    "1000000", "1000000000", "9007199254740992", "9007199254740993", "18446744073709551616",
    "1e6", "1e18", "1.1e18", "1e308", f"1{'0' * 400}", "inf", "-inf", "nan", "-1", "-1e308", "true",
    "x", "", "[]", "[0]", "[1]", "[1, 2]", "[1.5]", "[-1]", "[1000000000]", f"[{'1024, ' * 32}]",
    f"[{'1024, ' * 33}]", "{}",
)  # fmt: skip
TYPED = ("5e-324", f"1{'0' * 400}", "nan")
TYPED_MORE = (
    "0",
    "-0.0",
    "1e308",
    "inf",
    "-1",
    "true",
    "x",
    "",
    "999999999",
    "1024," * 31 + "1024",
    "1",
)
TYPED_ALL = ("training.lr", "training.batch_size", "model.hidden")
"""One of each kind is tried with all of them: each takes half a second."""
WORDS = ("data.path", "data.x", "data.y")
"""Settings that aren't of a model or its training."""
NAMES = [name for name in all_settings(Recipe()) if name not in WORDS]
MLP, DRAWN = {"model.kind": "mlp"}, {"more_data.rows": 3}
FREE_SPLIT = {"split.validation": None, "split.train": None}
IN_USE = {
    "split.validation": FREE_SPLIT,
    "split.fraction": FREE_SPLIT,
    "split.seed": FREE_SPLIT,
    "input.scale": {"input.transform": "scale"},
    "model.degree": {"model.kind": "polynomial"},
    "model.hidden": MLP,
    "model.activation": MLP,
    "model.dropout": MLP,
    "model.seed": MLP,
    "training.delta": {"training.gradient": "finite-difference"},
    "training.nesterov": {"training.momentum": 0.5},
    "training.weight_decay": {"training.optimizer": "adamw"},
    "more_data.noise": DRAWN,
    "more_data.seed": DRAWN,
}
"""What else makes a setting matter."""
SECONDS = 10
"""No epoch takes much longer, and none of these as long."""


def opened(name, **others):
    """Return the recipe and the table that a setting is tried with."""
    return open_named("split", settings={"training.epochs": None, **IN_USE.get(name, {}), **others})


def check_refusal(reason, name):
    """See that a refusal is one line with the key and the mend."""
    assert reason.isprintable()
    assert name in reason or name.partition(".")[0] in reason
    assert any(word in reason for word in ("give ", "; ")), reason


def trained(session):
    """Train a few epochs, and see that what stops being finite is told, and nothing else."""
    began = time.monotonic()
    session.advance(session.run.epoch + 3)
    assert time.monotonic() - began < SECONDS
    run, frame = session.run, session.frame(View(all_parameters=True))
    packed(Shown(frame))
    losses = [frame.train_loss, *([frame.val_loss] if run.validates else [])]
    finite = all(value is not None for value in losses + frame.parameters)
    assert finite is (frame.stopped is None), frame.stopped
    if frame.stopped:
        assert frame.stopped.reason.isprintable()
        assert frame.verdict.kind == "diverging"
        assert frame.stopped.epoch == run.epoch
    else:
        assert all(map(math.isfinite, losses + frame.parameters))


@pytest.mark.parametrize("name", NAMES)
def test_set_and_a_recipe_refuse_the_same_and_what_they_take_is_trained(name):
    taken = 0
    for written in EXTREMES:
        given = dict([parse_setting(f"{name}={written}")])
        refused = complaint(InputError, with_settings, Recipe(), given, "--set")
        if parse_value(written) != written:  # TOML, and no bare word
            told = complaint(InputError, parse_recipe, f"{name} = {written}", "mine.toml")
            assert (told is None) is (refused is None), written
            assert (told or "").removeprefix("mine.toml") == (refused or "").removeprefix("--set")
        if refused is None:
            recipe, table = opened(name)[1:3]
            recipe = with_settings(recipe, given)
            refused = complaint(InputError, Session, recipe, table)
        if refused:
            check_refusal(refused, name)
            continue
        taken += 1
        trained(Session(recipe, table))
    assert taken or not isinstance(all_settings(Recipe())[name], int | float)


@pytest.mark.parametrize("name", LIVE)
def test_mid_run_it_is_refused_and_the_run_is_as_it_was_or_trained(name):
    _, recipe, table, _ = opened(name)
    for written in EXTREMES:
        session = Session(recipe, table)
        session.advance(2)
        before = session.run.now
        refused = complaint(InputError, session.change, {name: parse_value(written)})
        if refused:
            check_refusal(refused, name)
            assert session.run.now == before
        trained(session)


@pytest.mark.parametrize("name", [field.name for field in FIELDS if not field.choices])
async def test_typed_it_is_refused_under_its_line_or_in_force(name):
    field = FIELD[name]
    settings = {"training.epochs": None, **IN_USE.get(name, {})}
    async with sitting_at(settings=settings, size=(120, 60)) as person:
        await person.press("2")
        for written in TYPED + (TYPED_MORE if name in TYPED_ALL else ()):
            await person.click(" ", f"│{field.label}")
            await person.press("enter")
            await person.until(lambda: person.types, "the text field")
            person.app.focused.value = written
            await answered(person, field, field.parsed(written))
        await person.steps(1)


async def answered(person, field, asked):
    """Press Enter after a value; wait until it is in force, or why not stands under its line."""
    recipe, reason = person.trainer.recipe, None
    if asked != in_force(person, field):
        made = {field.name: asked}
        reason = complaint(InputError, lambda: Session(with_settings(recipe, made), THERMOMETER))
    await person.press("enter")
    if reason:
        await person.until(lambda: squeezed(reason) in left(person), reason)
    else:
        await person.until(lambda: in_force(person, field) == asked, f"{field.name} = {asked}")


def squeezed(words):
    """Return a refusal as the pane tells it, without its blanks."""
    return "".join(words.split(": ", 1)[-1].split())


def left(person):
    """Return what stands in the left panes, without borders and blanks."""
    return "".join("".join(line[1:34].split()) for line in person.lines)


def in_force(person, field):
    """Return the value of a setting in the run."""
    if field.anew:
        return setting_of(person.trainer.recipe, field.name)
    return person.frame.settings[field.name]


@pytest.mark.parametrize("option", ["--epochs", "--every"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "inf", "nan", "", "x", "1e3", f"1{'0' * 400}"])
def test_epochs_and_every_are_whole_numbers_within_bounds(tempfit, option, value):
    code, out, err = tempfit("run", "split", option, value)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"tempfit-tui: Invalid value for '{option}': ")


def test_every_so_many_epochs_may_be_more_than_there_are(tempfit):
    code, out, err = tempfit("run", "split", "--epochs", 5, "--every", 10**12)
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:5]] == ["1", "2", "3", "5"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--speed", value) for value in ("0", "-1", "499", "1e2", "nan", "inf", "Full", "")),
        *(("--fps", value) for value in ("0", "-1", "61", "1.5", "nan", "", f"1{'0' * 400}")),
    ],
)
def test_speed_and_frames_are_refused_beyond_what_there_is(tempfit, option, value):
    code, out, err = tempfit(option, value)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"tempfit-tui: Invalid value for '{option}': ")


# --- how large a run may be

WIDE = {"model.kind": "mlp", "model.hidden": [1024, 1024, 1024]}
TRIED = {"training.gradient": "finite-difference"}
LARGE = [
    (
        WIDE,
        11,
        f"model.hidden = 1024,1024,1024: 2,102,273 parameters are more than {MOST_PARAMETERS:,}",
    ),
    (MLP, 2_000_000, "model.hidden = 32,32: 64 units on 2,000,000 rows are too many; give 50 "),
    ({"training.batch_size": 9}, 10**6, "training.batch_size = 9: 111,112 updates an epoch are "),
    ({**MLP, **TRIED}, 10**5, "training.gradient = finite-difference: tries 1,153 parameters"),
    (
        {**MLP, "model.hidden": [1024, 1024]},
        10_000,
        "model.hidden = 1024,1024: 1,052,673 parameters on 10,000 rows take too long; give ",
    ),
]


@pytest.mark.parametrize(("settings", "rows", "reason"), LARGE)
def test_what_would_take_all_memory_or_minutes_an_epoch_is_refused(settings, rows, reason):
    recipe = with_settings(Recipe(), settings)
    told = complaint(InputError, refuse_too_large, recipe, rows)
    assert told.startswith(reason)
    assert told.isprintable()
    if settings is not WIDE:
        refuse_too_large(recipe, 11)


def test_what_a_planned_change_makes_too_large_is_refused_before_the_start():
    planned = with_settings(
        Recipe(),
        {"changes": [{"epoch": 5, "set": {"training.batch_size": 1}}]},
    )
    refuse_too_large(planned, MOST_PASSES)
    told = complaint(InputError, refuse_too_large, planned, MOST_PASSES + 1)
    assert told.startswith("training.batch_size = 1: 100,001 updates an epoch are more than")


def test_the_bundled_recipes_and_a_million_rows_are_not_too_large():
    for name in bundled_recipes():
        refuse_too_large(open_named(name).recipe, 10**6 if name != "finite-difference" else 11)
    refuse_too_large(with_settings(Recipe(), TRIED), 2_000_000)


def test_a_delta_that_is_0_in_32_bits_is_told_to_be_why_it_stopped():
    settings = {"training.gradient": "finite-difference", "training.delta": 5e-324}
    session = Session(*open_named("split", settings=settings)[1:3])
    session.advance(3)
    assert (
        session.run.stopped.reason
        == "delta 4.94065645841e-324 is 0 in 32-bit floats; give a larger one"
    )
