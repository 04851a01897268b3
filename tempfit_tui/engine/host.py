"""What stands behind the door on either side of the process border: a session that answers."""

import time
from collections.abc import Callable
from pathlib import Path

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
    Leave,
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
from tempfit_tui.frame import View
from tempfit_tui.journal.journal import Journal
from tempfit_tui.session.comparing import compared
from tempfit_tui.session.exporting import export
from tempfit_tui.session.session import Session
from tempfit_tui.session.work import Turn
from tempfit_tui.text import InputError

MOST_SPARED = 0.015
"""So many seconds of a request go to what is looked at, at the most: a key may come meanwhile."""
SPARED = 0.06
"""While training, so large a part of the time."""
QUICK = 0.002
"""After a key, in seconds: enough for small models, and not felt."""


class Host:
    """Answers requests, one after the other, from the session it keeps.

    Runs are kept in the journal in `folder`; in memory where there is none.
    """

    def __init__(
        self, folder: Path | None = None, interrupted: Callable[[], bool] = lambda: False
    ) -> None:
        self._interrupted = interrupted
        self._session: Session | None = None
        self._view = View()
        self._journal = Journal(folder)
        self._shown_at = self._spared = 0.0
        """When the last frame was made, and what may still go to what is looked at."""
        self._offered = False
        """Whether a run that was cut off has been offered."""

    def answer(self, request: AnyRequest) -> Answer:
        """Do what `request` asks, and return what is to be seen then, or why not."""
        try:
            return self._of_the_journal(request) or self._shown(request)
        except InputError as error:
            return Refused(str(error))

    def _of_the_journal(self, request: AnyRequest) -> Answer | None:
        """Answer what is asked of all runs; None for what is asked of the one open."""
        session, journal = self._session, self._journal
        match request:
            case ListRuns():
                self.settle()
                return Listed(journal.read.summaries())
            case CompareRuns(ids, columns):
                return Compared(compared(journal.read, ids, columns))
            case DeleteRuns(ids):
                journal.delete(ids)
                return Listed(journal.read.summaries())
            case OpenRun(run_id, view):
                return self._reopened(run_id, view)
            case Export(kind, folder) if session:
                self.settle()
                return Done(export(session.record, session.keeper.id, kind, journal, Path(folder)))
            case RangeTest(anew) if session:
                return RangeTested(session.range_test(anew=anew))
            case Leave():
                self.leave()
                return Done("")
            case _:
                return None

    def _reopened(self, run_id: str, view: View) -> Answer:
        before, self._offered = self._session, True
        if before and before.keeper.id == run_id:
            session = before
        else:
            session = Session.reopened(self._journal, run_id)
            if before:
                before.leave()
            self._session = session
        self._look(session, view)
        record = session.record
        table, source = SentTable.of(record.table), session.source
        return Reopened(session.frame(view, anew=True), record.recipe, table, source)

    def _shown(self, request: AnyRequest) -> Answer:
        session = self._do(request)
        turn = self._turn(request)
        frame = session.frame(self._view, turn=turn)
        self._shown_at = time.monotonic()
        self._spared -= turn.spent
        return Shown(frame)

    def _turn(self, request: AnyRequest) -> Turn:
        """Return how long to work on what is looked at: a key waits for nothing but its change."""
        now = time.monotonic()
        match request:
            case SetView():
                return Turn(MOST_SPARED, surely=True)
            case Advance():
                self._spared = min(MOST_SPARED, self._spared + SPARED * (now - self._shown_at))
                return Turn(self._spared, surely=self._spared > 0)
            case _:
                return Turn(QUICK)

    def _do(self, request: AnyRequest) -> Session:
        if isinstance(request, Open):
            return self._opened(request)
        session = self._session
        if not session:
            raise InputError("nothing is open; open a recipe first")
        match request:
            case Advance(epochs, seconds):
                session.advance(epochs, seconds, self._interrupted)
            case ChangeSettings(settings, remedy):
                session.change(settings, remedy)
            case SetView(view):
                self._look(session, view)
            case Rewind(to):
                session.rewind(to)
            case LookBack(epoch):
                session.look_back(epoch)
            case Branch():
                session.branch()
            case LeapAhead(epochs):
                session.leap(epochs)
        return session

    def _opened(self, request: Open) -> Session:
        before, table = self._session, request.sent.table()
        parent = before if request.follows or request.remedy else None
        session = Session(
            request.recipe, table, request.source, self._journal, parent, request.remedy
        )
        if before and not parent:
            before.leave()
        if not self._offered:
            session.cut_off, self._offered = self._journal.read.cut_off(), True
        self._session = session
        self._look(session, request.view)
        return session

    def _look(self, session: Session, view: View) -> None:
        self._view = view
        session.shows_ghost = view.ghost

    def settle(self) -> None:
        """Write what came to the run and isn't written yet."""
        if self._session:
            self._session.keeper.write()

    def leave(self) -> None:
        """Write the last of the run, and end."""
        if self._session:
            self._session.leave()
        self._session = None

    def close(self) -> None:
        """Write what came last; a run that isn't finished can be resumed."""
        if self._session and self._session.finished:
            self.leave()
        self.settle()
        self._journal.close()
