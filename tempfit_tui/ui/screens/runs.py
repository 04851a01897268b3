"""The runs so far: a list, the losses of one of them or of several, and what sets them apart."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from tempfit_tui.engine.protocol import EngineError
from tempfit_tui.record import RunSummary, Traced
from tempfit_tui.text import harmless
from tempfit_tui.ui.charts.overlay import MOST_RUNS
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.remedies import Answer
from tempfit_tui.ui.screens.choice import ChoiceScreen
from tempfit_tui.ui.screens.dialog import Dialog
from tempfit_tui.ui.screens.runs_detail import RunsDetail
from tempfit_tui.ui.screens.runs_list import RunList
from tempfit_tui.ui.screens.runs_words import deletion, title

CALM_SECONDS = 0.08
"""So long the cursor rests on a run before its losses are asked for."""
TALL = 30
"""From so many lines on the list has many of them."""
KEYS = (
    ("Enter", "open"),
    ("space", "mark"),
    ("d", "delete"),
    ("j k", "move"),
    ("Esc", "back"),
    ("J K", "scroll the words"),
)


class RunsEngine(Protocol):
    """What of an engine this screen asks; each may raise EngineError."""

    async def runs(self) -> list[RunSummary]:
        """Return all runs, the newest first."""
        ...

    async def compare(self, ids: list[str], columns: int) -> list[Traced]:
        """Return those runs in that order, their curves in so many columns."""
        ...

    async def delete(self, ids: list[str]) -> list[RunSummary]:
        """Delete those runs, and return the others."""
        ...


class RunsScreen(Dialog[str | None]):
    """Gives back the id of the run to open, or None."""

    AUTO_FOCUS = "RunList"
    BINDINGS = [
        Binding("escape,q,u", "dismiss(None)", "back", show=False),
        Binding("enter", "open", "open", show=False),
        Binding("space", "mark", "mark", show=False),
        Binding("d,delete", "delete", "delete", show=False),
        Binding("J,shift+down", "scroll_words(1)", "scroll the words", show=False),
        Binding("K,shift+up", "scroll_words(-1)", "scroll them back", show=False),
    ]

    DEFAULT_CSS = """
    RunsScreen { layout: vertical; background: $background; }
    RunsScreen > .bar { height: 1; padding: 0 1; background: $panel; }
    RunsScreen > RunList { max-height: 7; }
    RunsScreen.-tall > RunList { max-height: 40%; }
    RunsScreen > #trouble { height: auto; max-height: 3; padding: 0 1; display: none; }
    """

    def __init__(self, engine: RunsEngine, current_id: str | None, glyphs: Glyphs) -> None:
        super().__init__()
        self._engine, self._current, self._glyphs = engine, current_id, glyphs
        self._runs: list[RunSummary] = []
        self._marks: dict[str, int] = {}
        self._traced: dict[str, Traced] = {}
        self._traced_columns = 0
        self._wanted = asyncio.Event()
        self._trouble = ""
        self.set_class(glyphs.ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Lay out the list, the chart and the words."""
        yield Static(id="runs-title", classes="bar")
        yield RunList(self._current, self._glyphs)
        yield RunsDetail(self._current, self._glyphs)
        yield Static(id="trouble")
        yield Static(self._keys(), id="runs-keys", classes="bar")

    def on_mount(self) -> None:
        """Ask for the runs."""
        self._write_title()
        self._load()
        self._follow()

    def on_resize(self) -> None:
        """Choose the layout that fits."""
        self.set_class(self.size.height >= TALL, "-tall")
        self._detail.fit(self.size.width)
        self._show_shown()  # with other columns

    # What the engine is asked

    @work
    async def _load(self) -> None:
        if not await self._take(self._engine.runs()):
            self._list.tell("the runs can't be told")

    async def _take(self, asked: Awaitable[list[RunSummary]]) -> bool:
        """Show the runs there are, or why that can't be told; tell whether it can."""
        try:
            self._runs = await asked
        except EngineError as error:
            self._say(str(error))
            return False
        if not self.app.is_running:  # the screen is going
            return True
        ids = {run.id for run in self._runs}
        self._marks = {id_: number for id_, number in self._marks.items() if id_ in ids}
        self._list.mark(self._marks)
        self._list.show(self._runs)
        self._write_title()
        return True

    @work
    async def _follow(self) -> None:
        """Ask for the losses of what is shown, one request at a time: the latest wins."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await asyncio.sleep(CALM_SECONDS)
            if not self.app.is_running:  # the screen is going
                return
            if self._wanted.is_set():
                continue
            columns = self._detail.columns
            if columns != self._traced_columns:
                self._traced, self._traced_columns = {}, columns
            missing = [run.id for run in self._shown if run.id not in self._traced]
            try:
                traced = await self._engine.compare(missing, columns) if missing else []
            except EngineError as error:
                self._say(str(error))
                continue
            self._traced.update({run.summary.id: run for run in traced})
            if self.app.is_running:
                self._draw()

    @work
    async def action_delete(self) -> None:
        """Delete the runs that are marked, or else the one under the cursor."""
        marked = [run for run in self._runs if run.id in self._marks]
        doomed = marked or ([self._list.highlighted] if self._list.highlighted else [])
        if not doomed or self.app.screen is not self:
            return
        if any(run.id == self._current for run in doomed):
            way = "unmark it" if marked else "open another one first"
            self._say(f"the run on the main screen can't be deleted: {way}")
        elif await self._agreed(doomed):
            self._say("")
            await self._take(self._engine.delete([run.id for run in doomed]))

    async def _agreed(self, doomed: list[RunSummary]) -> bool:
        question = deletion(doomed, self._list.id_length)
        answers = [Answer("no", "keep"), Answer("yes", "delete")]
        chosen = await self.app.push_screen_wait(ChoiceScreen(question, answers, self._glyphs))
        return chosen is not None and chosen.name == "yes"

    # What a person asks

    def action_open(self) -> None:
        """Give back the run under the cursor."""
        if self._list.highlighted:
            self.dismiss(self._list.highlighted.id)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or no longer."""
        run = self._list.highlighted
        if run is None:
            return
        self._say("")
        if run.id in self._marks:
            del self._marks[run.id]
        elif free := set(range(1, MOST_RUNS + 1)) - set(self._marks.values()):
            self._marks[run.id] = min(free)
        else:
            self._say(f"{MOST_RUNS} runs at the most are told apart: unmark one first")
            return
        self._list.mark(self._marks)
        self._write_title()
        self._show_shown()

    def action_scroll_words(self, lines: int) -> None:
        """Scroll the words under the list."""
        self._detail.scroll_words(lines)

    def on_run_list_highlighted(self) -> None:
        """Show the run under the cursor."""
        self._say("")
        self._show_shown()

    def on_run_list_mark_wanted(self) -> None:
        """Mark what was clicked on."""
        self.action_mark()

    def on_run_list_open_wanted(self) -> None:
        """Open what was clicked on."""
        self.action_open()

    # What is shown

    @property
    def _list(self) -> RunList:
        return self.query_one(RunList)

    @property
    def _detail(self) -> RunsDetail:
        return self.query_one(RunsDetail)

    @property
    def _shown(self) -> list[RunSummary]:
        """The runs that are marked, by their numbers, or the one under the cursor."""
        marked = [run for run in self._runs if run.id in self._marks]
        if len(marked) > 1:
            return sorted(marked, key=lambda run: self._marks[run.id])
        return [self._list.highlighted] if self._list.highlighted else []

    def _show_shown(self) -> None:
        """Show what is known at once, and ask for the losses."""
        self._draw()
        self._wanted.set()

    def _draw(self) -> None:
        self._detail.show(self._shown, self._marks, self._traced, self._list.id_length)

    def _say(self, trouble: str) -> None:
        """Show one line on what can't be; "" for none."""
        if trouble == self._trouble or not self.app.is_running:
            return
        self._trouble = trouble
        line = self.query_one("#trouble", Static)
        line.display = bool(trouble)
        line.update(Content.styled(self._glyphs(harmless(trouble)), "$text-error"))

    def _write_title(self) -> None:
        parts = title(self._runs, len(self._marks), self._current)
        words = Content.assemble(*((self._glyphs(text), style) for text, style in parts))
        self.query_one("#runs-title", Static).update(words)

    @staticmethod
    def _keys() -> Content:
        return Content.assemble(
            *(
                part
                for key, words in KEYS
                for part in ((f"{key} ", "bold $text-accent"), (f"{words}  ", "$foreground 80%"))
            )
        )
