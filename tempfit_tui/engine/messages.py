"""The closed vocabulary between the app and the engine's process, and its frames on a pipe.

A message is a four-byte big-endian length and so many bytes of msgpack.
"""

from array import array
from typing import Annotated, Self, TypeVar

import msgspec
from msgspec import Meta

from tempfit_tui.frame import MOST_LEAP, Columns, Frame, RewindTo, Value, View
from tempfit_tui.insight import LrTest
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import UNKNOWN, ExportKind, RunSummary, Source, Traced
from tempfit_tui.table import Table
from tempfit_tui.text import InputError

MAX_BYTES = 64 * 2**20
"""No message is longer: a table of the most rows that are read fits twice."""
MAX_BYTES_BESIDE = 16 * 2**20
"""Beside a table no message is longer: a small object takes many times its bytes in memory."""
MAX_WAITING = 1000
"""No more requests wait for an answer: no person asks so much."""
PREFIX = 4
"""The bytes of the length."""

T = TypeVar("T")
Ids = Annotated[list[str], Meta(max_length=100_000)]


class Request(msgspec.Struct, frozen=True, tag=True):
    """What the app asks."""


class SentTable(msgspec.Struct, frozen=True, array_like=True):
    """A table on its way."""

    source: str
    x_name: str
    y_name: str
    x: bytes
    """The inputs, float64 in the machine's order."""
    y: bytes

    @classmethod
    def of(cls, table: Table) -> Self:
        """Return `table` as it is sent."""
        columns = table.x.tobytes(), table.y.tobytes()
        return cls(table.source, table.x_name, table.y_name, *columns)

    def table(self) -> Table:
        """Return the table that was sent.

        Raises:
            InputError: its columns aren't as many numbers each, or none at all.
        """
        whole = self.x and len(self.x) == len(self.y) and not len(self.x) % array("d").itemsize
        if not whole:
            raise InputError("the table was damaged on its way; open it again")
        return Table(self.source, self.x_name, self.y_name, array("d", self.x), array("d", self.y))


class Open(Request, frozen=True):
    """Start a recipe on a table."""

    recipe: Recipe
    sent: SentTable
    view: View
    source: Source = UNKNOWN
    follows: bool = False
    """Whether it comes from the run before."""
    remedy: str = ""
    """As what the new start is to be judged beside the run before; "" where it is none."""


class OpenRun(Request, frozen=True):
    """Go on with a run of the journal."""

    id: str
    view: View


class Advance(Request, frozen=True):
    """Train for so many epochs or seconds."""

    epochs: Annotated[int, Meta(ge=0, le=2**62)] | None = None
    seconds: Annotated[float, Meta(ge=0, le=1e9)] | None = None


class ChangeSettings(Request, frozen=True):
    """Change live settings."""

    settings: dict[str, Value]
    remedy: str = ""
    """What the change is to be judged as; "" where it is none."""


class SetView(Request, frozen=True):
    """Show something else."""

    view: View


class Rewind(Request, frozen=True):
    """Go back."""

    to: RewindTo


class LookBack(Request, frozen=True):
    """Show the run as it was."""

    epoch: int | None
    """None for the present."""


class Branch(Request, frozen=True):
    """Begin another run at the epoch shown."""


class LeapAhead(Request, frozen=True):
    """Compute epochs in closed form instead of training them."""

    epochs: Annotated[int, Meta(ge=1, le=MOST_LEAP)]


class RangeTest(Request, frozen=True):
    """Go on with the range test of the learning rate for a moment."""

    anew: bool
    """Whether to begin one at the epoch shown."""


class Export(Request, frozen=True):
    """Write the run as a file of its own."""

    kind: ExportKind
    folder: str


class ListRuns(Request, frozen=True):
    """Tell which runs there are."""


class CompareRuns(Request, frozen=True):
    """Tell what some runs were."""

    ids: Ids
    columns: Columns


class DeleteRuns(Request, frozen=True):
    """Forget some runs."""

    ids: Ids


class Leave(Request, frozen=True):
    """Write the last of the run: the app is being left."""


class Shown(msgspec.Struct, frozen=True, tag=True):
    """The answer: what is to be seen."""

    frame: Frame


class Reopened(msgspec.Struct, frozen=True, tag=True):
    """The answer: a run of the journal, with all that the app needs to show it."""

    frame: Frame
    recipe: Recipe
    sent: SentTable
    source: Source


class Listed(msgspec.Struct, frozen=True, tag=True):
    """The answer: the runs there are, the newest first."""

    runs: list[RunSummary]


class Compared(msgspec.Struct, frozen=True, tag=True):
    """The answer: what was asked of some runs, in their order."""

    runs: list[Traced]


class RangeTested(msgspec.Struct, frozen=True, tag=True):
    """The answer: the range test so far."""

    test: LrTest


class Done(msgspec.Struct, frozen=True, tag=True):
    """The answer: it is done, and what there is to say of it."""

    words: str


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The answer: why not."""

    reason: str


AnyRequest = (
    Open
    | OpenRun
    | Advance
    | ChangeSettings
    | SetView
    | Rewind
    | LookBack
    | Branch
    | LeapAhead
    | RangeTest
    | Export
    | ListRuns
    | CompareRuns
    | DeleteRuns
    | Leave
)
Answer = Shown | Reopened | Listed | Compared | RangeTested | Done | Refused

_request_decoder: msgspec.msgpack.Decoder[AnyRequest] = msgspec.msgpack.Decoder(AnyRequest)
_answer_decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class WireError(Exception):
    """The bytes are no message."""


def packed(message: AnyRequest | Answer) -> bytes:
    """Return `message` as it goes on the pipe.

    Raises:
        WireError: it is too long, or holds a number or a text that no pipe takes.
    """
    try:
        body = msgspec.msgpack.encode(message)
    except (OverflowError, UnicodeEncodeError) as error:
        raise WireError(f"a number or a name in it can't be sent ({error})") from error
    _refuse_too_long(body)
    return len(body).to_bytes(PREFIX, "big") + body


def length_of(prefix: bytes) -> int:
    """Return the length that `prefix` tells.

    Raises:
        WireError: no message is that long.
    """
    length = int.from_bytes(prefix, "big")
    if length > MAX_BYTES:
        raise WireError(f"a message of {length:,} bytes is announced; these bytes are none")
    return length


def request_of(body: bytes) -> AnyRequest:
    """Return the request in `body`.

    Raises:
        WireError: it is none.
    """
    return _decoded(_request_decoder, body)


def answer_of(body: bytes) -> Answer:
    """Return the answer in `body`.

    Raises:
        WireError: it is none.
    """
    return _decoded(_answer_decoder, body)


def _decoded(decoder: msgspec.msgpack.Decoder[T], body: bytes) -> T:
    try:
        _refuse_too_long(body)
        return decoder.decode(body)
    # What isn't UTF-8, or is nested too deep, is told by errors of its own.
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(str(error)) from error


def _refuse_too_long(body: bytes) -> None:
    beside = len(body)
    if beside > MAX_BYTES_BESIDE and (sent := _table_decoder.decode(body).sent):
        beside -= len(sent.x) + len(sent.y)
    if beside > MAX_BYTES_BESIDE or len(body) > MAX_BYTES:
        raise WireError(f"a message of {len(body):,} bytes is too long")


class _WithTable(msgspec.Struct):
    """What a message has of a table; all else in it is passed over, and takes no memory."""

    sent: SentTable | None = None


_table_decoder = msgspec.msgpack.Decoder(_WithTable)
