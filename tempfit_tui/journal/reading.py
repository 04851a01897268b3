"""Reading the journal. Whatever its file holds, a run is read right or refused in one line."""

import sqlite3
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from tempfit_tui.checking import checked
from tempfit_tui.delimited.rows import MAX_ROWS
from tempfit_tui.frame import MOST_LEAP, Change, CutOff, EarlyStop, Leap, Value
from tempfit_tui.journal.lives import Lives
from tempfit_tui.journal.pages import FLOAT, Standing, key_of, seal
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import Record, RunState, RunSummary
from tempfit_tui.settings import is_live, with_settings
from tempfit_tui.table import Table
from tempfit_tui.text import LONGEST_TITLE, InputError, brief

_NO_DIFFERENCE = ("training.epochs",)
"""Runs that differ in this alone are the same."""
OLD_NOISE = 1.7
"""What `more_data.noise` was where a recipe left it out. Every run since is kept with its own."""
_Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}\Z")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
# From 1970 on, as far as calendars go.
_Time = Annotated[float, msgspec.Meta(ge=0, le=2e11)]
_FAULTS = (
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RecursionError,
)
"""What comes of reading what isn't as it was written."""
T = TypeVar("T")


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A run's row, its recipe and standing still text."""

    id: _Id
    name: str
    file: str
    recipe: str
    hash: str
    parent: _Id | None
    parent_epoch: _Count
    torch: str
    tempfit: str
    unit: Annotated[float, msgspec.Meta(gt=0, le=sys.float_info.max)]
    begun: _Time
    left: _Time | None
    epochs: _Count
    standing: str


class Losses(NamedTuple):
    """A run's losses from epoch 1 on, float32 in transformed units."""

    train: bytes
    val: bytes
    """b"" without validation rows."""


