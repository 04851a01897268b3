"""Under the list of runs: the losses of one run and words on it, or several runs compared."""

import time
from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tempfit_tui.record import RunSummary, Traced
from tempfit_tui.text import harmless
from tempfit_tui.ui.charts.loss_picture import LossPicture
from tempfit_tui.ui.charts.overlay import RunCurve, RunsChart, run_colours
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.screens.runs_table import Head, Row, compared, least_width, table
from tempfit_tui.ui.screens.runs_words import about
from tempfit_tui.ui.words import Part

WIDE = 100
"""From so many columns on the words stand beside the chart, but for too wide a table."""
LEAST_WORDS, MOST_WORDS = 46, 0.6
"""The words' columns there, and the share of all columns that a table may take."""
MARGIN = 4
"""The columns around the words, for their scroll bar too."""
Marks = Mapping[str, int]
"""The numbers of runs that are marked, by their ids."""


class RunsDetail(Container):
    """A chart and words; it keeps the chart that it has until it is given another one's losses."""

    DEFAULT_CSS = """
    RunsDetail { height: 1fr; layout: vertical; }
    RunsDetail.-beside { layout: horizontal; }
    RunsDetail > RunsChart {
        border-top: solid $foreground 25%; border-title-color: $foreground 80%;
        background: $background;
    }
    RunsDetail > VerticalScroll {
        height: auto; max-height: 50%; padding: 0 1; scrollbar-size-vertical: 1;
    }
    RunsDetail.-beside > VerticalScroll {
        height: 1fr; max-height: 100%; padding: 1 1 0 2; border-top: solid $foreground 25%;
    }
    RunsDetail.-ascii > RunsChart, RunsDetail.-ascii.-beside > VerticalScroll {
        border-top: ascii $foreground 40%;
    }
    """

    def __init__(self, current_id: str | None, glyphs: Glyphs) -> None:
        super().__init__()
        self._current, self._glyphs = current_id, glyphs
        self._width = 0
        self._ids: list[str] = []
        self.set_class(glyphs.ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Lay out the chart and the words."""
        chart = RunsChart(ascii_only=self._glyphs.ascii_only)
        chart.can_focus = False
        yield chart
        with VerticalScroll(can_focus=False) as words:
            self._glyphs.fit_scrollbar(words)
            yield Static()

    def fit(self, width: int) -> None:
        """Lay out for so many columns from now on."""
        self._width = width

    @property
    def _is_wide(self) -> bool:
        return self._width >= WIDE

    @property
    def columns(self) -> int:
        """How many columns a curve can have, however wide the chart is just now."""
        return max(20, self._width) * (1 if self._glyphs.ascii_only else 2)

    def scroll_words(self, lines: int) -> None:
        """Scroll the words, where there are more than can be seen."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False, immediate=True)

    def show(
        self, runs: list[RunSummary], marks: Marks, traced: Mapping[str, Traced], length: int
    ) -> None:
        """Show a run, or several as far as they are `traced`; ids are told by `length` letters."""
        if (ids := [run.id for run in runs]) != self._ids:
            self._ids = ids
            self.query_one(VerticalScroll).scroll_home(animate=False, immediate=True)
        known = [traced[id_] for id_ in ids if id_ in traced]
        if len(runs) > 1:
            if len(known) > 1:
                self._compare(known, marks, length)
            return
        if known:
            self._draw_one(known[0], length)
        elif not runs:
            self._draw("", "")
        self._write_about(runs, length)

    def _draw_one(self, run: Traced, length: int) -> None:
        which = "training and validation loss" if run.val.epochs else "training loss"
        self._draw(f"{run.summary.id[:length]} {run.summary.name}: {which}", picture_of(run))

    def _write_about(self, runs: list[RunSummary], length: int) -> None:
        wide = self._is_wide
        told: list[Part] = []
        for run in runs:
            current = run.id == self._current
            for paragraph in about(run, time.time(), length, current=current, brief=not wide):
                told += [("\n\n" if wide else "\n", ""), *paragraph] if told else paragraph
        words = Content.assemble(*((self._glyphs(text), style) for text, style in told))
        self._write(words, LEAST_WORDS if wide else None)

    def _compare(self, known: list[Traced], marks: Marks, length: int) -> None:
        distinct = len({run.summary.name for run in known}) == len(known)
        names = [run.summary.name if distinct else run.summary.id[:length] for run in known]
        numbers = [marks[run.summary.id] for run in known]
        self._draw(*_overlay(known, numbers, names))
        colours = run_colours(dark=self.app.current_theme.dark)
        heads = [
            Head(f"{number} {harmless(name)}", f"bold {colours[number - 1]}")
            for number, name in zip(numbers, names, strict=True)
        ]
        self._write_table(compared(known), heads)

    def _write_table(self, rows: list[Row], heads: list[Head]) -> None:
        room = int(self._width * MOST_WORDS)
        beside = self._is_wide and least_width(rows, heads, self._glyphs) + MARGIN <= room
        content = table(rows, heads, (room if beside else self._width) - MARGIN, self._glyphs)
        wide = max(line.cell_length for line in content.split("\n"))
        self._write(content, max(LEAST_WORDS, wide + MARGIN) if beside else None)

    def _draw(self, title: str, picture: LossPicture | list[RunCurve] | str) -> None:
        chart = self.query_one(RunsChart)
        chart.border_title = Content(self._glyphs(harmless(title)))
        chart.draw(picture)

    def _write(self, content: Content, columns: int | None) -> None:
        """Write words beside the chart in so many columns, or under it for None."""
        self.set_class(columns is not None, "-beside")
        self.query_one(VerticalScroll).styles.width = columns or "1fr"
        self.query_one(Static).update(content)


def _overlay(
    known: list[Traced], numbers: list[int], names: list[str]
) -> tuple[str, list[RunCurve]]:
    """Return the title and the curves of several runs: of validation, where there is any."""
    curves = []
    numbered: dict[str, list[str]] = {"validation": [], "training": []}
    for number, name, run in zip(numbers, names, known, strict=True):
        validates = bool(run.val.epochs or not run.train.epochs)
        curve = run.val if validates else run.train
        curves.append(RunCurve(number, name, curve, run.summary.epochs))
        numbered["validation" if validates else "training"].append(str(number))
    told = [f"{which} of {', '.join(some)}" for which, some in numbered.items() if some]
    return f"loss: {'; '.join(told)}", curves


def picture_of(run: Traced) -> LossPicture:
    """Return a run's own two curves, with its changes and its best epoch."""
    summary = run.summary
    best = None
    if summary.best_epoch is not None and summary.best_loss is not None:
        best = summary.best_epoch, summary.best_loss
    return LossPicture(
        train=run.train,
        val=run.val,
        changes=run.changes,
        best=best,
        floor=None,
        log=True,
        first_epoch=1,
        last_epoch=max(1, summary.epochs),
    )
