"""An engine that does as it is told: it answers late, refuses or dies, and notes what it is asked.

What the script doesn't say is answered by a session in this process.
"""

import asyncio

from tempfit_tui.engine.local import LocalEngine
from tempfit_tui.engine.messages import AnyRequest
from tempfit_tui.engine.protocol import EngineDiedError, EngineRefusedError


class ScriptedEngine(LocalEngine):
    """An Engine with a script."""

    def __init__(self):
        super().__init__()
        self.asked: list[AnyRequest] = []
        self.closed = False
        self._faults: list[tuple[type, Exception]] = []
        self._ready = asyncio.Event()
        self._ready.set()
        self._silences = asyncio.Queue()
        self._lives, self._hanging = 1, 0

    def falls_silent(self, words):
        """Be said to be silent, with "" to be heard again."""
        self._silences.put_nowait(words)

    async def silence(self, known):
        return await self._silences.get()

    async def kill(self, why):
        if self._hanging:  # they die with it; another engine takes its place
            self._lives += 1
            self._ready.set()
        await super().kill(why)

    def wait(self):
        """Answer nothing until `go`."""
        self._ready.clear()
        return self

    def go(self):
        self._ready.set()

    def refuse(self, request, reason):
        """Refuse the next request of that type."""
        self._faults.append((request, EngineRefusedError(reason)))
        return self

    def die(self, request, reason):
        """Die of the next request of that type."""
        self._faults.append((request, EngineDiedError(reason)))
        return self

    async def _answer(self, request):
        self.asked.append(request)
        life = self._lives
        self._hanging += 1
        try:
            await self._ready.wait()
        finally:
            self._hanging -= 1
        if life != self._lives:
            raise EngineDiedError("the engine stopped: it was killed")
        for place, (kind, error) in enumerate(self._faults):
            if isinstance(request, kind):
                del self._faults[place]
                if isinstance(error, EngineDiedError):
                    await super().close()
                raise error
        return await super()._answer(request)

    async def close(self, *, left=True):
        self.closed = True
        await super().close(left=left)
