"""The vocabulary of the pipe: each message comes out as it went in, and nothing else does."""

import msgspec
import pytest
from helpers import SECTION_6, THERMOMETER, complaint, recipe
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.engine import messages
from tempfit_tui.engine.messages import (
    MAX_BYTES,
    PREFIX,
    Advance,
    Branch,
    ChangeSettings,
    CompareRuns,
    DeleteRuns,
    Export,
    LeapAhead,
    Leave,
    ListRuns,
    LookBack,
    Open,
    OpenRun,
    RangeTest,
    RangeTested,
    Refused,
    Rewind,
    SentTable,
    SetView,
    Shown,
    WireError,
    answer_of,
    length_of,
    packed,
    request_of,
)
from tempfit_tui.frame import MOST_LEAP, View
from tempfit_tui.insight import LrTest
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.record import Source
from tempfit_tui.session.session import Session

FULL = msgspec.structs.replace(
    recipe(**SECTION_6), changes=[PlannedChange(5, {"training.lr": 0.1})]
)
REQUESTS = [
    Open(FULL, SentTable.of(THERMOMETER), View(7, 8, True, 9), Source("mine.csv", "/a/mine.csv")),
    Advance(3, None),
    Advance(None, 0.25),
    ChangeSettings({"training.lr": 0.1, "training.optimizer": "adam", "training.epochs": None}),
    SetView(View(None, 5)),
    Rewind("start"),
    Rewind("before-change"),
    Rewind("best"),
    Open(FULL, SentTable.of(THERMOMETER), View(), follows=True, remedy="a simpler model"),
    OpenRun("0123abcd", View()),
    LookBack(5),
    LookBack(None),
    Branch(),
    LeapAhead(1),
    LeapAhead(MOST_LEAP),
    RangeTest(anew=True),
    RangeTest(anew=False),
    Export("script", "/a folder"),
    ListRuns(),
    CompareRuns(["0123abcd", "x"], 80),
    DeleteRuns([]),
    Leave(),
    ChangeSettings({"penalty.l2": 0.01, "training.nesterov": True}, remedy="L2"),
]
UNDER_WAY = LrTest(5, [1e-6, 1.1e-6], [80.4, 80.3], 80.5, is_done=False, end=10.0)
ENDED = LrTest(
    0, [0.01, 0.1, 1.0], [50.0, 9.0, None], 80.5, True, 0.01, 0.4, "2 / largest eigenvalue", 3.6
)


def shown(epochs):
    session = Session(FULL, THERMOMETER)
    session.advance(epochs)
    return Shown(session.frame(View()))


def body_of(message):
    framed = packed(message)
    assert length_of(framed[:PREFIX]) == len(framed) - PREFIX
    return framed[PREFIX:]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_a_request_comes_out_as_it_went_in(request_):
    assert request_of(body_of(request_)) == request_


@pytest.mark.parametrize(
    "answer",
    [shown(0), shown(20), Refused("why [not] \x1b"), RangeTested(UNDER_WAY), RangeTested(ENDED)],
)
def test_an_answer_comes_out_as_it_went_in(answer):
    assert answer_of(body_of(answer)) == answer


def test_a_table_crosses_bit_for_bit():
    sent = request_of(body_of(REQUESTS[0])).sent.table()
    assert sent == THERMOMETER


@given(st.binary(max_size=100))
def test_any_bytes_are_a_message_or_a_wire_error(body):
    for read, kinds in ((request_of, messages.AnyRequest), (answer_of, messages.Answer)):
        if complaint(WireError, read, body) is None:
            assert isinstance(read(body), kinds)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"type": "Explode"}),
        msgspec.msgpack.encode({"type": "Rewind", "to": "nowhere"}),
        msgspec.msgpack.encode({"type": "Advance", "epochs": "many"}),
        msgspec.msgpack.encode({"type": "LeapAhead", "epochs": 0}),
        msgspec.msgpack.encode({"type": "LeapAhead", "epochs": MOST_LEAP + 1}),
        msgspec.msgpack.encode([1, 2]),
        msgspec.msgpack.encode(Refused("an answer")),
        msgspec.msgpack.encode(Advance(1)) + b"\0",
    ],
)
def test_what_is_no_request_is_refused(body):
    with pytest.raises(WireError):
        request_of(body)


def test_a_length_beyond_the_limit_is_none():
    assert length_of(MAX_BYTES.to_bytes(PREFIX, "big")) == MAX_BYTES
    with pytest.raises(WireError) as caught:
        length_of(b"<htm")
    assert str(caught.value) == (
        "a message of 1,013,478,509 bytes is announced; these bytes are none"
    )


def test_a_message_beyond_the_limit_is_not_packed(monkeypatch):
    monkeypatch.setattr(messages, "MAX_BYTES", 10)
    with pytest.raises(WireError, match=r"^a message of 1,0\d\d bytes is too long$"):
        packed(Refused("a" * 1000))


@pytest.mark.parametrize("value", [2**70, "\udcff"])
def test_what_no_pipe_takes_is_not_packed(value):
    with pytest.raises(WireError, match=r"^a number or a name in it can't be sent"):
        packed(ChangeSettings({"training.epochs": value}))
