"""Changes of a run's settings: what happened before the same epoch is one."""

from msgspec.structs import replace

from tempfit_tui.frame import Change
from tempfit_tui.recipe import Recipe


def with_end(recipe: Recipe, epochs: int | None) -> Recipe:
    """Return `recipe` ending after so many epochs; None for never."""
    return replace(recipe, training=replace(recipe.training, epochs=epochs))


def with_change(changes: list[Change], new: Change) -> list[Change]:
    """Return `changes` with `new` at their end; what happened before the same epoch is one."""
    if not changes or changes[-1].epoch != new.epoch:
        return [*changes, new]
    last = changes[-1]
    before, after = {**new.before, **last.before}, {**last.after, **new.after}
    moved = [name for name in after if before[name] != after[name]]
    before, after = {n: before[n] for n in moved}, {n: after[n] for n in moved}
    merged = Change(new.epoch, before, after, new.note)
    return [*changes[:-1], merged] if moved else changes[:-1]
