"""Experiments on the epoch shown: the learning-rate finder."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tempfit_tui.insight import LrTest
from tempfit_tui.text import harmless
from tempfit_tui.ui.charts.range_test import RangeChart, RangePicture
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.screens.dialog import Dialog
from tempfit_tui.ui.screens.experiments_words import PAST, about, offer, seen

NARROW, LOW = 70, 30
"""With fewer columns or lines there are fewer words."""
WAITING = "trying ever larger learning rates"


class Tester(Protocol):
    """Who tries learning rates on a twin of the run."""

    async def range_test(self, *, anew: bool) -> LrTest | None:
        """Go on with the range test for a moment, or begin one; None where that went wrong."""
        ...


class Shown(NamedTuple):
    """What is on the main screen."""

    lr: float
    """The learning rate in force."""
    is_past: bool
    """Whether an epoch is looked back on."""


class ExperimentsScreen(ModalScreen[float | None], Dialog[float | None]):
    """Gives back the learning rate to train on with, or None.

    `why` says what went wrong where there is no test.
    """

    BINDINGS = [
        Binding("escape,q,x", "dismiss(None)", "back", show=False),
        Binding("enter", "take", "take", show=False),
        Binding("left,h", "move(-1)", "the learning rate before", show=False),
        Binding("right,l", "move(1)", "the next learning rate", show=False),
        Binding("r", "again", "again", show=False),
    ]

    DEFAULT_CSS = """
    ExperimentsScreen { align: center middle; background: $background 60%; }
    ExperimentsScreen > #experiments {
        width: 96%; max-width: 126; height: 96%; max-height: 38;
        border: round $primary; background: $surface; padding: 0 1;
    }
    ExperimentsScreen.-ascii > #experiments { border: ascii $primary; }
    ExperimentsScreen RangeChart { height: 1fr; background: $surface; }
    ExperimentsScreen Static { height: auto; margin: 1 0 0 0; }
    ExperimentsScreen #seen { min-height: 2; }
    ExperimentsScreen.-brief Static { margin: 0; }
    """

    def __init__(
        self, tester: Tester, shown: Shown, why: Callable[[], str], glyphs: Glyphs
    ) -> None:
        super().__init__()
        self._tester, self._shown, self._why, self._glyphs = tester, shown, why, glyphs
        self._test: LrTest | None = None
        self._cursor: int | None = None
        """The place of the learning rate read off."""
        self._is_testing = False
        self._trouble = ""
        self.set_class(glyphs.ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Lay out the chart and the words."""
        with Vertical(id="experiments") as dialog:
            dialog.border_title = self._glyphs("Experiments · learning-rate finder")
            dialog.border_subtitle = self._glyphs("arrows: read off · r: again · Esc: back")
            chart = RangeChart(ascii_only=self._glyphs.ascii_only)
            chart.can_focus = False
            yield chart
            yield Static(id="seen")
            yield Static(id="offer")
            yield Static(id="about")

    def on_mount(self) -> None:
        """Begin."""
        self.action_again()

    def on_resize(self) -> None:
        """Choose the layout that fits."""
        width, height = self.size
        self.set_class(width < NARROW or height < LOW, "-brief")
        self._show()

    @work
    async def action_again(self) -> None:
        """Try all learning rates, from the least one on."""
        if self._is_testing:
            return
        self._is_testing, self._trouble, self._cursor = True, "", None
        self._test = await self._tester.range_test(anew=True)
        while self._test and not self._test.is_done and self.app.is_running:
            self._show()
            further = await self._tester.range_test(anew=False)
            if further is None:
                break
            self._test = further
        self._is_testing = False
        if not (self._test and self._test.is_done):
            self._trouble = self._why() or "the test was cut short"
        self._show()

    def action_move(self, step: int) -> None:
        """Read off the next learning rate, at first where the loss falls most steeply."""
        if not self._test:
            return
        lrs, steepest = self._test.lrs, self._test.steepest
        if self._cursor is None:
            at = lrs.index(steepest) if steepest is not None else len(lrs) - 1
        else:
            at = max(0, min(len(lrs) - 1, self._cursor + step))
        self._point(at)

    def on_range_chart_pointed(self, event: RangeChart.Pointed) -> None:
        """Read off what was clicked on."""
        self._point(event.place)

    def _point(self, place: int) -> None:
        self._cursor = place
        self._show()

    @property
    def _chosen(self) -> float | None:
        """The learning rate that Enter takes."""
        if self._test is None:
            return None
        return self._test.steepest if self._cursor is None else self._test.lrs[self._cursor]

    def action_take(self) -> None:
        """Give back the learning rate read off, or else the one suggested."""
        if self._chosen is not None and not self._shown.is_past:
            self.dismiss(self._chosen)

    def _show(self) -> None:
        if not self.app.is_running:  # the screen is going
            return
        test, shown, brief = self._test, self._shown, self.has_class("-brief")
        picture = RangePicture(test, shown.lr, self._cursor) if test else None
        waiting = "" if self._trouble else WAITING
        self.query_one(RangeChart).draw_test(picture or waiting)
        if self._trouble:
            self._write("seen", harmless(self._trouble), "$text-error")
        else:
            self._write("seen", seen(test, brief=brief), "")
        taken = offer(test, self._chosen, shown.lr, pointed=self._cursor is not None)
        if shown.is_past:
            self._write("offer", PAST, "bold $text-warning")
        else:
            self._write("offer", taken, "bold $text-accent")
        self._write("about", about(test.epoch if test else None, brief=brief), "dim")

    def _write(self, name: str, words: str, style: str) -> None:
        self.query_one(f"#{name}", Static).update(Content.styled(self._glyphs(words), style))
