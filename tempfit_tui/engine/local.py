"""The engine in this process: for tests of the screen."""

import asyncio

from tempfit_tui.engine.door import Door
from tempfit_tui.engine.host import Host
from tempfit_tui.engine.messages import Answer, AnyRequest
from tempfit_tui.home import home


class LocalEngine(Door):
    """An Engine whose session is in this process, and trains while it is awaited."""

    def __init__(self) -> None:
        self._host = Host(home())

    async def _answer(self, request: AnyRequest) -> Answer:
        return self._host.answer(request)

    async def close(self, *, left: bool = True) -> None:  # noqa: ARG002
        """Leave the session."""
        self._host.leave()

    async def silence(self, known: str) -> str:
        """Wait for ever: what is in this process is never silent."""
        await asyncio.get_running_loop().create_future()
        return known

    async def kill(self, why: str) -> None:  # noqa: ARG002
        """Leave the session."""
        self._host.leave()
