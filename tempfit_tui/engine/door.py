"""The engine's requests as messages; where they are answered is left to each engine."""

from abc import ABC, abstractmethod

from tempfit_tui.engine.messages import (
    Advance,
    Answer,
    AnyRequest,
    ChangeSettings,
    Open,
    Refused,
    Rewind,
    SetView,
)
from tempfit_tui.engine.protocol import EngineRefusedError
from tempfit_tui.frame import Frame, RewindTo, Value, View
from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table


class Door(ABC):
    """An Engine whose every request is one message and one answer."""

    @abstractmethod
    async def _answer(self, request: AnyRequest) -> Answer:
        """Return the answer to `request`."""

    async def open(self, recipe: Recipe, table: Table, view: View, remedy: str = "") -> Frame:
        """Start `recipe` on `table`, at epoch 0, in place of any run before."""
        return await self._frame(Open.of(recipe, table, view, remedy))

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

    async def _frame(self, request: AnyRequest) -> Frame:
        answer = await self._answer(request)
        if isinstance(answer, Refused):
            raise EngineRefusedError(answer.reason)
        return answer.frame
