"""Recipes to fuzz with, and what must hold of each: it says what its TOML says, and is trained."""

import tomllib

from fuzzing import Case, check_line, damaged
from hypothesis import strategies as st
from msgspec.structs import replace
from test_settings import RECIPES

from tempfit_tui.catalogue import bundled_recipes, open_named
from tempfit_tui.recipe import Data, Split
from tempfit_tui.settings import all_settings, parse_recipe, recipe_toml
from tempfit_tui.text import InputError
from tempfit_tui.training.limits import refuse_too_large
from tempfit_tui.training.run import Run

MOST_TRAINED = 300
"""A run is trained on no more rows, and of no more parameters: for the sake of time."""
NAMES = list(all_settings(parse_recipe("", "")))
VALUES = (
    st.sampled_from(
        ["0", "-0.0", "5e-324", "1e308", "inf", "-nan", "true", '""', "[]", "[[]]", "{}", "-1",
         "9" * 400, "9" * 5000, "1e18", "0.5", "2", "'mlp'", "'polynomial'", "'standardise'",
         "'finite-difference'", "'adam'", "[0, 3]", "[8]", "[1024, 1024, 1024]", "1000000",
         "1979-05-27", "07:32:00", "[" * 2000, "0x10", '"\\u001b[2J"', "'''\n'''", "1_000"]
    )
    | st.integers(-3, 2**64).map(str)
    | st.floats().map(repr)
    | st.lists(st.integers(0, 12), max_size=11).map(str)
)  # fmt: skip
ODD_KEYS = [
    "training",
    "changes",
    "title",
    "training.lrr",
    "a.b.c",
    '"training.lr"',
    "split.seed.x",
]
KEYS = st.sampled_from(NAMES) | st.sampled_from(["", *ODD_KEYS])
LINES = st.tuples(KEYS, VALUES).map(" = ".join)
CHANGE = st.tuples(st.integers(0, 4), KEYS, VALUES).map(
    lambda parts: '[[changes]]\nepoch = {}\nset = {{ "{}" = {} }}'.format(*parts)
)
TOML = (
    st.lists(LINES, max_size=4).map("\n".join)
    | st.tuples(st.lists(LINES, max_size=2), st.lists(CHANGE, max_size=2)).map(
        lambda parts: "\n".join(parts[0] + parts[1])
    )
    | RECIPES.map(recipe_toml)
    | RECIPES.map(lambda made: recipe_toml(replace(made, data=Data(), split=Split())))
    | st.sampled_from(sorted(bundled_recipes())).map(
        lambda name: bundled_recipes()[name].read_text()
    )
)
RECIPE_FILES = (
    TOML.map(lambda text: text.encode("utf-8", "replace"))
    | TOML.map(lambda text: text.encode("utf-8", "replace")).flatmap(damaged)
    | st.binary(max_size=100)
)


@st.composite
def recipe_cases(draw):
    return Case({"mine.toml": draw(RECIPE_FILES)}, ["run", "mine.toml", "--epochs", "2"])


def check_recipe(case, folder):
    """Open a recipe, and see that it says what its TOML says, and can be written; train it."""
    try:
        made = parse_recipe(case.files["mine.toml"].decode("utf-8-sig"), "mine.toml")
    except (InputError, UnicodeDecodeError):
        made = None
    try:
        name, seen, table, _ = open_named(str(folder / "mine.toml"))
    except InputError as error:
        check_line(str(error))
        return "refused" if made is None else "refused for its table"
    assert name == "mine.toml"
    check_says(made, tomllib.loads(case.files["mine.toml"].decode("utf-8-sig")))
    assert parse_recipe(recipe_toml(seen), "again") == seen
    try:
        refuse_too_large(seen, len(table) + seen.more_data.rows)
        if len(table) + seen.more_data.rows > MOST_TRAINED:
            return "read"
        run = Run(seen, table)
        if len(run.weights) > MOST_TRAINED:
            return "read"
        run.advance(3)
    except InputError as error:
        check_line(str(error))
        return "read, and not suited to its table"
    return "trained, and stopped" if run.stopped else "trained"


def check_says(made, tree):
    """See that every value of the TOML stands in the recipe."""
    for section, held in tree.items():
        if section == "changes":
            assert [(c.epoch, c.set) for c in made.changes] == [
                (c["epoch"], c["set"]) for c in held
            ]
        elif isinstance(held, dict):
            for key, value in held.items():
                there = getattr(getattr(made, section), key)
                assert (list(there) if isinstance(value, list) else there) == value
        else:
            assert getattr(made, section) == held
