"""The lower right pane: tabs on the epoch shown. Nothing is computed for a hidden one."""

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from tempfit_tui.frame import Frame
from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table
from tempfit_tui.ui.charts.fit import FitChart, FitPicture
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.panes.lens import Lens
from tempfit_tui.ui.trainer import Seen

TABS = ("Fit", "Lens")


class FitPane(Container):
    """The fit chart and the lens, one of them shown."""

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        super().__init__(id="fit")
        self._table, self._glyphs = table, glyphs
        self._chart = FitChart(ascii_only=glyphs.ascii_only, id="fit-chart")
        self._lens = Lens(table, glyphs)
        self._tab = 0
        self._recipe: Recipe | None = None
        self._seen: Seen | None = None
        self._validation: frozenset[int] = frozenset()
        self._drawn: list[tuple[float, float]] = []
        self._span = table.span()

    def compose(self) -> ComposeResult:
        """Lay out both tabs."""
        yield self._chart
        yield self._lens

    def on_mount(self) -> None:
        """Show the observations at once; the fitted curve comes with the first frame."""
        self._show_tab()

    @property
    def content(self) -> Widget:
        """The tab shown."""
        return self._lens if self._tab else self._chart

    def next_tab(self) -> None:
        """Show the next tab."""
        self._tab = (self._tab + 1) % len(TABS)
        self._show_tab()

    def show(self, recipe: Recipe, seen: Seen) -> None:
        """Show what belongs to the epoch seen."""
        if self._seen is None or seen.setup is not self._seen.setup:
            self._validation = frozenset(seen.setup.validation)
            self._drawn = list(zip(seen.setup.drawn_x, seen.setup.drawn_y, strict=True))
        self._recipe, self._seen = recipe, seen
        self._draw()

    def _show_tab(self) -> None:
        self._chart.display, self._lens.display = self._tab == 0, self._tab == 1
        names = [
            (name, "bold" if tab == self._tab else "$foreground 50%")
            for tab, name in enumerate(TABS)
        ]
        dot = (self._glyphs(" · "), "$foreground 50%")
        self.border_title = Content.assemble(("4 ", "bold"), names[0], dot, names[1])
        self._draw()

    def _draw(self) -> None:
        frame = self._seen.frame if self._seen else None
        if self._tab == 0:
            self._chart.draw_fit(self._picture(frame))
        elif self._recipe and self._seen:
            self._lens.show(self._recipe, self._seen)

    def _picture(self, frame: Frame | None) -> FitPicture:
        table = self._table
        return FitPicture(
            x=table.x,
            y=table.y,
            validation=self._validation,
            unknown_split=frame is None,
            span=self._span,
            curve=frame.fit if frame else [],
            x_name=table.x_name,
            y_name=table.y_name,
            drawn=self._drawn,
            drawn_name=self._seen.setup.more_name if self._seen else "",
        )
