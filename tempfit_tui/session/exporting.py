"""A run taken away as a file of its own: a script, its losses, a picture, a recipe."""

from array import array
from collections.abc import Iterator
from math import isfinite
from pathlib import Path

from msgspec.structs import replace

from tempfit_tui.catalogue import Opened
from tempfit_tui.export.losses import losses_csv
from tempfit_tui.export.picture import picture
from tempfit_tui.export.script import script
from tempfit_tui.frame import View
from tempfit_tui.journal.journal import Journal
from tempfit_tui.law import law_of_frame
from tempfit_tui.record import ExportKind, Record, recipe_of
from tempfit_tui.saving import data_of_saved, name_of, recipe_file, save, save_table, table_file
from tempfit_tui.text import InputError

SUFFIXES = {"script": "py", "csv": "csv", "svg": "svg", "recipe": "toml"}
DRAWN = View(columns=600, points=400, ghost=False)
"""What a picture shows."""
SKETCHED = View(columns=1, points=2, ghost=False)
"""What a script says of a run: the law it came to."""


def export(
    record: Record, run_id: str | None, kind: ExportKind, journal: Journal, folder: Path
) -> str:
    """Write a new file in `folder`, and return its name. No file is ever written over.

    Raises:
        InputError: there is nothing to write yet, or it can't be written.
    """
    if kind == "recipe":
        content = as_recipe(record, folder)
    else:
        content = exported(record, run_id, kind, journal).encode()
    return save(content, folder, name_of(record.name), SUFFIXES[kind]).name


def as_recipe(record: Record, folder: Path | None) -> bytes:
    """Return what a recipe in `folder` holds that does all that was done to a run.

    Where its table isn't to be found any more, it is written beside.

    Raises:
        InputError: it can't be written, or there is no folder for it.
    """
    recipe, file = recipe_of(record), table_file(record)
    if file is None and folder is None:
        raise InputError(
            f"{record.table.source}: not where it was read from, or not the same any more; "
            "with --out it is written beside the recipe"
        )
    folder = folder or Path()
    if file is None:
        file = save_table(record.table, folder).resolve()
        recipe = replace(recipe, data=data_of_saved(record.table))
    return recipe_file(Opened(record.name, recipe, record.table, file), recipe, folder)


def exported(record: Record, run_id: str | None, kind: ExportKind, journal: Journal) -> str:
    """Return a run, which is in the journal if it has an id, as text of a kind but `recipe`.

    Raises:
        InputError: there is nothing to write yet, or the journal is damaged.
    """
    if run_id is None:
        raise InputError("there is nothing to export before the first epoch; train first")
    match kind:
        case "script":
            return script(record, _law(record, run_id, journal))
        case "csv":
            row, losses = journal.read.row(run_id), journal.read.losses(run_id, record.epochs)
            val = _told(losses.val, row.unit) if losses.val else None
            return losses_csv(_told(losses.train, row.unit), val, record.leaps)
        case _:
            from tempfit_tui.session.session import frame_at_end  # noqa: PLC0415 - loads torch

            return picture(record, frame_at_end(journal.read, run_id, record, DRAWN))


def _law(record: Record, run_id: str, journal: Journal) -> str:
    """Return the law that the run came to, of a model that has one; else ""."""
    if record.recipe.model.kind == "mlp":
        return ""
    from tempfit_tui.session.session import frame_at_end  # noqa: PLC0415 - loads torch

    frame = frame_at_end(journal.read, run_id, record, SKETCHED)
    assert frame.setup, "the frame at a run's end says what stays the same"
    return law_of_frame(frame, frame.setup, record.recipe.model.kind, record.table)


def _told(losses: bytes, unit: float) -> Iterator[float | None]:
    """Give losses in the file's units squared; None where one isn't finite."""
    return (loss * unit if isfinite(loss) else None for loss in array("f", losses))