class Reader:
    """What the journal `db` holds; `place` names it in errors."""

    def __init__(self, db: sqlite3.Connection, lives: Lives, place: str) -> None:
        self._db, self._lives, self._place = db, lives, place

    def _select(self, query: str, *given: object) -> list[Any]:
        try:
            return self._db.execute(query, given).fetchall()
        except (sqlite3.Error, UnicodeError, OverflowError) as error:
            raise InputError(f"{self._place}: can't be read ({error}); move it away") from error

    def named(self, name: str) -> str:
        """Return the id that `name` means: an id, a unique beginning of one, or `last`.

        Raises:
            InputError: there is no such run, or more than one.
        """
        newest_first = [row.id for row in self._rows()]
        if name == "last":
            found = newest_first[:1]
        else:
            found = [run for run in newest_first if name and run.startswith(name.lower())]
        if not found:
            raise InputError(f"{name}: no such run; `tempfit-tui runs` lists them")
        if len(found) > 1:
            raise InputError(f"{name}: could be {' or '.join(found[:9])}; write more of its id")
        return found[0]

    def _rows(self) -> list[Row]:
        """Return the rows that can be read, newest first."""
        rows = []
        for found in self._select("SELECT * FROM runs ORDER BY rowid DESC"):
            try:
                rows.append(msgspec.convert(found, Row))
            except msgspec.ValidationError:
                continue
        return rows

    def row(self, run: str) -> Row:
        """Return the row of a run.

        Raises:
            InputError: there is no such run, or it is damaged.
        """
        found = self._select("SELECT * FROM runs WHERE id = ?", run)
        if not found:
            raise InputError(f"run {run}: there is none; `tempfit-tui runs` lists them")
        with _undamaged(run):
            return msgspec.convert(found[0], Row)

    def state(self, row: Row) -> RunState:
        """Return whether a run is being lived, was cut off, or was left."""
        return "left" if row.left is not None else self._lives.state(row.id)

    def summaries(self, only: list[str] | None = None) -> list[RunSummary]:
        """Return the runs that can be read, newest first; or `only` those, in their order."""
        rows, standings, recipes = {}, {}, {}
        for row in self._rows():
            try:
                recipes[row.id], standings[row.id] = self._recipe(row), _standing(row)
            except InputError:
                continue
            rows[row.id] = row
        summaries, leaps = {}, self._all_leaps()
        for run, row in rows.items():
            recipe, standing = recipes[run], standings[run]
            parent = standings.get(row.parent or "")
            summaries[run] = RunSummary(
                id=run,
                name=brief(row.name, LONGEST_TITLE),
                title=brief(recipe.title, LONGEST_TITLE) or "untitled",
                model=recipe.model.words,
                begun=row.begun,
                state=self.state(row),
                epochs=row.epochs,
                train_loss=standing.train_loss,
                val_loss=standing.val_loss,
                best_epoch=standing.best_epoch,
                best_loss=standing.best_loss,
                verdict=standing.verdict,
                parent=row.parent,
                parent_epoch=row.parent_epoch,
                differs=_differences(parent.settings, standing.settings) if parent else {},
                sketch=standing.sketch,
                computed=_computed(leaps.get(run, []), row.epochs),
            )
        return [summaries[run] for run in (rows if only is None else only) if run in summaries]

    def _all_leaps(self) -> dict[str, list[Any]]:
        """Return what is written of each run's leaps; nothing where it can't be read."""
        found: dict[str, list[Any]] = {}
        with suppress(InputError):
            for run, *leap in self._select("SELECT run, epoch, until FROM leaps ORDER BY epoch"):
                found.setdefault(str(run), []).append(leap)
        return found

    def count(self) -> int:
        """Return how many runs there are, those that can't be read among them."""
        ((count,),) = self._select("SELECT count(*) FROM runs")
        return int(count)

    def cut_off(self) -> CutOff | None:
        """Return the newest run that a process left when it was killed; None for none."""
        # What can't be read isn't offered; whoever asks for it is told.
        with suppress(InputError):
            for row in self._rows():
                if self.state(row) == "cut off":
                    with suppress(InputError):
                        title = self._recipe(row).title or row.name
                        return CutOff(row.id, brief(title, LONGEST_TITLE), row.epochs)
        return None

    def _recipe(self, row: Row) -> Recipe:
        with _undamaged(row.id):
            tree = msgspec.json.decode(row.recipe, type=dict[str, Any])
            more = tree.get("more_data")
            if isinstance(more, dict) and more.get("rows"):
                more.setdefault("noise", OLD_NOISE)
            return checked(tree, f"run {row.id}")

    def standing(self, row: Row) -> Standing:
        """Return how a run stands.

        Raises:
            InputError: it is damaged.
        """
        return _standing(row)

    def record(self, run: str) -> Record:
        """Return what it takes to live a run again.

        Raises:
            InputError: there is no such run, or it is damaged.
        """
        row = self.row(run)
        # What is planned is checked too.
        recipe = with_settings(self._recipe(row), {}, f"run {run}")
        stops = self._select(
            "SELECT epoch, best_epoch FROM early_stops WHERE run = ? ORDER BY epoch", run
        )
        leaps = self._select("SELECT epoch, until FROM leaps WHERE run = ? ORDER BY epoch", run)
        changes = self.changes(run)
        with _undamaged(run):
            computed = _leaps(leaps, row.epochs)
            early_stops = [_sendable(msgspec.convert(stop, EarlyStop)) for stop in stops]
            for change in changes:
                if not all(map(is_live, change.after)):
                    raise ValueError(f"a change at epoch {change.epoch} is none")
                with_settings(replace(recipe, changes=[]), change.after, f"run {run}")
            done = [change.epoch - 1 for change in changes] + [stop.epoch for stop in early_stops]
            if any(leap.epoch < epoch < leap.until for leap in computed for epoch in done):
                raise ValueError("what was done inside a leap can't have been")
        table = self._table(row)
        return Record(row.name, row.file, recipe, table, changes, early_stops, row.epochs, computed)

    def changes(self, run: str) -> list[Change]:
        """Return the changes made to a run, in order.

        Raises:
            InputError: they are damaged.
        """
        made = self._select("SELECT made FROM changes WHERE run = ? ORDER BY epoch", run)
        with _undamaged(run):
            return [_sendable(msgspec.json.decode(text, type=Change)) for (text,) in made]

    def _table(self, row: Row) -> Table:
        found = self._select(
            "SELECT source, x_name, y_name, x, y FROM tables WHERE hash = ?", row.hash
        )
        with _undamaged(row.id):
            *names, x, y = found[0]
            source, x_name, y_name = map(brief, msgspec.convert(names, list[str]))
            table = Table(source, x_name, y_name, array("d", x), array("d", y))
            if not 2 <= len(table.x) == len(table.y) <= MAX_ROWS or key_of(table) != row.hash:
                raise ValueError("its table isn't as it was written")
            return table

    def losses(self, run: str, until: int) -> Losses:
        """Return a run's losses up to epoch `until`.

        Raises:
            InputError: they can't be read, or some are missing.
        """
        chunks = self._select(
            "SELECT first, train, val, seal FROM losses WHERE run = ? AND first <= ? "
            "ORDER BY first",
            run,
            until,
        )
        with _undamaged(run):
            epoch, trains, vals = 1, [], []
            for first, *chunk in chunks:
                train, val = _losses(*chunk)
                if first != epoch:
                    break
                epoch += len(train) // FLOAT
                trains.append(train)
                vals.append(val)
            losses = Losses(b"".join(trains), b"".join(vals))
            if epoch <= until or len(losses.val) not in (0, len(losses.train)):
                raise ValueError(f"losses of epoch {epoch} are missing")
            return Losses(losses.train[: until * FLOAT], losses.val[: until * FLOAT])

    def last_losses(self, run: str, until: int) -> tuple[int, Losses]:
        """Return the first epoch of the last losses kept up to `until`, and those; 0 for none.

        Raises:
            InputError: they are damaged.
        """
        chunks = self._select(
            "SELECT first, train, val, seal FROM losses WHERE run = ? AND first <= ? "
            "ORDER BY first DESC LIMIT 1",
            run,
            until,
        )
        with _undamaged(run):
            for first, *chunk in chunks:
                return int(first), _losses(*chunk)
        return 0, Losses(b"", b"")

    def states(self, run: str, until: int) -> Iterator[bytes]:
        """Give the undamaged ones of the states kept up to epoch `until`, the latest first."""
        epochs = self._select(
            "SELECT epoch FROM states WHERE run = ? AND epoch <= ? ORDER BY epoch DESC", run, until
        )
        for (epoch,) in epochs:
            query = "SELECT state, seal FROM states WHERE run = ? AND epoch = ?"
            for state, sealed in self._select(query, run, epoch):
                if isinstance(state, bytes) and seal(state) == sealed:
                    yield state

    def size(self, run: str, kind: int) -> int:
        """Return the bytes of a run's states of a kind; 0 where they can't be read."""
        query = "SELECT coalesce(sum(length(state)), 0) FROM states WHERE run = ? AND kind = ?"
        with suppress(InputError):
            ((size,),) = self._select(query, run, kind)
            return int(size)
        return 0


