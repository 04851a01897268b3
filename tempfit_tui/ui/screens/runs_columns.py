"""The columns of the list of runs: as many as there is room for, the losses and verdicts first."""

from typing import NamedTuple

from tempfit_tui.record import RunSummary
from tempfit_tui.text import harmless
from tempfit_tui.ticks import short
from tempfit_tui.ui.charts.cells import shortened, width_of
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.screens.runs_words import (
    VERDICT_STYLES,
    loss_cells,
    sparkline,
    validates,
    verdict_cells,
)

FULL_NAME, BRIEF_NAME = 17, 10
"""A name's most cells, with room and without; the longest bundled name has 17."""
LEAST_SPARK, MOST_SPARK = 8, 30
_PLANS = (
    (2, "run name model spark epochs train val best verdict from"),
    (2, "run name model spark epochs train val best brief from"),
    (2, "run name model spark epochs train val best word from"),
    (2, "run brief-name model spark epochs train val best word from"),
    (2, "run name model spark epochs train val best word"),
    (2, "run name spark epochs train val best brief"),
    (2, "run brief-name spark epochs train val best word"),
    (1, "run brief-name spark epochs train val best word"),
    (1, "run brief-name spark epochs val best word"),
    (1, "run brief-name epochs val best word"),
    (1, "run epochs val word"),
)
"""Which columns there are and how far apart, from the most to the fewest."""


class Column(NamedTuple):
    """A column of the list; a cell and its style for each run."""

    title: str
    cells: list[str]
    styles: list[str]
    width: int
    right: bool = False
    """Whether numbers are in it."""

    def padded(self, index: int | None) -> str:
        """Return a run's cell, or the title for None, as wide as the column."""
        text = self.title if index is None else self.cells[index]
        room = " " * (self.width - width_of(text))
        return room + text if self.right else text + room


class Layout(NamedTuple):
    """The columns that fit."""

    columns: list[Column]
    gap: int
    """The cells between two."""


def layout(runs: list[RunSummary], room: int, length: int, glyphs: Glyphs) -> Layout:
    """Return the columns that fit `room` cells; ids are told by `length` letters."""
    known = _columns(runs, length, glyphs)
    chosen, gap, spare = [], 1, 0
    for gap, plan in _PLANS:
        chosen = [known[name] for name in plan.split() if any(known[name].cells)]
        spare = room - sum(column.width + gap for column in chosen) + gap
        if spare >= 0:
            break
    wide = min(MOST_SPARK, LEAST_SPARK + max(0, spare))
    sparks = _sparks(runs, wide, glyphs)
    return Layout([sparks if column is known["spark"] else column for column in chosen], gap)


def _columns(runs: list[RunSummary], length: int, glyphs: Glyphs) -> dict[str, Column]:
    """Return every column there may be, by the names in the plans."""

    def column(title: str, cells: list[str], style: str = "", *, right: bool = False) -> Column:
        return _styled(title, cells, [style] * len(cells), right=right)

    def told(texts: list[str]) -> list[str]:
        return [glyphs(harmless(text)) for text in texts]

    def judged(cells: list[str]) -> Column:
        styles = [
            "bold $text-error" if run.state == "cut off" else VERDICT_STYLES.get(run.verdict.kind)
            for run in runs
        ]
        return _styled("verdict", told(cells), [style or "$foreground 60%" for style in styles])

    train, val = zip(*map(loss_cells, runs), strict=True) if runs else ((), ())
    full, brief, word = zip(*map(verdict_cells, runs), strict=True) if runs else ((), (), ())
    names, brief_names = (
        [glyphs(shortened(glyphs(run.name), most)) for run in runs]
        for most in (FULL_NAME, BRIEF_NAME)
    )
    return {
        "run": column("run", told([run.id[:length] for run in runs]), "$foreground 70%"),
        "name": column("name", names, "bold"),
        "brief-name": column("name", brief_names, "bold"),
        "model": column("model", told([_model(run) for run in runs]), "$foreground 70%"),
        "spark": _sparks(runs, LEAST_SPARK, glyphs),
        "epochs": column("epochs", [f"{run.epochs:,}" for run in runs], right=True),
        "train": column("train", told(list(train)), "$train", right=True),
        "val": column("val", told(list(val)), "bold $validation", right=True),
        "best": column("best @ epoch", told(_bests(runs)), "$validation"),
        "verdict": judged(list(full)),
        "brief": judged(list(brief)),
        "word": judged(list(word)),
        "from": column("from", told([_origin(run, length) for run in runs]), "$foreground 70%"),
    }


def _styled(title: str, cells: list[str], styles: list[str], *, right: bool = False) -> Column:
    return Column(title, cells, styles, max(map(width_of, (title, *cells))), right)


def _sparks(runs: list[RunSummary], width: int, glyphs: Glyphs) -> Column:
    cells = [sparkline(run.sketch, width, ascii_only=glyphs.ascii_only) for run in runs]
    styles = [f"{'$validation' if validates(run) else '$train'} 60%" for run in runs]
    title = "loss over epochs" if width >= len("loss over epochs") else "loss"
    return Column(title, cells, styles, width)


def _bests(runs: list[RunSummary]) -> list[str]:
    """Return each best validation loss @ its epoch, one @ below the other."""
    losses = ["" if run.best_loss is None else short(run.best_loss) for run in runs]
    wide = max(map(len, losses), default=0)
    return [
        f"{loss:>{wide}} @ {run.best_epoch:,}" if loss and run.best_epoch is not None else ""
        for loss, run in zip(losses, runs, strict=True)
    ]


def _model(run: RunSummary) -> str:
    return run.model.replace("polynomial of degree", "polynomial")


def _origin(run: RunSummary, length: int) -> str:
    return "" if run.parent is None else f"{run.parent[:length]} @ {run.parent_epoch:,}"
