"""The engine's door: what the screen asks of a run, and how it is told that it can't be had."""

from typing import Protocol

from tempfit_tui.frame import Frame, RewindTo, Value, View
from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table


class EngineError(Exception):
    """The engine has no frame to give; the message is one line for a person."""


class EngineRefusedError(EngineError):
    """The request can't be met; the run is as it was."""


class EngineDiedError(EngineError):
    """The engine is gone, and the run in it; `open` starts another."""


class Engine(Protocol):
    """A session behind an async door. Requests are answered in the order they are made.

    Every request raises EngineRefusedError or EngineDiedError where there is no frame to give.
    """

    async def open(self, recipe: Recipe, table: Table, view: View, remedy: str = "") -> Frame:
        """Start `recipe` on `table`, at epoch 0, in place of any run before.

        As a `remedy`, if it has a name, the run before goes on beside it.
        """
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

    async def close(self) -> None:
        """End the engine and whatever it runs in."""
        ...
