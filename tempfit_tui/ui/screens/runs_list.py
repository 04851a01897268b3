"""The list of runs: a cursor, marks, and as many columns as there is room for."""

from collections.abc import Mapping

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message

from tempfit_tui.record import RunSummary
from tempfit_tui.ui.charts.overlay import run_colours
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.panes.lines import Lines
from tempfit_tui.ui.screens.runs_columns import Layout, layout
from tempfit_tui.ui.screens.runs_words import id_length

NO_RUNS = "no runs yet: press space on the main screen to train one"
MARKS = 5
"""The cells at the left for a run's number and whether it is on the main screen."""


class RunList(Lines):
    """Runs with a cursor; it says what is pointed at, and the screen decides."""

    BINDINGS = [
        Binding("up,k", "cursor(-1)", "the run above", show=False),
        Binding("down,j", "cursor(1)", "the run below", show=False),
        Binding("pageup", "page(-1)", "a page up", show=False),
        Binding("pagedown", "page(1)", "a page down", show=False),
        Binding("home", "cursor(-1_000_000)", "the newest run", show=False),
        Binding("end", "cursor(1_000_000)", "the oldest run", show=False),
    ]

    DEFAULT_CSS = """
    RunList { height: auto; }
    """

    class Highlighted(Message):
        """The cursor is on another run."""

    class MarkWanted(Message):
        """The run under the cursor shall be marked, or no longer."""

    class OpenWanted(Message):
        """The run under the cursor shall be opened."""

    def __init__(self, current_id: str | None, glyphs: Glyphs) -> None:
        super().__init__()
        self._current, self._glyphs = current_id, glyphs
        self._runs: list[RunSummary] = []
        self._words: str | None = "…"
        self._marks: Mapping[str, int] = {}
        self._layout = Layout([], 1)
        self._place = 0
        self.id_length = 0
        """How many letters ids are told by."""

    def on_mount(self) -> None:
        """Show that there are no runs yet."""
        self._glyphs.fit_scrollbar(self)
        self.set_rows(0)

    @property
    def highlighted(self) -> RunSummary | None:
        """The run under the cursor."""
        return self._runs[self._place] if self._runs else None

    def tell(self, words: str) -> None:
        """Show a few words in place of runs."""
        self._words = words
        self.refresh()

    def show(self, runs: list[RunSummary]) -> None:
        """Show `runs`; the cursor keeps its place, which at first is the current run's."""
        if not self._runs:
            ids = [run.id for run in runs]
            self._place = ids.index(self._current) if self._current in ids else 0
        self._runs, self._words = runs, None if runs else NO_RUNS
        self._place = max(0, min(len(runs) - 1, self._place))
        parents = [run.parent for run in runs if run.parent]
        self.id_length = id_length([*(run.id for run in runs), *parents])
        self._lay_out()
        self.set_rows(len(runs))
        self.call_after_refresh(lambda: self.bring_to_view(self._place))
        self.post_message(self.Highlighted())

    def mark(self, marks: Mapping[str, int]) -> None:
        """Show the numbers of the runs that are marked, by their ids."""
        self._marks = dict(marks)
        self.refresh()

    def on_resize(self) -> None:
        """Choose the columns that fit."""
        self._lay_out()
        self.bring_to_view(self._place)
        self.refresh()

    def _lay_out(self) -> None:
        # The scroll bar's cell is left free, so that the columns don't depend on it.
        room = self.outer_size.width - MARKS - 1
        self._layout = layout(self._runs, room, self.id_length, self._glyphs)

    def header(self) -> Content:
        """Return the columns' titles, or why there are none."""
        if self._words is not None:
            return Content.styled(self._glyphs(f"  {self._words}"), "$text-warning")
        gap = " " * self._layout.gap
        titles = gap.join(column.padded(None) for column in self._layout.columns)
        return Content.styled(" " * MARKS + titles, "bold $foreground 80%")

    def row(self, index: int) -> Content:
        """Return a run's line."""
        run = self._runs[index]
        number = self._marks.get(run.id)
        colour = run_colours(dark=self.app.current_theme.dark)[number - 1] if number else ""
        sign = "●" if run.id == self._current else " "
        parts = [
            (f" {number or ' '} ", f"bold {colour}"),
            (self._glyphs(f"{sign} "), "bold"),
        ]
        gap = " " * self._layout.gap, ""
        for column in self._layout.columns:
            parts += [(column.padded(index), column.styles[index]), gap]
        line = Content.assemble(*parts).pad_right(max(0, self.size.width))
        return line.stylize("on $primary 25%" if index == self._place else "")

    def action_cursor(self, by: int) -> None:
        """Move the cursor."""
        self._move_to(self._place + by)

    def action_page(self, direction: int) -> None:
        """Move the cursor by as many runs as can be seen, less one."""
        self._move_to(self._place + direction * max(1, self.size.height - 2))

    def _move_to(self, place: int) -> None:
        place = max(0, min(len(self._runs) - 1, place))
        if place != self._place:
            self._place = place
            self.bring_to_view(place)
            self.refresh()
            self.post_message(self.Highlighted())

    def on_click(self, event: events.Click) -> None:
        """Go to the run clicked on; at its left end mark it, and with two clicks open it."""
        place = self.row_at(event.y - self.gutter.top)
        if place is None:
            return
        self._move_to(place)
        if event.x - self.gutter.left < MARKS:
            self.post_message(self.MarkWanted())
        elif event.chain == 2:
            self.post_message(self.OpenWanted())
