"""How large a run may be: what would take all memory, or minutes an epoch, is refused at once.

A key waits for the end of an epoch, so no epoch may take much longer than ten seconds.
"""

import math
from itertools import pairwise

from msgspec.structs import replace

from tempfit_tui.recipe import Recipe
from tempfit_tui.settings import with_settings
from tempfit_tui.text import InputError, setting

MOST_PARAMETERS = 2_000_000
"""A state of more, with Adam's, is longer than the journal keeps."""
MOST_OUTPUTS = 100_000_000
"""Hidden units times rows: an epoch keeps each unit's output on each row, in some 2 GB."""
MOST_PASSES = 100_000
"""Forward passes in an epoch's updates."""
MOST_WORK = 10**10
"""Parameters times rows, over all those passes."""


def refuse_too_large(recipe: Recipe, rows: int) -> None:
    """Refuse what is too large on so many rows in all, before the planned changes and after each.

    Raises:
        InputError: it is.
    """
    now = replace(recipe, changes=[])
    _refuse(now, rows)
    for planned in recipe.changes:
        now = with_settings(now, planned.set)
        _refuse(now, rows)


def _refuse(recipe: Recipe, rows: int) -> None:
    model, batch = recipe.model, recipe.training.batch_size
    hidden = model.hidden if model.kind == "mlp" else ()
    parameters = sum((fed + 1) * units for fed, units in pairwise((1, *hidden, 1)))
    if model.kind == "polynomial":
        parameters = model.degree + 1
    updates = math.ceil(rows / batch) if 0 < batch < rows else 1
    tries = 2 * parameters if recipe.training.gradient == "finite-difference" else 1
    shown = setting(model.hidden)
    widths = f"model.hidden = {shown if len(shown) <= 40 else f'{shown[:37]}...'}: "
    if parameters > MOST_PARAMETERS:
        many = f"{parameters:,} parameters are more than {MOST_PARAMETERS:,}"
        raise InputError(f"{widths}{many}; give fewer or narrower layers")
    if sum(hidden) * rows > MOST_OUTPUTS:
        many = f"{sum(hidden):,} units on {rows:,} rows are too many"
        raise InputError(f"{widths}{many}; give {MOST_OUTPUTS // rows:,} units at most")
    if updates > MOST_PASSES:
        raise InputError(
            f"training.batch_size = {batch:,}: {updates:,} updates an epoch are more than "
            f"{MOST_PASSES:,}; give {math.ceil(rows / MOST_PASSES):,} or more, or 0 for all rows"
        )
    if updates * tries > MOST_PASSES or tries * parameters * rows > MOST_WORK:
        if tries > 1:
            raise InputError(
                f"training.gradient = finite-difference: tries {parameters:,} parameters, each "
                f"twice an update, on {rows:,} rows: that takes too long; "
                "give analytic or autograd"
            )
        many = f"{parameters:,} parameters on {rows:,} rows take too long"
        raise InputError(f"{widths}{many}; give narrower layers or fewer rows")
