"""A screen whose charts can be looked at in several ways."""

from msgspec.structs import replace
from textual import work

from tempfit_tui.ui.charts.fit import FitChart
from tempfit_tui.ui.charts.landscape import LandscapeChart
from tempfit_tui.ui.charts.loss import LossChart
from tempfit_tui.ui.panes.fit import FitPane
from tempfit_tui.ui.panes.fit_tab import FitTab
from tempfit_tui.ui.panes.landscape import LandscapeTab
from tempfit_tui.ui.panes.loss import LossPane
from tempfit_tui.ui.screens.past import PastScreen


class LooksScreen(PastScreen):
    """Asks for what the charts have room for, and in the way that keys choose."""

    @work
    async def _look(self, **changes: object) -> None:
        wanted = replace(self.trainer.view, **changes)
        if wanted != self.trainer.view:
            await self.trainer.look(wanted)

    def look_at_tab(self) -> None:
        """Ask for what the tab in sight shows, and for nothing of the others."""
        in_sight = not self.has_class("-tabs") or self.shown == "fit"
        self._look(tab=self.query_one(FitPane).tab if in_sight else "")

    def on_fit_pane_tab_changed(self) -> None:
        """Ask for what the next tab shows."""
        self.look_at_tab()

    def on_resize(self) -> None:
        """Choose the layout that fits, and ask for what is in sight then."""
        super().on_resize()
        self.look_at_tab()

    def _point(self, **changes: object) -> None:
        self._look(cursor=replace(self.trainer.view.cursor, **changes))

    def on_loss_pane_pointed(self, event: LossPane.Pointed) -> None:
        """Ask for the exact losses of an epoch."""
        self._point(epoch=event.epoch)

    def on_fit_tab_pointed(self, event: FitTab.Pointed) -> None:
        """Ask for the prediction for an input."""
        self._point(x=event.x)

    def on_loss_chart_columns_changed(self, event: LossChart.ColumnsChanged) -> None:
        """Ask for as many columns as the chart has."""
        self._look(columns=event.columns)

    def on_fit_chart_columns_changed(self, event: FitChart.ColumnsChanged) -> None:
        """Ask for as many points as the chart has columns."""
        self._look(points=max(2, event.columns))

    def on_loss_pane_view_wanted(self, event: LossPane.ViewWanted) -> None:
        """Ask for the losses in another way."""
        self._look(**event.changes)

    def on_landscape_tab_pointed(self, event: LandscapeTab.Pointed) -> None:
        """Ask for the loss at a place of the landscape."""
        self._point(spot=event.spot)

    def on_landscape_chart_size_changed(self, event: LandscapeChart.SizeChanged) -> None:
        """Ask for a surface of the chart's shape."""
        self._look(landscape=(event.columns, event.rows))

    def action_log_axis(self) -> None:
        """Turn the loss axis between logarithmic and linear."""
        self.query_one(LossPane).toggle_log()

    def action_smooth(self) -> None:
        """Smooth the losses, or not."""
        self.query_one(LossPane).toggle_smooth()

    def action_window(self) -> None:
        """Show the next window of epochs."""
        self.query_one(LossPane).next_window()

    def action_ghost(self) -> None:
        """Show the run without the last change, or not."""
        self._look(ghost=not self.trainer.view.ghost)

    def action_forecast(self) -> None:
        """Show the rest of the losses in closed form, or not."""
        self._look(forecast=not self.trainer.view.forecast)
