"""The engine in this process: for tests of the screen."""

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
