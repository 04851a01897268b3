"""The engine's requests as messages; where they are answered is left to each engine."""

from abc import ABC, abstractmethod
from typing import NoReturn, TypeVar

from tempfit_tui.engine.messages import (
    Advance,
    Answer,
    AnyRequest,
    Branch,
    ChangeSettings,
    Compared,
    CompareRuns,
    DeleteRuns,
    Done,
    Export,
    LeapAhead,
    Listed,
    ListRuns,
    LookBack,
    Open,
    OpenRun,
    RangeTest,
    RangeTested,
    Refused,
    Reopened,
    Rewind,
    SentTable,
    SetView,
    Shown,
)
from tempfit_tui.engine.protocol import EngineDiedError, EngineRefusedError
from tempfit_tui.frame import Frame, RewindTo, Value, View
from tempfit_tui.insight import LrTest
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import UNKNOWN, ExportKind, RunSummary, Source, Traced
from tempfit_tui.table import Table

T = TypeVar("T", bound=Answer)


class Door(ABC):
    """An Engine whose every request is one message and one answer."""

    @abstractmethod
    async def _answer(self, request: AnyRequest) -> Answer:
        """Return the answer to `request`."""

    @abstractmethod
    async def kill(self, why: str) -> None:
        """End the engine at once."""

    async def open(
        self,
        recipe: Recipe,
        table: Table,
        view: View,
        source: Source = UNKNOWN,
        *,
        follows: bool = False,
        remedy: str = "",
    ) -> Frame:
        """Start `recipe` on `table`, at epoch 0, in place of any run before."""
        sent = SentTable.of(table)
        frame = await self._frame(Open(recipe, sent, view, source, follows, remedy))
        return await self._with_setup(frame)

    async def open_run(self, run: str, view: View) -> Reopened:
        """Go on with a run of the journal, at its end, in place of any run before."""
        reopened = await self._asked(OpenRun(run, view), Reopened)
        await self._with_setup(reopened.frame)
        return reopened

    async def advance(self, epochs: int | None = None, seconds: float | None = None) -> Frame:
        """Train for so many epochs or seconds, whichever is over first."""
        return await self._frame(Advance(epochs, seconds))

    async def change(self, settings: dict[str, Value], remedy: str = "") -> Frame:
        """Change live settings, by their dotted names, before the next update."""
        return await self._frame(ChangeSettings(settings, remedy))

    async def view(self, view: View) -> Frame:
        """Say what frames are to show from now on."""
        return await self._frame(SetView(view))

    async def rewind(self, to: RewindTo) -> Frame:
        """Go back to the first weights, to the best ones, or to before the last change."""
        return await self._frame(Rewind(to))

    async def look_back(self, epoch: int | None) -> Frame:
        """Show the run as it was at `epoch`, and again with None as it is."""
        return await self._frame(LookBack(epoch))

    async def branch(self) -> Frame:
        """Begin another run at the epoch shown."""
        return await self._frame(Branch())

    async def leap(self, epochs: int) -> Frame:
        """Compute so many epochs in closed form instead of training them."""
        return await self._frame(LeapAhead(epochs))

    async def range_test(self, *, anew: bool) -> LrTest:
        """Go on with the range test of the learning rate for a moment, or begin one."""
        return (await self._asked(RangeTest(anew), RangeTested)).test

    async def export(self, kind: ExportKind, folder: str) -> str:
        """Write the run as a new file in `folder`; return the file's name."""
        return (await self._asked(Export(kind, folder), Done)).words

    async def runs(self) -> list[RunSummary]:
        """Return the runs of the journal, the newest first."""
        return (await self._asked(ListRuns(), Listed)).runs

    async def compare(self, ids: list[str], columns: int) -> list[Traced]:
        """Return those runs in that order, their curves in so many columns."""
        return (await self._asked(CompareRuns(ids, columns), Compared)).runs

    async def delete(self, ids: list[str]) -> list[RunSummary]:
        """Forget those runs, and return the others."""
        return (await self._asked(DeleteRuns(ids), Listed)).runs

    async def _frame(self, request: AnyRequest) -> Frame:
        return (await self._asked(request, Shown)).frame

    async def _asked(self, request: AnyRequest, expected: type[T]) -> T:
        """Return the answer to `request`, of the kind that it has."""
        answer = await self._answer(request)
        if isinstance(answer, Refused):
            raise EngineRefusedError(answer.reason)
        if not isinstance(answer, expected):
            given, due = type(answer).__name__, expected.__name__
            await self._distrust(f"it answered with {given}, not {due}")
        return answer

    async def _with_setup(self, frame: Frame) -> Frame:
        if not frame.setup:
            await self._distrust("it left out what a first frame holds")
        return frame

    async def _distrust(self, why: str) -> NoReturn:
        """End an engine that doesn't answer as this version does."""
        await self.kill(why)
        raise EngineDiedError(f"the engine stopped: {why}")
