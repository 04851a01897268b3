"""The lower right pane: tabs on the epoch shown. Nothing is computed for a hidden one."""

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from tempfit_tui.insight import Tab
from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.panes.fit_tab import FitTab
from tempfit_tui.ui.panes.landscape import LandscapeTab
from tempfit_tui.ui.panes.lens import Lens
from tempfit_tui.ui.trainer import Seen

TABS: tuple[tuple[Tab, str], ...] = (
    ("fit", "Fit"),
    ("lens", "Lens"),
    ("landscape", "Landscape"),
)


class FitPane(Container):
    """The fit, the lens and the landscape, one of them shown."""

    class TabChanged(Message):
        """Another tab is shown."""

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        super().__init__(id="fit")
        self._glyphs = glyphs
        self._fit, landscape = FitTab(table, glyphs), LandscapeTab(glyphs)
        self._tabs = (self._fit, Lens(table, glyphs), landscape)
        self._focused = (self._fit.chart, self._tabs[1], landscape.chart)
        self._place = 0

    def compose(self) -> ComposeResult:
        """Lay out all tabs."""
        yield from self._tabs

    def on_mount(self) -> None:
        """Show the first tab."""
        self._show_tab()

    @property
    def tab(self) -> Tab:
        """The tab shown."""
        return TABS[self._place][0]

    @property
    def content(self) -> Widget:
        """What has the focus in the tab shown."""
        return self._focused[self._place]

    def next_tab(self) -> None:
        """Show the next tab."""
        self._place = (self._place + 1) % len(TABS)
        self._show_tab()
        self.post_message(self.TabChanged())

    def show(self, recipe: Recipe, seen: Seen) -> None:
        """Show what belongs to the epoch seen."""
        self._tabs[self._place].show(recipe, seen)

    def _show_tab(self) -> None:
        titles = []
        for place, (tab, (_, name)) in enumerate(zip(self._tabs, TABS, strict=True)):
            tab.display = place == self._place
            titles.append((name, "bold" if tab.display else "$foreground 50%"))
        dot = (self._glyphs(" · "), "$foreground 50%")
        parts = [part for title in titles for part in (dot, title)]
        self.border_title = Content.assemble(("4 ", "bold"), *parts[1:])
        self.on_fit_tab_told()

    def on_fit_tab_told(self) -> None:
        """Write the prediction on the lower edge."""
        self.border_subtitle = self._fit.told if self.tab == "fit" else ""

    def on_click(self, event: Click) -> None:
        """Type an input on the lower edge."""
        if self.tab == "fit" and event.screen_y == self.region.bottom - 1:
            self._fit.action_type()
