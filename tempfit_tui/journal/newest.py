"""The number of the newest commit, in a small file beside the journal's.

SQLite reads a write-ahead log that is damaged or gone as a shorter one, without an error. The
journal counts its commits; where it holds fewer than this file says, commits are missing.
"""

import contextlib
import os
import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

from tempfit_tui.journal.pages import seal

SUFFIX = "-newest"
_JOURNAL = re.compile(r"[0-9a-f]{16}")
_TEXT = re.compile(rb"([0-9a-f]{16}) (\d{19}) (\d{10})\n")
_LENGTH = 48
_MOST = 10**18
"""Greater numbers are damage."""


class Commit(NamedTuple):
    """A commit: which journal it was made to, and how many were made before it."""

    journal: str
    """16 hexadecimal digits, drawn when the journal was made."""
    number: int


def read_newest(file: Path) -> Commit | None:
    """Return the newest commit noted beside the journal `file`; None where none can be read."""
    try:
        with _place(file).open("rb") as noted:
            found = _TEXT.fullmatch(noted.read(_LENGTH))
    except OSError:
        return None
    if not found or seal(found[1], found[2]) != int(found[3]):
        return None
    return Commit(found[1].decode(), int(found[2]))


def note_newest(file: Path, commit: Commit) -> None:
    """Note a commit that has been made, unless a newer one is noted.

    Two processes that note at the same moment may leave the older number: then less can be found
    missing, and nothing is found missing that is there. So it is where the file can't be written.
    """
    noted = read_newest(file)
    if noted and noted.journal == commit.journal and noted.number >= commit.number:
        return
    journal, number = commit.journal.encode(), b"%019d" % commit.number
    text = b"%b %b %010d\n" % (journal, number, seal(journal, number))
    with contextlib.suppress(OSError):
        # One write over what is there: a process that is killed leaves the whole text.
        noting = os.open(_place(file), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(noting, text, 0)
        finally:
            os.close(noting)


def count_commit(db: sqlite3.Connection, file: Path | None) -> Commit:
    """Number the commit that ends the transaction of `db`, and return it.

    Its number is above all that were made or noted before.
    """
    made, noted = _made(db), read_newest(file) if file else None
    if not made:
        db.execute("DELETE FROM commits")
        db.execute("INSERT INTO commits VALUES (lower(hex(randomblob(8))), 0)")
        made = _made(db) or Commit("", 0)
    number = made.number
    if noted and noted.journal == made.journal:
        number = max(number, noted.number)
    db.execute("UPDATE commits SET number = ?", (number + 1,))
    return Commit(made.journal, number + 1)


def commits_missing(db: sqlite3.Connection, file: Path) -> int:
    """Return how many commits were made to the journal `file` that `db` doesn't hold.

    0 where that can't be read: reading the runs reports it.
    """
    noted = read_newest(file)  # first: what is committed meanwhile only adds to what is held
    made = None
    with contextlib.suppress(sqlite3.Error):
        made = _made(db)
    if not (noted and made):
        return 0
    if noted.journal != made.journal:
        # All that was in the file was in the log, and its tables have just been made again.
        return noted.number if made.number == 0 else 0
    return max(0, noted.number - made.number)


def note_new_journal(db: sqlite3.Connection, file: Path) -> None:
    """Note that the journal `file` is a new one; an older one's number means nothing any more."""
    if made := _made(db):
        note_newest(file, made)


def _made(db: sqlite3.Connection) -> Commit | None:
    """Return the newest commit that `db` holds; None where that is damaged."""
    found = db.execute("SELECT journal, number FROM commits").fetchall()
    if len(found) != 1:
        return None
    journal, number = found[0]
    if not isinstance(journal, str) or not _JOURNAL.fullmatch(journal):
        return None
    return Commit(journal, number) if isinstance(number, int) and 0 <= number < _MOST else None


def _place(file: Path) -> Path:
    return file.with_name(file.name + SUFFIX)
