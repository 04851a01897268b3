"""The trainer's line to its engine: what can't be had is told, and a dead engine isn't asked."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from tempfit_tui.engine.protocol import EngineDiedError, EngineRefusedError
from tempfit_tui.frame import Frame

T = TypeVar("T")


class Line:
    """Awaits an engine's answers; `renew` is called when another engine takes its place.

    What was asked of an engine before is dropped with it, and its death is no news.

    `on_frame` is called with a request's frame, `on_trouble` with one line where there is none,
    `on_end` where training can't go on.
    """

    def __init__(
        self,
        on_frame: Callable[[Frame], None],
        on_trouble: Callable[[str], None],
        on_end: Callable[[], None],
    ) -> None:
        self._open = asyncio.Event()
        self.death = ""
        """Why there is no engine any more; "" while there is hope."""
        self.asking = 0
        """So many requests besides training are on their way."""
        self._made = self._shown = 0
        self._on_frame, self._on_trouble, self._on_end = on_frame, on_trouble, on_end
        self._engines = 1

    def place(self) -> int:
        """Return the place in the line of the request that is made now."""
        self._made += 1
        return self._made

    def is_overtaken(self, place: int) -> bool:
        """Tell whether a frame that was asked for after that one has been handed on."""
        return place < self._shown

    async def guarded(self, request: Awaitable[T]) -> T | None:
        """Return what is asked for; where there is none, tell why and pause."""
        asked = self._engines
        try:
            return await request
        except EngineRefusedError as error:
            self._on_end()
            self._on_trouble(str(error))
        except EngineDiedError as error:
            self.mourn(str(error), asked)
        return None

    async def show(self, request: Coroutine[None, None, Frame]) -> None:
        """Await a request's frame and hand it on; tell why there is none."""
        asked = self._engines
        if (reason := await self.ask(request)) and not self.death and asked == self._engines:
            self._on_trouble(reason)

    async def ask(
        self,
        request: Coroutine[None, None, Frame],
        on_frame: Callable[[Frame], None] | None = None,
    ) -> str:
        """Await a request's frame and hand it on; return why there is none, "" if there is."""
        if self.death:
            request.close()
            return self.death
        asked = self._engines
        try:
            await self._open.wait()
            self.asking += 1
            place = self.place()
            try:
                frame = await request
            finally:
                self.asking -= 1
            self._shown = place
            (on_frame or self._on_frame)(frame)
        except EngineRefusedError as error:
            return str(error)
        except EngineDiedError as error:
            self.mourn(str(error), asked)
            return str(error)
        finally:
            request.close()  # where the app was left before it could be made
        return ""

    def mourn(self, reason: str, asked: int) -> None:
        """Tell that the engine `asked` is dead, unless there is another since."""
        if asked != self._engines:
            return
        self._on_end()
        self._open.clear()
        self.death = reason
        self._on_trouble(reason)

    def renew(self) -> int:
        """Ask another engine from now on, once it has a run; return its number."""
        self._engines += 1
        self._open.clear()
        self.death = ""
        return self._engines

    def leads_to(self, engine: int) -> bool:
        """Tell whether that engine is the last, and lives."""
        return engine == self._engines and not self.death

    def begin(self) -> None:
        """Note that the engine has a run."""
        self.death = ""
        self._open.set()

    @property
    def is_open(self) -> bool:
        """Whether the engine has a run."""
        return self._open.is_set()

    async def opened(self) -> None:
        """Wait until the engine has a run."""
        await self._open.wait()
