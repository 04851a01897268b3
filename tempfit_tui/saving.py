"""A recipe as a file of its own: what is on the screen, to be opened again from elsewhere."""

import contextlib
import csv
import io
import os
from itertools import count
from pathlib import Path

from msgspec.structs import replace

from tempfit_tui.catalogue import MAX_RECIPE_BYTES, Opened, bundled_tables
from tempfit_tui.delimited.numbers import is_missing, is_number
from tempfit_tui.recipe import Data, Recipe
from tempfit_tui.record import Record
from tempfit_tui.settings import recipe_toml
from tempfit_tui.table import Table, read_table
from tempfit_tui.text import InputError, harmless

MOST_LETTERS = 40
"""Of a file's name, before its number: each may be four bytes, and disks allow some 255."""


def save_recipe(opened: Opened, recipe: Recipe, folder: Path) -> Path:
    """Write `recipe`, which goes with the table of `opened`, to a new file in `folder`.

    Opened from there it names the same table. No file is ever written over.

    Raises:
        InputError: the file can't be written, or couldn't be read again.
    """
    return save(recipe_file(opened, recipe, folder), folder, name_of(opened.name), "toml")


def recipe_file(opened: Opened, recipe: Recipe, folder: Path) -> bytes:
    """Return what a file in `folder` holds that opens as `recipe` on the table of `opened`.

    Raises:
        InputError: it couldn't be read again.
    """
    path, title = _path_from(folder, opened.file), recipe.title or harmless(opened.name)
    complete = replace(recipe, title=title, data=replace(recipe.data, path=path))
    try:
        content = recipe_toml(complete).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{path}: a recipe can't hold a name that isn't UTF-8; rename it"
        ) from error
    if len(content) > MAX_RECIPE_BYTES:
        raise InputError(
            f"{opened.name}: longer than {MAX_RECIPE_BYTES:,} bytes, which can't be opened again; "
            "let a fraction of the rows validate"
        )
    return content


def table_file(record: Record) -> Path | None:
    """Return where the table of a run is read from; None where it isn't any more, or is another."""
    data = record.recipe.data
    file = bundled_tables().get(data.path, Path(record.file))
    with contextlib.suppress(InputError):
        table = read_table(file, data.x, data.y, missing=data.missing, decimal=data.decimal)
        if table == record.table:
            return file.resolve()
    return None


def save_table(table: Table, folder: Path) -> Path:
    """Write `table` as a CSV to a new file in `folder`.

    Raises:
        InputError: it can't be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(_header(table))
    writer.writerows(zip(table.x, table.y, strict=True))
    return save(text.getvalue().encode(), folder, name_of(table.source), "csv")


def data_of_saved(table: Table) -> Data:
    """Return what a recipe has under `data` to read what `save_table` writes, but for its path."""
    x, y = _header(table)
    # Columns of the same name are found by their places alone.
    return Data(decimal=".") if x == y else Data(x=x, y=y, decimal=".")


def _header(table: Table) -> tuple[str, str]:
    """Return the columns' names as they can only be read as names."""
    x, y = (
        f"column {name}"
        if is_number(name) or is_missing(name) or name.startswith(("#", "sep="))
        else name
        for name in (table.x_name, table.y_name)
    )
    return x, y


def save(content: bytes, folder: Path, name: str, suffix: str) -> Path:
    """Write the first of NAME-1.SUFFIX, NAME-2.SUFFIX and so on that isn't there yet.

    Raises:
        InputError: it can't be written.
    """
    for number in count(1):
        file = folder / f"{name}-{number}.{suffix}"
        try:
            write_new(file, content)
        except FileExistsError:
            continue
        return file
    raise AssertionError("numbers don't end")


def write_new(file: Path, content: bytes) -> None:
    """Write a file that isn't there yet; where that fails, as on a full disk, leave none.

    Raises:
        FileExistsError: it is there.
        InputError: it can't be written.
    """
    begun = False
    try:
        with file.open("xb") as opened:
            begun = True
            opened.write(content)
    except FileExistsError:
        raise
    except (OSError, ValueError) as error:
        if begun:
            file.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{file}: can't be written ({reason}); choose another folder") from error


def _path_from(folder: Path, table: Path) -> str:
    """Return what a recipe in `folder` calls the table at that resolved path."""
    bundled = bundled_tables()
    for name, file in bundled.items():
        if file.resolve() == table:
            return name
    try:
        path = os.path.relpath(table, folder.resolve())
    except ValueError:
        return str(table)  # on another drive
    # A bundled table's name alone means that table.
    return f"./{path}" if path in bundled else path


def name_of(name: str) -> str:
    """Return a recipe's name without suffix, and without what a disk or a shell would mind."""
    letters = (letter if letter.isalnum() or letter in "-_." else "-" for letter in Path(name).stem)
    return "".join(letters)[:MOST_LETTERS].strip("-.") or "recipe"
