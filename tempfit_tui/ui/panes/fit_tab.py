"""The fit tab: the fitted curve over the observations, and the prediction for any input."""

import math
from collections.abc import Sequence
from functools import cached_property

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.content import Content
from textual.geometry import Region
from textual.message import Message

from tempfit_tui.frame import Frame
from tempfit_tui.insight import Readings
from tempfit_tui.law import law_of_frame
from tempfit_tui.metrics import r_squared, r_squared_text, rmse
from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table
from tempfit_tui.text import DASH, number, resolved
from tempfit_tui.ui.charts.cells import shortened, width_of
from tempfit_tui.ui.charts.fit import FitChart, FitPicture
from tempfit_tui.ui.charts.fit_picture import Scores
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.trainer import Seen

NAME_WIDTH = 12
"""The cells that a column's name takes at the most."""
ROOM_BESIDE_LAW = 18
"""The cells that a law on the lower edge leaves for the edge itself and the word `predict`."""
STEPS = 1000
"""Predictions show differences of this part of a column's range."""
FINE = 0.1
"""With shift an arrow goes so many columns."""


class FitTab(Container):
    """The chart; and one line for the pane's lower edge, the prediction for an input."""

    BINDINGS = [
        Binding("left", "point(-1)", "predict for an input a column before", show=False),
        Binding("right", "point(1)", "a column after", show=False),
        Binding("shift+left", f"point(-{FINE})", "a little before", show=False),
        Binding("shift+right", f"point({FINE})", "a little after", show=False),
        Binding("down", "type", "type an input", show=False),
        Binding("escape", "point_away", "predict nothing", show=False),
    ]

    class Pointed(Message):
        """An input shall be predicted for; none where it is None."""

        def __init__(self, x: float | None) -> None:
            super().__init__()
            self.x = x

    class Told(Message):
        """There is something else to be read in `told`."""

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        super().__init__(id="fit-tab")
        self._table, self._glyphs = table, glyphs
        self.chart = FitChart(ascii_only=glyphs.ascii_only, id="fit-chart")
        self._names = [shortened(name, NAME_WIDTH) for name in (table.x_name, table.y_name)]
        self._x: float | None = None
        """The input that is predicted for, or about to be."""
        self._refusal = ""
        self.told = Content()
        """What is predicted, or how to ask for it."""
        self._seen: Seen | None = None
        self._recipe: Recipe | None = None
        self._validation: frozenset[int] = frozenset()
        self._drawn: list[tuple[float, float]] = []
        self._span = table.span()

    def compose(self) -> ComposeResult:
        """Lay out the chart."""
        yield self.chart

    def on_mount(self) -> None:
        """Show the observations at once; the fitted curve comes with the first frame."""
        self._draw()

    def show(self, recipe: Recipe, seen: Seen) -> None:
        """Show the curve of the epoch seen, and what it predicts."""
        self._recipe = recipe
        if self._seen is None or seen.setup is not self._seen.setup:
            self._validation = frozenset(seen.setup.validation)
            self._drawn = list(zip(seen.setup.drawn_x, seen.setup.drawn_y, strict=True))
        self._seen = seen
        self._draw()

    def _draw(self) -> None:
        frame = self._seen.frame if self._seen else None
        self.chart.draw_fit(self._picture(frame))
        self._tell()

    def _tell(self) -> None:
        told = self._words(self._seen.frame.readings if self._seen else Readings())
        if told != self.told:
            self.told = told
            self.post_message(self.Told())

    def _words(self, read: Readings) -> Content:
        x_name, y_name = self._names
        word = ("predict ", "$text-primary")
        if self._refusal:
            return Content.assemble(word, (self._glyphs(self._refusal), "$text-error"))
        if read.at.x is None:
            hint = self._glyphs(f"↓ type {x_name}, ← → along the curve")
            parts = [word, (hint, "$foreground 50%")]
            law = self._glyphs(self._law())
            if law and width_of(law) + width_of(hint) + ROOM_BESIDE_LAW <= self.size.width:
                parts = [(law, "bold"), (self._glyphs(" · "), "$foreground 50%"), *parts]
            return Content.assemble(*parts)
        x_step, y_step = self._steps
        y = resolved(read.y, y_step) if read.y is not None else DASH
        reading = self._glyphs(f"{x_name} {resolved(read.at.x, x_step)} → {y_name} {y}")
        parts = [word, (reading, "bold $foreground")]
        low, high = read.x_low, read.x_high
        if low is not None and high is not None and not low <= read.at.x <= high:
            ends = " to ".join(resolved(end, x_step, 4) for end in (low, high))
            away = f" · outside the training rows, {ends}"
            parts.append((self._glyphs(away), "$text-warning"))
        return Content.assemble(*parts)

    @cached_property
    def _steps(self) -> tuple[float, float]:
        # Only a prediction needs them; in a million rows they take longer than a frame to find.
        return _step(self._table.x), _step(self._table.y)

    def _law(self) -> str:
        """Return the fitted law of a line or a polynomial in the file's units, or ""."""
        if self._seen is None or self._recipe is None:
            return ""
        frame, setup = self._seen.frame, self._seen.setup
        return law_of_frame(frame, setup, self._recipe.model.kind, self._table)

    def _scores(self, frame: Frame | None) -> tuple[Scores, Scores]:
        if frame is None or self._seen is None:
            return (), ()
        setup = self._seen.setup
        train = _scores(frame.train_loss, setup.train_variance)
        return train, _scores(frame.val_loss, setup.val_variance)

    def _picture(self, frame: Frame | None) -> FitPicture:
        table, read = self._table, frame.readings if frame else Readings()
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
            scores=self._scores(frame),
            cursor=None if read.at.x is None else (read.at.x, read.y),
        )

    def action_point(self, columns: float) -> None:
        """Predict for an input so many columns further, at first in the middle."""
        low, high = self._span
        before = (low + high) / 2 if self._x is None else self._x + columns * self.chart.x_a_column
        self._point(before)

    def action_point_away(self) -> None:
        """Predict nothing any more."""
        self._point(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Esc to the screen where nothing is predicted."""
        if action == "point_away":
            return self._x is not None or bool(self._refusal)
        return super().check_action(action, parameters)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Predict for the input under the mouse."""
        if event.widget is self.chart:
            self._point(self.chart.x_at(event.x))

    def on_leave(self, event: events.Leave) -> None:
        """Predict nothing once the mouse has left the chart."""
        if event.node is self.chart:
            self._point(None)

    def _point(self, x: float | None) -> None:
        if (x, "") != (self._x, self._refusal):
            self._x, self._refusal = x, ""
            self.post_message(self.Pointed(x))
            self._tell()

    def action_type(self) -> None:
        """Type an input, on the pane's lower edge."""
        from tempfit_tui.ui.panes.editor import Editor  # noqa: PLC0415 - not for the first frame

        before = "" if self._x is None else resolved(self._x, self._steps[0])
        place = Region(self.region.x + 1, self.region.bottom, self.region.width - 2, 1)
        asked = self._glyphs(f"{self._names[0]} to predict for")
        editor = Editor(before, place, self.chart, self._typed, placeholder=asked)
        self.screen.mount(editor)
        editor.focus()

    def _typed(self, written: str) -> None:
        """Predict for the input written, or say why that can't be."""
        try:
            x = float(written.replace(",", "").replace("−", "-"))
        except ValueError:
            x = math.nan
        if math.isfinite(x) and abs(x) <= 1e300:
            self._point(x)
        elif written.strip():
            self._refusal = f"{shortened(written, 20)}: not a number; type one such as 60"
        self._tell()


def _step(column: Sequence[float]) -> float:
    """Return the differences that matter in a column."""
    return max(column) / STEPS - min(column) / STEPS


def _scores(loss: float | None, variance: float | None) -> Scores:
    """Return a loss as RMSE and R², the fullest first."""
    typical, explained = rmse(loss), r_squared(loss, variance)
    if typical is None:
        return ()
    words = f"RMSE {number(typical)}"
    return (words,) if explained is None else (f"{words} R² {r_squared_text(explained)}", words)
