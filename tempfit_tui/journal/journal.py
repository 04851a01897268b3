"""The journal: every run kept in SQLite, written while it is trained.

Losses are float32 in transformed units, as they were measured; states are what a checkpoint gave.
Here both are bytes. A write is one transaction: after a crash a run is as its last one left it.
"""

import contextlib
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import msgspec

from tempfit_tui import __version__
from tempfit_tui.journal.lives import Lives
from tempfit_tui.journal.pages import FLOAT, NEWEST, SPACED, Beginning, Page
from tempfit_tui.journal.reading import Reader
from tempfit_tui.journal.schema import OF_A_RUN, connected
from tempfit_tui.text import InputError

FILE = "journal.db"
CHUNK = 4096
"""The losses in a row of the file."""
MAX_STATE = 32 * 2**20
"""Longer states aren't kept: going back trains from an earlier one."""


class Journal:
    """The runs of a person, on disk in `folder`; in memory where there is none.

    Where the disk fails it goes on in memory and says so in `trouble`; nothing is raised for it.
    """

    def __init__(self, folder: Path | None) -> None:
        self.trouble = ""
        """Why runs aren't kept on disk, in one line; "" where they are."""
        self._file = folder / FILE if folder else None
        self._lives = Lives(folder / "live" if folder else None)
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
            self._use(connected(self._file))
        except (sqlite3.Error, OSError, InputError) as error:
            self._go_on_in_memory(error)

    def _use(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.read = Reader(db, self._lives, str(self._file or "the journal in memory"))

    def _go_on_in_memory(self, error: Exception, run: str | None = None) -> None:
        """Leave the disk, with what can still be read of `run`."""
        reason = getattr(error, "strerror", None) or error
        kept = "runs are kept in memory only, until you quit"
        told = str(error) if isinstance(error, InputError) else f"{self._file}: {reason}"
        self.trouble = f"{told}; {kept}"
        memory = connected(None)
        if run:
            with contextlib.suppress(sqlite3.Error):
                for table in ("tables", "runs", *OF_A_RUN):
                    which = {"tables": "", "runs": "WHERE id = ?"}.get(table, "WHERE run = ?")
                    given = (run,) if which else ()
                    for row in self._db.execute(f"SELECT * FROM {table} {which}", given):  # noqa: S608
                        places = ", ".join("?" * len(row))
                        memory.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
        self._file, self._lives = None, Lives(None)
        self._use(memory)
        if run:
            self._lives.begin(run)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def begin(self, beginning: Beginning) -> str:
        """Begin a run, and return its id."""
        run = secrets.token_hex(4)
        try:
            self._begin(run, beginning)
        except (sqlite3.Error, OSError) as error:
            self._go_on_in_memory(error)
            self._begin(run, beginning)
        return run

    def _begin(self, run: str, beginning: Beginning) -> None:
        self._lives.begin(run)
        table, recipe = beginning.table, beginning.recipe
        x, y = table.x.tobytes(), table.y.tobytes()
        named = "\0".join((table.source, table.x_name, table.y_name)).encode()
        key = hashlib.sha256(named + b"\0" + x + y).hexdigest()
        row = (
            run, beginning.name, beginning.file, msgspec.json.encode(recipe).decode(), key,
            beginning.parent, beginning.parent_epoch, metadata.version("torch"), __version__,
            beginning.unit, time.time(), None, 0, "",
        )  # fmt: skip
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO tables VALUES (?, ?, ?, ?, ?, ?)",
                (key, table.source, table.x_name, table.y_name, x, y),
            )
            self._db.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608

    def write(self, run: str, page: Page) -> None:
        """Add `page` to `run`."""
        try:
            self._write(run, page)
        except sqlite3.Error as error:
            self._go_on_in_memory(error, run)
            with contextlib.suppress(sqlite3.Error):  # as where the run itself can't be read
                self._write(run, page)

    def _write(self, run: str, page: Page) -> None:
        db, now = self._db, time.time()
        with self._transaction():
            self._add_losses(run, page)
            db.execute("DELETE FROM states WHERE run = ? AND kind = ?", (run, NEWEST))
            db.executemany(
                "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?)",
                [(run, *kept) for kept in page.states if len(kept.state) <= MAX_STATE],
            )
            written = dict(db.execute("SELECT epoch, made FROM changes WHERE run = ?", (run,)))
            made = {c.epoch: msgspec.json.encode(c).decode() for c in page.changes}
            for epoch in written.keys() - made.keys():
                db.execute("DELETE FROM changes WHERE run = ? AND epoch = ?", (run, epoch))
            db.executemany(
                "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?)",
                [(run, e, now, text) for e, text in made.items() if written.get(e) != text],
            )
            db.executemany(
                "INSERT OR IGNORE INTO early_stops VALUES (?, ?, ?)",
                [(run, stop.epoch, stop.best_epoch) for stop in page.early_stops],
            )
            self._add_verdict(run, page)
            db.execute(
                "UPDATE runs SET epochs = ?, standing = ? WHERE id = ?",
                (page.epochs, msgspec.json.encode(page.standing).decode(), run),
            )

    def _add_losses(self, run: str, page: Page) -> None:
        """Fill the last chunk of losses, then begin others."""
        count = len(page.train) // FLOAT
        if not count:
            return
        first, train, val = page.epochs - count + 1, page.train, page.val
        last = self._db.execute(
            "SELECT first, train, val FROM losses WHERE run = ? AND first <= ? "
            "ORDER BY first DESC LIMIT 1",
            (run, first),
        ).fetchone()
        if last and first - last[0] < CHUNK:
            known = (first - last[0]) * FLOAT
            first, train, val = last[0], last[1][:known] + train, last[2][:known] + val
        step = CHUNK * FLOAT
        self._db.executemany(
            "INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?)",
            [
                (run, first + at // FLOAT, train[at : at + step], val[at : at + step])
                for at in range(0, len(train), step)
            ],
        )

    def _add_verdict(self, run: str, page: Page) -> None:
        verdict = page.standing.verdict
        last = self._db.execute(
            "SELECT words FROM verdicts WHERE run = ? ORDER BY epoch DESC LIMIT 1", (run,)
        ).fetchone()
        if last != (verdict.words,):
            row = run, page.epochs, verdict.kind, verdict.words
            self._db.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?)", row)

    def thin(self, run: str) -> None:
        """Leave out every other state along the way."""
        with contextlib.suppress(sqlite3.Error):  # on a full disk there is no harm in too many
            self._db.execute(
                "DELETE FROM states WHERE rowid IN (SELECT place FROM (SELECT rowid AS place, "
                "row_number() OVER (ORDER BY epoch) AS number FROM states "
                "WHERE run = ? AND kind = ?) WHERE number % 2 = 1)",
                (run, SPACED),
            )

    def branch(self, parent: str, epoch: int, beginning: Beginning) -> str:
        """Begin a run with what `parent` was up to `epoch`, and return its id."""
        run = self.begin(beginning)
        try:
            with self._transaction():
                for table, last in (("changes", epoch + 1), ("early_stops", epoch),
                                    ("states", epoch), ("verdicts", epoch)):  # fmt: skip
                    rows = self._db.execute(
                        f"SELECT * FROM {table} WHERE run = ? AND epoch <= ?",  # noqa: S608
                        (parent, last),
                    )
                    for _, *row in rows.fetchall():
                        places = ", ".join("?" * (len(row) + 1))
                        self._db.execute(f"INSERT INTO {table} VALUES ({places})", (run, *row))  # noqa: S608
                self._db.execute(
                    "UPDATE states SET kind = ? WHERE run = ? AND kind = ?", (SPACED, run, NEWEST)
                )
                self._db.execute(
                    "INSERT INTO losses SELECT ?, first, substr(train, 1, ? * (? - first + 1)), "
                    "substr(val, 1, ? * (? - first + 1)) FROM losses "
                    "WHERE run = ? AND first <= ?",
                    (run, FLOAT, epoch, FLOAT, epoch, parent, epoch),
                )
        except sqlite3.Error as error:
            self._go_on_in_memory(error, run)
        return run

    def take_up(self, run: str) -> None:
        """Live `run` again.

        Raises:
            InputError: another process lives it.
        """
        try:
            alone = self._lives.begin(run)
        except OSError as error:
            raise InputError(f"run {run}: can't be locked ({error.strerror})") from error
        if not alone:
            raise InputError(f"run {run}: another tempfit-tui is training it; leave it there first")
        with contextlib.suppress(sqlite3.Error):  # the next page tells
            self._db.execute("UPDATE runs SET left = NULL WHERE id = ?", (run,))

    def leave(self, run: str) -> None:
        """Live `run` no longer: it is complete as it is."""
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("UPDATE runs SET left = ? WHERE id = ?", (time.time(), run))
        self._lives.end(run)

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
            self._db.execute("PRAGMA incremental_vacuum").fetchall()
        except sqlite3.Error as error:
            raise InputError(f"{self._file}: {error}; nothing was deleted") from error
        for run in runs:
            self._lives.end(run)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
