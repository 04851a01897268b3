"""The README says what is so: its keys, its commands and its output are the program's own."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tempfit_tui import __version__
from tempfit_tui.catalogue import bundled_recipes, open_named
from tempfit_tui.cli import commands
from tempfit_tui.settings import parse_recipe
from tempfit_tui.ui.keys import keys_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_keys_are_those_of_the_table():
    written = README.split("keys.py -->\n")[1].split("\n<!-- end of keys")[0]
    assert written == keys_table()


def test_headless_output_is_the_programs():
    command, _, printed = README.split("```console\n$ ")[1].split("```")[0].partition("\n")
    assert command.startswith("tempfit-tui run")
    result = CliRunner().invoke(commands, command.split()[1:])
    assert result.stdout == printed


def test_recipe_in_it_is_one():
    toml = README.split("```toml\n")[1].split("```")[0]
    recipe = parse_recipe(toml, "README.md")
    assert recipe.training.epochs == 4000
    assert recipe.changes[0].set == {"training.lr": 0.001}


def test_recipes_listed_are_the_bundled_ones():
    listed = re.findall(r"^\| `([\w-]+)` \| ", README.split("## What is there")[1], re.M)
    assert listed[: len(bundled_recipes())] == list(bundled_recipes())


@pytest.mark.parametrize("name", bundled_recipes())
def test_bundled_recipes_have_words_for_the_picker(name):
    recipe = open_named(name).recipe
    assert recipe.title
    assert recipe.watch
    assert len(recipe.commentary.splitlines()) == 2


def test_pictures_and_documents_are_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_command_is_in_it():
    for name, command in commands.commands.items():
        if not command.hidden:
            assert f"tempfit-tui {name}" in README


def test_changelog_has_this_version():
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