def _standing(row: Row) -> Standing:
    with _undamaged(row.id):
        standing = _sendable(msgspec.json.decode(row.standing, type=Standing))
        verdict = standing.verdict
        bounded = replace(verdict, words=brief(verdict.words), why=brief(verdict.why))
        return replace(standing, verdict=bounded)


def _leaps(found: list[Any], epochs: int) -> list[Leap]:
    """Return the leaps of a run of so many epochs, in order, having checked that they can be."""
    leaps, before = msgspec.convert(found, list[Leap]), 0
    for leap in leaps:
        if not (before <= leap.epoch < leap.until <= min(epochs, leap.epoch + MOST_LEAP)):
            raise ValueError(f"a leap from epoch {leap.epoch} to {leap.until} is none")
        before = leap.until
    return leaps


def _computed(found: list[Any], epochs: int) -> int:
    """Return how many epochs were computed; 0 where that can't be read."""
    with suppress(*_FAULTS):
        return sum(leap.until - leap.epoch for leap in _leaps(found, epochs))
    return 0


def _losses(train: bytes, val: bytes, sealed: int) -> Losses:
    if seal(train, val) != sealed or len(train) % FLOAT:
        raise ValueError("losses aren't as they were written")
    return Losses(train, val)


def _sendable(value: T) -> T:
    """Return `value`, having tried whether it could go on a pipe: no number is too large."""
    msgspec.msgpack.encode(value)
    return value


@contextmanager
def _undamaged(run: str) -> Iterator[None]:
    """Tell in one line of what isn't as it was written."""
    try:
        yield
    except _FAULTS as error:
        raise InputError(f"run {run}: damaged in the journal ({error}); delete it") from error


def _differences(
    theirs: dict[str, Value], ours: dict[str, Value]
) -> dict[str, tuple[Value, Value]]:
    return {
        name: (theirs[name], value)
        for name, value in ours.items()
        if name in theirs and theirs[name] != value and name not in _NO_DIFFERENCE
    }
