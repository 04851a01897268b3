"""What stands behind the door on either side of the process border: a session that answers."""

from collections.abc import Callable

from tempfit_tui.engine.messages import (
    Advance,
    Answer,
    AnyRequest,
    ChangeSettings,
    Open,
    Refused,
    Rewind,
    SetView,
    Shown,
)
from tempfit_tui.frame import View
from tempfit_tui.session.session import Session
from tempfit_tui.text import InputError


class Host:
    """Answers requests, one after the other, from the session it keeps."""

    def __init__(self, interrupted: Callable[[], bool] = lambda: False) -> None:
        self._interrupted = interrupted
        self._session: Session | None = None
        self._view = View()

    def answer(self, request: AnyRequest) -> Answer:
        """Do what `request` asks, and return what is to be seen then, or why not."""
        try:
            session = self._do(request)
        except InputError as error:
            return Refused(str(error))
        return Shown(session.frame(self._view))

    def _do(self, request: AnyRequest) -> Session:
        if isinstance(request, Open):
            before = self._session
            self._session = Session(request.recipe, request.table(), before, request.remedy)
            self._look(self._session, request.view)
            return self._session
        if not self._session:
            raise InputError("nothing is open; open a recipe first")
        match request:
            case Advance(epochs, seconds):
                self._session.advance(epochs, seconds, self._interrupted)
            case ChangeSettings(settings, remedy):
                self._session.change(settings, remedy)
            case SetView(view):
                self._look(self._session, view)
            case Rewind(to):
                self._session.rewind(to)
        return self._session

    def _look(self, session: Session, view: View) -> None:
        self._view = view
        session.shows_ghost = view.ghost
