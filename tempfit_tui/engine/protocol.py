"""The engine's door: what the screen asks of a run, and how it is told that it can't be had."""

from typing import Protocol

from tempfit_tui.engine.messages import Reopened
from tempfit_tui.frame import Frame, RewindTo, Value, View
from tempfit_tui.insight import LrTest
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import UNKNOWN, ExportKind, RunSummary, Source, Traced
from tempfit_tui.table import Table
from tempfit_tui.text import harmless

MOST_WORDS = 500
"""A message is no longer, whatever an engine said."""


class EngineError(Exception):
    """The engine has no frame to give; the message is one line for a person."""

    def __init__(self, message: str) -> None:
        super().__init__(harmless(message[:MOST_WORDS]))


class EngineRefusedError(EngineError):
    """The request can't be met; the run is as it was."""


class EngineDiedError(EngineError):
    """The engine is gone, and the run in it; `open` starts another."""


class Engine(Protocol):
    """A session behind an async door. Requests are answered in the order they are made.

    Every request raises EngineRefusedError or EngineDiedError where there is no frame to give.
    """

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
        """Start `recipe` on `table`, at epoch 0, in place of any run before.

        It `follows` the run before where it comes from that; as a `remedy`, if it has a name, the
        run before goes on beside it.
        """
        ...

    async def open_run(self, run: str, view: View) -> Reopened:
        """Go on with a run of the journal, at its end, in place of any run before."""
        ...

    async def advance(self, epochs: int | None = None, seconds: float | None = None) -> Frame:
        """Train for so many epochs or seconds, whichever is over first.

        Any further request ends it early.
        """
        ...

    async def change(self, settings: dict[str, Value], remedy: str = "") -> Frame:
        """Change live settings, by their dotted names, before the next update.

        As a `remedy`, if it has a name, the run without it goes on beside.
        """
        ...

    async def view(self, view: View) -> Frame:
        """Say what frames are to show from now on."""
        ...

    async def rewind(self, to: RewindTo) -> Frame:
        """Go back to the first weights, to the best ones, or to before the last change."""
        ...

    async def look_back(self, epoch: int | None) -> Frame:
        """Show the run as it was at `epoch`, and again with None as it is; it stays as it is."""
        ...

    async def branch(self) -> Frame:
        """Begin another run at the epoch shown; the one so far stays in the journal."""
        ...

    async def leap(self, epochs: int) -> Frame:
        """Compute so many epochs in closed form instead of training them; a million at the most."""
        ...

    async def range_test(self, *, anew: bool) -> LrTest:
        """Go on with the range test of the learning rate for a moment, or begin one from here.

        The run stays as it is.
        """
        ...

    async def export(self, kind: ExportKind, folder: str) -> str:
        """Write the run as a new file in `folder`; return the file's name."""
        ...

    async def runs(self) -> list[RunSummary]:
        """Return the runs of the journal, the newest first."""
        ...

    async def compare(self, ids: list[str], columns: int) -> list[Traced]:
        """Return those runs in that order, their curves in so many columns."""
        ...

    async def delete(self, ids: list[str]) -> list[RunSummary]:
        """Forget those runs, and return the others."""
        ...

    async def silence(self, known: str) -> str:
        """Wait until there is something else than `known` to say of its silence; return that.

        It owes an answer, or is suspended; "" once it is heard again. A death is raised, once.
        """
        ...

    async def kill(self, why: str) -> None:
        """End the engine at once, whatever it is at: it is dead for all who wait."""
        ...

    async def close(self, *, left: bool = True) -> None:
        """End the engine and whatever it runs in.

        A run that isn't `left` counts as cut off: the next start offers to go on with it.
        """
        ...
