"""What sets runs apart: their losses, and the settings that aren't the same in all of them."""

from collections.abc import Callable
from typing import NamedTuple

from textual.content import Content

from tempfit_tui.frame import Value
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import RunSummary, Traced
from tempfit_tui.text import DASH, harmless, number, setting
from tempfit_tui.ui.charts.cells import shortened, width_of
from tempfit_tui.ui.fields import FIELD, Settings, settings_of
from tempfit_tui.ui.glyphs import Glyphs

_LABELS = {
    "data.path": "data",
    "data.x": "x column",
    "data.y": "y column",
    "split.validation": "validation",
    "split.train": "train rows",
    "split.fraction": "fraction",
    "split.seed": "split seed",
    "model.initial": "first w, b",
    "more_data.seed": "data seed",
}
"""Of settings that have no field on the main screen."""
_MATTERS: dict[str, Callable[[Settings], bool]] = {
    "split.fraction": lambda settings: settings.get("split.validation") is None,
    "split.seed": lambda settings: settings.get("split.validation") is None,
    "model.initial": lambda settings: settings["model.kind"] == "linear",
    "more_data.seed": lambda settings: bool(settings["more_data.rows"]),
    # That a penalty acts on all parameters is the rule.
    "penalty.bias": lambda settings: not settings["penalty.bias"],
}
"""When a setting is worth a word, where that isn't always."""
GAP = 2
"""The cells between two columns."""
READABLE = 12
"""A cell cut to so many letters still tells what it is."""


class Row(NamedTuple):
    """A line of the table."""

    label: str
    cells: list[str]
    """One for each run."""
    best: int | None = None
    """The run with the least loss."""


def label_of(name: str) -> str:
    """Return a setting's label; its section is left out where the rest is clear."""
    if name in FIELD:
        return FIELD[name].label
    return harmless(_LABELS.get(name, name.replace(".", " ").replace("_", " ")))


def value_of(name: str, value: Value) -> str:
    """Return a setting's value as the main screen shows it."""
    words = FIELD[name].words(value) if name in FIELD else setting(value)
    return words or DASH


def change_of(name: str, before: Value, after: Value) -> tuple[str, str, str]:
    """Return a setting's label, and both values."""
    return label_of(name), value_of(name, before), value_of(name, after)


def compared(runs: list[Traced]) -> list[Row]:
    """Return the losses of `runs`, then every setting that isn't the same in all of them."""
    return [*_losses([run.summary for run in runs]), *_settings(runs)]


def _losses(runs: list[RunSummary]) -> list[Row]:
    rows = [
        _loss_row("best val", [run.best_loss for run in runs]),
        Row("at epoch", [_count(run.best_epoch) for run in runs]),
        _loss_row("val", [run.val_loss for run in runs]),
        _loss_row("train", [run.train_loss for run in runs]),
        Row("epochs", [_count(run.epochs) for run in runs]),
    ]
    return [row for row in rows if any(cell != DASH for cell in row.cells)]


def _loss_row(label: str, losses: list[float | None]) -> Row:
    known = [loss for loss in losses if loss is not None]
    best = losses.index(min(known)) if len(set(known)) > 1 else None
    return Row(label, [number(loss) for loss in losses], best)


def _count(epoch: int | None) -> str:
    return DASH if epoch is None else f"{epoch:,}"


def _settings(runs: list[Traced]) -> list[Row]:
    # A journal may be older than a setting: it has its default there.
    known = [settings_of(Recipe(), run.settings) for run in runs]
    names = {name for settings in known for name in settings}
    rows = [
        Row(label_of(name), [_told(name, settings) for settings in known])
        for name in sorted(names, key=_place)
    ]
    return [row for row in rows if len(set(row.cells)) > 1]


def _place(name: str) -> tuple[int, str]:
    """Return where a setting stands: the data and its split, then the main screen's order."""
    if name in FIELD:
        return 1 + list(FIELD).index(name), ""
    return (0 if name.partition(".")[0] in ("data", "split") else 1 + len(FIELD)), name


def _told(name: str, settings: Settings) -> str:
    """Return a setting's value; a dash where it does nothing."""
    if name not in settings or (name in FIELD and not FIELD[name].shown(settings)):
        return DASH
    does = _MATTERS.get(name)
    return value_of(name, settings[name]) if does is None or does(settings) else DASH


class Head(NamedTuple):
    """What stands above a run's column."""

    words: str
    style: str


def least_width(rows: list[Row], heads: list[Head], glyphs: Glyphs) -> int:
    """Return the columns without which the table's cells are no longer readable."""
    left, widths = _widths(rows, heads, glyphs)
    return left + sum(GAP + min(READABLE, width) for width in widths)


def table(rows: list[Row], heads: list[Head], room: int, glyphs: Glyphs) -> Content:
    """Return the table in at most `room` columns; what doesn't fit is cut with an ellipsis."""
    left, widths = _widths(rows, heads, glyphs)
    most = max(1, (room - left) // max(1, len(heads)) - GAP)
    widths = [min(most, width) for width in widths]
    lines = [_line("", left, [(head.words, head.style) for head in heads], widths, glyphs)]
    for row in rows:
        styles = ["bold $text-success" if place == row.best else "" for place in range(len(heads))]
        cells = list(zip(row.cells, styles, strict=True))
        lines.append(_line(row.label, left, cells, widths, glyphs))
    return Content("\n").join(lines)


def _widths(rows: list[Row], heads: list[Head], glyphs: Glyphs) -> tuple[int, list[int]]:
    """Return the widths of the labels and of each run's column."""
    columns = [
        [head.words, *(row.cells[place] for row in rows)] for place, head in enumerate(heads)
    ]
    left = max((width_of(glyphs(row.label)) for row in rows), default=0)
    return left, [max(width_of(glyphs(text)) for text in column) for column in columns]


def _line(
    label: str, left: int, cells: list[tuple[str, str]], widths: list[int], glyphs: Glyphs
) -> Content:
    label = glyphs(label)
    parts = [(label + " " * (left - width_of(label)), "$foreground 70%")]
    for (text, style), width in zip(cells, widths, strict=True):
        cell = glyphs(shortened(glyphs(text), width))
        parts += [(" " * (GAP + width - width_of(cell)), ""), (cell, style)]
    return Content.assemble(*parts)
