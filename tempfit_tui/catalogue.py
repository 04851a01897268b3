"""What a person names on the command line: a bundled recipe, a recipe of their own, or a CSV."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from tempfit_tui.frame import Value
from tempfit_tui.recipe import Data, Input, Model, Recipe, Target, Training
from tempfit_tui.settings import parse_recipe, with_settings
from tempfit_tui.table import Table, read_table
from tempfit_tui.text import InputError, harmless

DEFAULT_RECIPE = "overfit"
"""Opened where no name is given: a run that begins well, and then overfits."""
MAX_RECIPE_BYTES = 2**20


class Opened(NamedTuple):
    """A recipe with the observations it names."""

    name: str
    recipe: Recipe
    table: Table
    file: Path
    """Where the table was read from, resolved."""


def data_folder() -> Path:
    """Return the folder of the bundled data: in the package's wheel, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def bundled_recipes() -> dict[str, Path]:
    """Return the bundled recipes' files by name, in the article's order."""
    files = sorted((data_folder() / "recipes").glob("*.toml"))
    # 13-split.toml is the recipe `split`.
    return {file.stem.partition("-")[2]: file for file in files}


def bundled_tables() -> dict[str, Path]:
    """Return the bundled tables' files by the names that recipes have for them."""
    return {file.name: file for file in data_folder().glob("*.csv")}


def is_bundled(table: Path) -> bool:
    """Return whether the file at that resolved path is a table of the package's own."""
    return table in {file.resolve() for file in bundled_tables().values()}


def open_named(
    name: str | None,
    x: str | None = None,
    y: str | None = None,
    settings: Mapping[str, Value] | None = None,
) -> Opened:
    """Return what RECIPE means, with `settings` in place of its own and the table it names.

    Columns `x` and `y` win over the recipe's.

    Raises:
        InputError: there is no such recipe or file, or it can't be used.
    """
    bundled = bundled_recipes()
    name = name if name is not None else DEFAULT_RECIPE
    if name in bundled:
        recipe, folder = _read_recipe(bundled[name]), data_folder()
    elif Path(name).suffix.lower() == ".toml":
        recipe, folder = _read_recipe(Path(name)), Path(name).parent
    elif _is_there(Path(name)) or Path(name).suffix:
        recipe, folder = _recipe_for(Path(name)), Path()
    else:
        near = difflib.get_close_matches(name, bundled, n=1)
        hint = f"did you mean {near[0]}?" if near else f"bundled are {', '.join(bundled)}"
        raise InputError(f"{name}: no bundled recipe, and no file of that name; {hint}")
    recipe = with_settings(recipe, settings or {}, "--set")
    data = replace(recipe.data, x=x or recipe.data.x, y=y or recipe.data.y)
    file = bundled_tables().get(data.path, folder / data.path)
    table = read_table(file, data.x, data.y, missing=data.missing, decimal=data.decimal)
    return Opened(Path(name).name, replace(recipe, data=data), table, file.resolve())


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:
        # A name longer than any file's.
        return False


def _read_recipe(file: Path) -> Recipe:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_RECIPE_BYTES + 1)
        if len(content) > MAX_RECIPE_BYTES:
            raise InputError(f"{file}: longer than {MAX_RECIPE_BYTES:,} bytes; no recipe is")
        return parse_recipe(content.decode("utf-8-sig"), file.name)
    except OSError as error:
        raise InputError(
            f"{file}: {error.strerror or error}; name a recipe that is there"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8; save it as UTF-8 text") from error
    except ValueError as error:
        raise InputError(f"{file}: not a file's name") from error


def _recipe_for(file: Path) -> Recipe:
    """Return the recipe for a CSV that comes without one."""
    return Recipe(
        title=harmless(file.name),
        data=Data(path=str(file)),
        input=Input(transform="standardise"),
        target=Target(transform="standardise"),
        # From the mean of the targets on: what is learned shows, whatever the units are.
        model=Model(initial=(0.0, 0.0)),
        training=Training(lr=0.1),
    )
