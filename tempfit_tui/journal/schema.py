"""The journal's tables, as named migrations, and opening a file with them.

A file that holds more than tables, or migrations that aren't known, is no journal of ours.
"""

import contextlib
import sqlite3
import time
from pathlib import Path

from tempfit_tui.text import InputError

BUSY_SECONDS = 5.0
"""How long one app waits for another to write."""
BUSY_STEP_SECONDS = 0.01
MAX_BLOB = 64 * 2**20
"""No value is longer, in bytes."""

MIGRATIONS: dict[str, str] = {
    "runs": """
        CREATE TABLE tables (
            hash TEXT PRIMARY KEY, source TEXT, x_name TEXT, y_name TEXT, x BLOB, y BLOB);
        CREATE TABLE runs (
            id TEXT PRIMARY KEY, name TEXT, file TEXT, recipe TEXT, hash TEXT REFERENCES tables,
            parent TEXT, parent_epoch INTEGER, torch TEXT, tempfit TEXT, unit REAL,
            begun REAL, left REAL, epochs INTEGER, standing TEXT);
        CREATE TABLE changes (
            run TEXT REFERENCES runs, epoch INTEGER, at REAL, made TEXT, PRIMARY KEY (run, epoch));
        CREATE TABLE early_stops (
            run TEXT REFERENCES runs, epoch INTEGER, best_epoch INTEGER, PRIMARY KEY (run, epoch));
        CREATE TABLE losses (
            run TEXT REFERENCES runs, first INTEGER, train BLOB, val BLOB, seal INTEGER,
            PRIMARY KEY (run, first));
        CREATE TABLE states (
            run TEXT REFERENCES runs, epoch INTEGER, kind INTEGER, state BLOB, seal INTEGER,
            PRIMARY KEY (run, epoch));
        CREATE TABLE verdicts (
            run TEXT REFERENCES runs, epoch INTEGER, kind TEXT, words TEXT,
            PRIMARY KEY (run, epoch));
    """,
    "leaps": """
        CREATE TABLE leaps (
            run TEXT REFERENCES runs, epoch INTEGER, until INTEGER, PRIMARY KEY (run, epoch));
    """,
    "commits": """
        CREATE TABLE commits (journal TEXT, number INTEGER);
        INSERT INTO commits VALUES (lower(hex(randomblob(8))), 0);
    """,
}
"""Each is made once, in this order; what has landed is never changed."""

BY_EPOCH = {
    "changes": "epoch, at, made",
    "early_stops": "epoch, best_epoch",
    "states": "epoch, kind, state, seal",
    "verdicts": "epoch, kind, words",
}
"""The tables with rows of a run's epochs, and their columns but for the run's."""
OF_A_RUN = ("losses", "leaps", *BY_EPOCH)
"""The tables with a run's rows."""


class _Connection(sqlite3.Connection):
    """Closed when nobody has it any more: Python 3.13 complains of one that is still open then."""

    def __del__(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.close()


def connected(file: Path | None) -> sqlite3.Connection:
    """Open a journal, in memory where there is no file, with every migration made.

    Raises:
        InputError: the file is another program's, or a newer version's.
        sqlite3.Error: it can't be opened, read or written.
    """
    if file:
        refuse_beheaded(file)
    # Every transaction begins and ends where the code says so.
    db = sqlite3.connect(
        file or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, factory=_Connection
    )
    try:
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_BLOB)
        # A damaged word doesn't hide the others.
        db.text_factory = _text
        # Nothing that the file's own schema says is run on reading it.
        db.execute("PRAGMA trusted_schema = OFF")
        if _made_by_us(db, file) != list(MIGRATIONS):
            _prepare(db)
        # A killed process loses nothing; after a power cut the last second may be gone.
        db.execute("PRAGMA synchronous = NORMAL")
    except BaseException as error:
        db.close()
        if isinstance(error, UnicodeError):  # SQLite's complaint holds the damaged name
            raise sqlite3.DatabaseError("malformed database schema") from error
        raise
    return db


def refuse_beheaded(file: Path) -> None:
    """Refuse a file that is gone or empty beside its log: SQLite would delete what the log holds.

    Raises:
        InputError: it is.
    """
    log = file.with_name(f"{file.name}-wal")
    if log.is_file() and log.stat().st_size and not (file.exists() and file.stat().st_size):
        raise InputError(f"{file}: is empty, and its last pages are in {log.name}; move both away")


def _text(text: bytes) -> str:
    return text.decode(errors="replace")


def _made_by_us(db: sqlite3.Connection, file: Path | None) -> list[str]:
    """Return the migrations made so far, having checked that the file is a journal or new."""
    db.execute("BEGIN")  # one snapshot: another app may be making the tables
    found = [(str(kind), name) for kind, name in db.execute("SELECT type, name FROM sqlite_master")]
    known = _made(db)
    db.execute("COMMIT")
    tables = {name for kind, name in found if kind == "table"}
    # An earlier version could be killed when it had made no more than the list of migrations.
    strange = not known and tables - {"migrations"}
    if {kind for kind, _ in found} - {"table", "index"} or strange:
        raise InputError(f"{file}: not a journal of tempfit-tui; move it away")
    if unknown := [name for name in known if name not in MIGRATIONS]:
        raise InputError(f"{file}: from a newer tempfit-tui ({unknown[0]}); update to read it")
    return known


def _made(db: sqlite3.Connection) -> list[str]:
    """Return the migrations made so far, in order."""
    there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone()
    if not there:
        return []
    return [name for (name,) in db.execute("SELECT name FROM migrations ORDER BY rowid")]


def _prepare(db: sqlite3.Connection) -> None:
    """Make the file a journal, or bring it up to date; wait while another app does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            db.execute("PRAGMA journal_mode = WAL")
            _migrate(db)
        except sqlite3.OperationalError as error:
            # SQLite itself doesn't wait to change the journal mode.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_STEP_SECONDS)
        else:
            return


def _migrate(db: sqlite3.Connection) -> None:
    """Make all that is missing in one transaction: a process that is killed leaves none of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
        made = _made(db)  # another app may have made them while this one waited
        for name, statements in MIGRATIONS.items():
            if name not in made:
                for statement in filter(str.strip, statements.split(";")):
                    db.execute(statement)
                db.execute("INSERT INTO migrations VALUES (?)", (name,))
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
