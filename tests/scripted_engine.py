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
        await self._ready.wait()
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
