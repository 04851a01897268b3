"""The journal: every run kept in SQLite, written while it is trained.

Losses are float32 in transformed units, as they were measured; states are what a checkpoint gave.
Here both are bytes. A write is one transaction: after a crash a run is as its last one left it.
"""

import contextlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from tempfit_tui import __version__
from tempfit_tui.journal.lives import Lives
from tempfit_tui.journal.newest import (
    commits_missing,
    count_commit,
    note_new_journal,
    note_newest,
)
from tempfit_tui.journal.pages import FLOAT, SPACED, Beginning, Page, key_of, seal
from tempfit_tui.journal.reading import Losses, Reader
from tempfit_tui.journal.schema import BY_EPOCH, OF_A_RUN, connected, refuse_beheaded
from tempfit_tui.text import InputError, harmless

FILE = "journal.db"
CHUNK = 4096
"""The losses in a row of the file."""
MAX_STATE = 32 * 2**20
"""Longer states aren't kept: going back trains from an earlier one."""
_OF_RUN = {"runs": "id = ?", "tables": "hash = (SELECT hash FROM runs WHERE id = ?)"}
"""Which rows of these tables go with a run."""


class Journal:
    """The runs of a person, on disk in `folder`; in memory where there is none.

    Where the disk fails it goes on in memory and says so in `trouble`; nothing is raised for it.
    With `strict` a file that can't be opened is refused.

    Raises:
        InputError: it is strict, and the file can't be opened.
    """

    def __init__(self, folder: Path | None, *, strict: bool = False) -> None:
        self.trouble = ""
        """Why runs aren't kept on disk, or what is missing there, in one line; "" for nothing."""
        self._file = folder / FILE if folder else None
        self._lives = Lives(folder / "live" if folder else None)
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
            db = self._connected()
        except (sqlite3.Error, OSError, InputError) as error:
            if strict:
                raise _refusal(self._file, error) from error
            db = self._memory(error)
        self._use(db)

    def _connected(self) -> sqlite3.Connection:
        """Open the file at its newest commit; where that is gone, say so in `trouble`."""
        file = self._file
        is_new = file is not None and not file.exists()
        db = connected(file)
        if file and is_new:
            note_new_journal(db, file)
        elif file and (missing := commits_missing(db, file)):
            # Opened again, SQLite reads its log again too.
            db.close()
            db = connected(file)
            if missing := commits_missing(db, file):
                self.trouble = harmless(
                    f"{file}: the last {missing:,} changes are missing, as {file.name}-wal was "
                    "damaged or removed; check the newest runs, or restore both from a backup"
                )
        return db

    def _use(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.read = Reader(db, self._lives, str(self._file or "the journal in memory"))

    def _memory(self, error: Exception) -> sqlite3.Connection:
        """Leave the disk, and say why; return an empty journal in memory."""
        kept = "runs are kept in memory only, until you quit"
        self.trouble = harmless(f"{_told(self._file, error)}; {kept}")
        self._file, self._lives = None, Lives(None)
        return connected(None)

    def _go_on_in_memory(self, error: Exception, run: str | None) -> None:
        """Leave the disk, with what can still be read of `run`."""
        disk, memory = self._db, self._memory(error)
        if run:
            self._lives.begin(run)
            for table in ("tables", "runs", *OF_A_RUN):
                with contextlib.suppress(sqlite3.Error):
                    query = f"SELECT * FROM {table} WHERE {_OF_RUN.get(table, 'run = ?')}"  # noqa: S608
                    for row in disk.execute(query, (run,)):
                        _insert(memory, table, row)
        with contextlib.suppress(sqlite3.Error):
            disk.close()
        self._use(memory)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            commit = count_commit(self._db, self._file)
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        if self._file:
            note_newest(self._file, commit)

    def begin(self, beginning: Beginning, page: Page) -> str:
        """Begin a run with its first page, and with what its parent was; return its id.

        Raises:
            InputError: its parent is damaged.
        """
        run = secrets.token_hex(4)
        try:
            self._begin(run, beginning, page)
        except (sqlite3.Error, OSError) as error:
            self._go_on_in_memory(error, beginning.parent if beginning.parent_epoch else None)
            self._begin(run, beginning, page)
        return run

    def _begin(self, run: str, beginning: Beginning, page: Page) -> None:
        self._lives.begin(run)
        table, key = beginning.table, key_of(beginning.table)
        with self._transaction():
            if not self._db.execute("SELECT 1 FROM tables WHERE hash = ?", (key,)).fetchone():
                columns = table.x.tobytes(), table.y.tobytes()
                row = (key, table.source, table.x_name, table.y_name, *columns)
                _insert(self._db, "tables", row)
            _insert(self._db, "runs", (
                run, _utf8(beginning.name), _utf8(beginning.file), _json(beginning.recipe), key,
                beginning.parent, beginning.parent_epoch, metadata.version("torch"), __version__,
                beginning.unit, time.time(), None, 0, "",
            ))  # fmt: skip
            if beginning.parent and beginning.parent_epoch:
                self._copy(run, beginning.parent, beginning.parent_epoch)
            # What a run comes from has been left: a crash right now cuts off one, not both.
            self._leave(beginning.parent)
            self._add(run, page)

    def _copy(self, run: str, parent: str, epoch: int) -> None:
        """Let what `parent` was up to `epoch` be the past of `run`."""
        self._add_losses(run, epoch, self.read.losses(parent, epoch))
        for table, columns in BY_EPOCH.items():
            # What is changed before the next update belongs to its epoch.
            last = epoch + 1 if table == "changes" else epoch
            self._db.execute(
                f"INSERT INTO {table} (run, {columns}) SELECT ?, {columns} FROM {table} "  # noqa: S608
                "WHERE run = ? AND epoch <= ?",
                (run, parent, last),
            )
        # One that goes on beyond is cut there.
        self._db.execute(
            "INSERT INTO leaps (run, epoch, until) SELECT ?, epoch, min(until, ?) FROM leaps "
            "WHERE run = ? AND epoch < ?",
            (run, epoch, parent, epoch),
        )

    def write(self, run: str, page: Page) -> None:
        """Add `page` to `run`."""
        try:
            with self._transaction():
                self._add(run, page)
        except (sqlite3.Error, InputError) as error:
            self._go_on_in_memory(error, run)
            # As where the run can't be read any more.
            with contextlib.suppress(sqlite3.Error, InputError), self._transaction():
                self._add(run, page)

    def _add(self, run: str, page: Page) -> None:
        db, now = self._db, time.time()
        self._add_losses(run, page.epochs, Losses(page.train, page.val))
        for epoch, kind, state in page.states:
            if len(state) <= MAX_STATE:
                _insert(db, "states", (run, epoch, kind, state, seal(state)))
        written = dict(db.execute("SELECT epoch, made FROM changes WHERE run = ?", (run,)))
        made = {change.epoch: msgspec.json.encode(change).decode() for change in page.changes}
        for epoch in written.keys() - made.keys():
            db.execute("DELETE FROM changes WHERE run = ? AND epoch = ?", (run, epoch))
        for epoch, text in made.items():
            if written.get(epoch) != text:
                _insert(db, "changes", (run, epoch, now, text))
        for stop in page.early_stops:
            _insert(db, "early_stops", (run, stop.epoch, stop.best_epoch))
        for leap in page.leaps:
            _insert(db, "leaps", (run, leap.epoch, leap.until))
        self._add_verdict(run, page)
        db.execute(
            "UPDATE runs SET epochs = ?, standing = ? WHERE id = ?",
            (page.epochs, _json(page.standing), run),
        )

    def _add_losses(self, run: str, epochs: int, losses: Losses) -> None:
        """Add the losses up to epoch `epochs`: fill the last row, then begin others."""
        count = len(losses.train) // FLOAT
        if not count:
            return
        first, train, val = epochs - count + 1, losses.train, losses.val
        # Of a run's first losses nothing is read: what is damaged stops no run from beginning.
        begun, last = self.read.last_losses(run, first) if first > 1 else (0, Losses(b"", b""))
        if begun and first - begun < CHUNK:
            known = (first - begun) * FLOAT
            first, train, val = begun, last.train[:known] + train, last.val[:known] + val
        step = CHUNK * FLOAT
        for at in range(0, len(train), step):
            part = train[at : at + step], val[at : at + step]
            _insert(self._db, "losses", (run, first + at // FLOAT, *part, seal(*part)))

    def _add_verdict(self, run: str, page: Page) -> None:
        verdict = page.standing.verdict
        last = self._db.execute(
            "SELECT words FROM verdicts WHERE run = ? ORDER BY epoch DESC LIMIT 1", (run,)
        ).fetchone()
        if last != (verdict.words,):
            _insert(self._db, "verdicts", (run, page.epochs, verdict.kind, verdict.words))

    def thin(self, run: str) -> None:
        """Leave out every other state along the way."""
        # On a full disk there is no harm in too many.
        with contextlib.suppress(sqlite3.Error), self._transaction():
            self._db.execute(
                "DELETE FROM states WHERE rowid IN (SELECT place FROM (SELECT rowid AS place, "
                "row_number() OVER (ORDER BY epoch) AS number FROM states "
                "WHERE run = ? AND kind = ?) WHERE number % 2 = 1)",
                (run, SPACED),
            )

    def take_up(self, run: str) -> None:
        """Live `run` again.

        Raises:
            InputError: there is no such run, it is damaged, or another process lives it.
        """
        self.read.row(run)
        try:
            alone = self._lives.begin(run)
        except OSError as error:
            raise InputError(f"run {run}: can't be locked ({error.strerror})") from error
        if not alone:
            raise InputError(f"run {run}: another tempfit-tui is training it; leave it there first")
        try:
            with self._transaction():
                self._take_up(run)
        except sqlite3.Error as error:
            self._go_on_in_memory(error, run)
            with contextlib.suppress(sqlite3.Error), self._transaction():
                self._take_up(run)

    def _take_up(self, run: str) -> None:
        self._db.execute("UPDATE runs SET left = NULL WHERE id = ?", (run,))

    def leave(self, run: str) -> None:
        """Live `run` no longer: it is complete as it is."""
        with contextlib.suppress(sqlite3.Error), self._transaction():
            self._leave(run)
        self._lives.end(run)

    def _leave(self, run: str | None) -> None:
        self._db.execute("UPDATE runs SET left = ? WHERE id = ?", (time.time(), run))

    def delete(self, runs: list[str]) -> None:
        """Forget `runs`.

        Raises:
            InputError: one of them is being lived, or they can't be deleted.
        """
        for run in runs:
            if self.read.state(self.read.row(run)) == "live":
                raise InputError(f"run {run}: is being trained; leave it before you delete it")
        try:
            with self._transaction():
                for run in runs:
                    for table in OF_A_RUN:
                        self._db.execute(f"DELETE FROM {table} WHERE run = ?", (run,))  # noqa: S608
                    self._db.execute("DELETE FROM runs WHERE id = ?", (run,))
                self._db.execute("DELETE FROM tables WHERE hash NOT IN (SELECT hash FROM runs)")
        except sqlite3.Error as error:
            raise InputError(f"{self._file}: {error}; nothing was deleted") from error
        with contextlib.suppress(sqlite3.Error):  # the room is used by other runs otherwise
            self._db.execute("PRAGMA incremental_vacuum").fetchall()
        for run in runs:
            self._lives.end(run)

    def close(self) -> None:
        """Close the file: runs that weren't left count as cut off."""
        self._db.close()
        self._lives.close()


def opened(folder: Path) -> Journal:
    """Return the journal in `folder` to read what is kept; an empty one where nothing is yet.

    Raises:
        InputError: it can't be read.
    """
    file = folder / FILE
    try:
        if file.exists():
            return Journal(folder, strict=True)
        refuse_beheaded(file)
    except OSError as error:
        raise _refusal(file, error) from error
    return Journal(None)


def _refusal(file: Path | None, error: Exception) -> InputError:
    """Return `error` as one line with the mend."""
    if isinstance(error, InputError):
        return error
    return InputError(f"{_told(file, error)}; move it away")


def _told(file: Path | None, error: Exception) -> str:
    """Return what happened, and to which file."""
    if isinstance(error, InputError):
        return str(error)
    return f"{file or 'the journal'}: {getattr(error, 'strerror', None) or error}"


def _insert(db: sqlite3.Connection, table: str, row: tuple[Any, ...]) -> None:
    places = ", ".join("?" * len(row))
    db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({places})", row)  # noqa: S608


def _json(struct: msgspec.Struct) -> str:
    return _utf8(json.dumps(msgspec.to_builtins(struct), ensure_ascii=False))


def _utf8(text: str) -> str:
    """Return `text` with a question mark for what UTF-8 doesn't have, as in some files' names."""
    return text.encode(errors="replace").decode()
