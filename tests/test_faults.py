"""What goes wrong between the app and its engine: told soon, mended with Enter, nothing lost."""

import asyncio
import io
import os
import signal
import sys
import time

import msgspec
import pytest
from helpers import SCALED, SECTION_6, THERMOMETER, alike, complaint, recipe, table_of, until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from screen import sitting_at
from scripted_engine import ScriptedEngine
from terminal import Terminal, children_of, lives

from tempfit_tui.engine import child as child_module
from tempfit_tui.engine import messages
from tempfit_tui.engine import silence as silence_module
from tempfit_tui.engine.child import ChildEngine
from tempfit_tui.engine.host import Host
from tempfit_tui.engine.inbox import Inbox
from tempfit_tui.engine.messages import (
    PREFIX,
    Advance,
    Answer,
    AnyRequest,
    Branch,
    ChangeSettings,
    CompareRuns,
    DeleteRuns,
    Done,
    Export,
    ListRuns,
    LookBack,
    Open,
    OpenRun,
    Refused,
    Rewind,
    SentTable,
    SetView,
    Shown,
    WireError,
    answer_of,
    packed,
    request_of,
)
from tempfit_tui.engine.protocol import EngineDiedError, EngineError, EngineRefusedError
from tempfit_tui.engine.silence import (
    LONG_SECONDS,
    LOOK_SECONDS,
    SHORT_SECONDS,
    Silence,
    is_suspended,
)
from tempfit_tui.frame import Frame, View
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.session.session import Session
from tempfit_tui.settings import all_settings

TOLD_SECONDS = 30
"""Two seconds are promised; so many are waited, for a busy machine."""
TRAINING = ("split", "--start", "--speed", "full", "--set", "training.epochs=1000000000")
VIEW = View(columns=20, points=5)
SLICE = Advance(None, 0.1)
SUSPENDED = "the engine is suspended: a signal stopped it"
LATE = "no answer from the engine; it may still come"


# --- which silence is told


class Watch:
    """A silence by a clock of its own."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(silence_module, "time", self)
        self.silence = Silence()

    def monotonic(self):
        return self.now

    def look(self, owed, seconds, suspended=False):
        """Look for so long; return what there is to say then."""
        end = self.now + seconds
        while self.now < end:
            self.now += LOOK_SECONDS
            self.silence.look(owed, suspended)
        return self.silence.words


@pytest.fixture
def watch(monkeypatch):
    return Watch(monkeypatch)


@pytest.mark.parametrize(
    ("request_", "seconds"),
    [
        (SLICE, SHORT_SECONDS),
        (Advance(1), SHORT_SECONDS),
        (ChangeSettings({}), SHORT_SECONDS),
        (SetView(VIEW), SHORT_SECONDS),
        (Open(recipe(), SentTable.of(THERMOMETER), VIEW), LONG_SECONDS),
        (LookBack(3), LONG_SECONDS),
        (Export("csv", "."), LONG_SECONDS),
        (Advance(10**9), LONG_SECONDS),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_answer_is_late_after_what_its_request_may_take(watch, request_, seconds):
    assert watch.look(request_, seconds - LOOK_SECONDS) == ""
    assert watch.look(request_, LOOK_SECONDS) == LATE
    watch.silence.broken(request_)
    assert watch.look(request_, LOOK_SECONDS) == ""


def test_without_a_request_there_is_no_silence(watch):
    assert watch.look(None, 1000) == ""
    assert watch.look(SLICE, 1.0) == ""


def test_what_the_app_itself_has_slept_is_not_counted(watch):
    for _ in range(2):
        watch.now += 8 * 3600
        assert watch.look(SLICE, LOOK_SECONDS) == ""
    watch.now += 8 * 3600
    assert watch.look(SLICE, LOOK_SECONDS, suspended=True) == ""


def test_slow_epochs_are_waited_for_once_one_was_seen(watch):
    assert watch.look(SLICE, 5) == LATE
    watch.silence.broken(SLICE)
    assert watch.look(SLICE, 12) == ""
    assert watch.look(SLICE, 3) == LATE
    watch.silence.broken(SLICE)
    watch.silence.broken(SLICE)  # a quick one
    assert watch.look(SLICE, SHORT_SECONDS) == LATE


def test_a_suspended_process_is_told_whatever_it_does(watch):
    assert watch.look(None, 2 * LOOK_SECONDS, suspended=True) == SUSPENDED
    assert watch.look(None, LOOK_SECONDS) == ""


# --- a child that is killed, suspended or hangs


HANGING = """
import os, sys, time
from tempfit_tui.training.run import Run
plain = Run.advance
def advance(self, epochs, **how):
    while os.path.exists({flag!r}):
        time.sleep(0.01)
    plain(self, epochs, **how)
Run.advance = advance
from tempfit_tui.engine.__main__ import main
main()
"""


@pytest.fixture
def flag(tmp_path):
    """A file: while it is there, the engine of `hanging` hangs in the middle of a slice."""
    return tmp_path / "hang"


@pytest.fixture
async def hanging(flag, tmp_path):
    code = HANGING.format(flag=str(flag))
    engine = ChildEngine(tmp_path / "engine.log", (sys.executable, "-c", code))
    yield engine
    flag.unlink(missing_ok=True)
    await engine.close()


async def soon(awaitable, seconds=30):
    return await asyncio.wait_for(awaitable, seconds)


async def death_of(request):
    with pytest.raises(EngineDiedError) as caught:
        await soon(request)
    return str(caught.value)


async def test_a_hang_is_told_and_where_it_lasts_another_engine_goes_on_from_the_journal(
    hanging, flag
):
    made = recipe(**SECTION_6)
    await soon(hanging.open(made, THERMOMETER, VIEW))
    flag.touch()
    slice_ = asyncio.ensure_future(hanging.advance(300, 30.0))
    assert await soon(hanging.silence(""), TOLD_SECONDS) == LATE
    flag.unlink()
    # A late answer takes it back.
    assert await soon(hanging.silence(LATE)) == ""
    assert (await soon(slice_)).epoch == 300
    changed = await soon(hanging.change({"training.lr": 0.02}))
    await soon(hanging.advance(1, 1.0))
    flag.touch()
    first = hanging.process_id
    slices = [hanging.advance(1), hanging.advance(seconds=0.1)]
    asked = [asyncio.ensure_future(death_of(slice_)) for slice_ in slices]
    assert await soon(hanging.silence(""), TOLD_SECONDS) == LATE
    await soon(hanging.kill("no answer"))
    assert await asyncio.gather(*asked) == ["the engine stopped: no answer"] * 2
    assert not lives(first)
    flag.unlink()
    reopened = await soon(hanging.open_run(changed.run, VIEW))
    further = await soon(hanging.advance(320 - reopened.frame.epoch))
    session = Session(made, THERMOMETER)
    session.advance(300)
    session.change({"training.lr": 0.02})
    session.advance(20)
    straight = replace(alike(session.frame(VIEW)), setup=None)
    # What went on beside isn't in the journal.
    assert alike(further) == replace(straight, ghost=None)


async def test_a_child_that_is_suspended_or_dies_is_told_though_nothing_is_asked(hanging):
    await soon(hanging.open(recipe(**SCALED), THERMOMETER, VIEW))
    os.kill(hanging.process_id, signal.SIGSTOP)
    assert await soon(hanging.silence(""), TOLD_SECONDS) == SUSPENDED
    os.kill(hanging.process_id, signal.SIGCONT)
    assert await soon(hanging.silence(SUSPENDED), TOLD_SECONDS) == ""
    assert (await soon(hanging.advance(3))).epoch == 3
    os.kill(hanging.process_id, signal.SIGKILL)
    told = await asyncio.wait_for(death_of(hanging.silence("")), TOLD_SECONDS)
    assert told == "the engine stopped: it was killed by signal 9"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hanging.silence(""), 2 * LOOK_SECONDS)


async def test_a_suspended_child_is_no_reason_to_wait_when_the_app_is_left(hanging, monkeypatch):
    monkeypatch.setattr(child_module, "GRACE_SECONDS", 1000)
    await soon(hanging.open(recipe(**SCALED), THERMOMETER, VIEW))
    process = hanging.process_id
    os.kill(process, signal.SIGSTOP)
    until(lambda: is_suspended(process), "the stop")
    await soon(hanging.close())
    assert not lives(process)


async def test_a_child_that_hangs_is_waited_for_once_when_the_app_is_left(
    hanging, flag, monkeypatch
):
    monkeypatch.setattr(child_module, "GRACE_SECONDS", 0.05)
    await soon(hanging.open(recipe(**SCALED), THERMOMETER, VIEW))
    flag.touch()
    process, slice_ = hanging.process_id, asyncio.ensure_future(death_of(hanging.advance(1)))
    await soon(hanging.close())
    assert await slice_ == "the engine stopped: it was busy when it was left"
    assert not lives(process)


# --- what the person has of it


async def test_a_silent_engine_is_told_and_heard_again():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await person.steps(2)
        engine.falls_silent(LATE)
        await person.sees("⚠ engine silent", f"⚠ {LATE} · Enter: start it again, up to here")
        assert person.status.startswith("epoch 2 ")
        await person.press("question_mark")
        await person.sees("start or pause training")
        await person.press("escape")
        engine.falls_silent("")
        await person.sees("‖ paused")
        await person.misses(LATE)


async def test_enter_starts_a_silent_engine_again_and_the_old_one_s_death_is_no_news():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await person.steps(3)
        reached = person.frame
        engine.wait()
        await person.press("n")
        engine.falls_silent(LATE)
        await person.sees(LATE)
        asked = len(engine.asked)
        await person.press("enter")
        # It opens the run, or anew and trains, where the journal hasn't got it yet.
        await person.until(
            lambda: any(isinstance(one, Open | OpenRun) for one in engine.asked[asked:]),
            "another engine at work",
        )
        engine.falls_silent("")
        await person.sees("‖ paused", "epoch 3 ")
        assert person.frame.parameters == reached.parameters
        await person.misses("killed")
        await person.steps(1)


async def test_a_silent_engine_is_told_on_every_screen():
    engine = ScriptedEngine()
    async with sitting_at(engine=engine) as person:
        await person.press("o")
        await person.until(lambda: person.app.screen is not person.app.main, "the recipes")
        engine.falls_silent(SUSPENDED)
        await person.sees(SUSPENDED)


def test_a_suspended_engine_is_told_and_started_again_with_nothing_lost():
    with Terminal(*TRAINING) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 1000)
        (engine,) = children_of(terminal.pid)
        # An app that was stopped itself accuses nobody.
        terminal.send_signal(signal.SIGSTOP)
        until(lambda: is_suspended(terminal.pid), "the stop")
        begun, seen, epoch = time.monotonic(), len(terminal.output), terminal.epoch
        until(lambda: time.monotonic() > begun + SHORT_SECONDS, "a while")
        terminal.send_signal(signal.SIGCONT)
        terminal.wait_for(lambda: (terminal.epoch or 0) > epoch + 1000)
        assert b"silent" not in terminal.output[seen:]
        os.kill(engine, signal.SIGSTOP)
        terminal.wait_for("⚠ engine silent", TOLD_SECONDS)
        terminal.sees(SUSPENDED, "Enter: start it again")
        os.kill(engine, signal.SIGCONT)
        terminal.wait_for(lambda: "● running" in terminal.text and SUSPENDED not in terminal.text)
        os.kill(engine, signal.SIGSTOP)
        terminal.wait_for(SUSPENDED, TOLD_SECONDS)
        reached, epoch = terminal.status, terminal.epoch
        terminal.press("enter")
        terminal.wait_for(lambda: not lives(engine))
        terminal.wait_for(
            lambda: f"epoch {epoch:,}: " in terminal.verdict and terminal.status == reached
        )
        (another,) = children_of(terminal.pid)
        os.kill(another, signal.SIGSTOP)
        terminal.press("q")
        assert terminal.ended() == 0
        until(lambda: not lives(another), "the engine's end")


# --- hostile bytes for the engine


quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = (
    st.integers(-5, 200)
    | st.integers(-(2**63), 2**64 - 1)
    | st.sampled_from([2**31, 2**53, 2**62, 2**63 - 1])
)
values = (
    st.none() | st.booleans() | numbers | st.floats() | st.text(max_size=9)
    | st.lists(numbers | st.floats(), max_size=3).map(tuple)
)  # fmt: skip
names = st.sampled_from(sorted(all_settings(recipe()))) | st.text(max_size=5)
views = st.builds(View, st.none() | numbers, numbers, st.booleans(), numbers)
tables = st.builds(
    SentTable,
    *[st.text(max_size=3)] * 3,
    x=st.binary(max_size=40),
    y=st.binary(max_size=40),
) | st.lists(st.tuples(st.floats(), st.floats()), max_size=6).map(
    lambda rows: SentTable.of(table_of([x for x, _ in rows], [y for _, y in rows]))
)
plans = st.builds(PlannedChange, st.integers(1, 9), st.dictionaries(names, values, max_size=2))
ids = st.lists(st.text(max_size=9), max_size=3)
requests = st.one_of(
    st.builds(Advance, numbers, st.floats(0, 0.005)),
    st.builds(Advance, st.integers(0, 30), st.none() | st.floats()),
    st.builds(ChangeSettings, st.dictionaries(names, values, max_size=3), st.text(max_size=9)),
    st.builds(SetView, views),
    st.builds(Rewind, st.sampled_from(["start", "before-change", "best", "nowhere"])),
    st.builds(LookBack, st.none() | numbers),
    st.just(Branch()),
    st.just(ListRuns()),
    st.builds(CompareRuns, ids, numbers),
    st.builds(DeleteRuns, ids),
    st.builds(OpenRun, st.text(max_size=9), views),
    st.builds(
        Export, st.sampled_from(["script", "csv"]), st.sampled_from(["/nowhere", "", "a\0b"])
    ),
    st.builds(Open, st.just(recipe()), tables, views),
    st.builds(
        lambda changes, view: Open(
            replace(recipe(**SECTION_6), changes=changes), SentTable.of(THERMOMETER), view
        ),
        st.lists(plans, max_size=2),
        st.just(VIEW),
    ),
)


def framed(body):
    return len(body).to_bytes(PREFIX, "big") + body


@st.composite
def torn(draw, message):
    """A message with some of its bytes changed, left out or doubled."""
    whole = bytearray(draw(message))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(whole)))
        end = draw(st.integers(begin, min(len(whole), begin + 8)))
        whole[begin:end] = draw(st.binary(max_size=8))
    return bytes(whole)


def sendable(message):
    return complaint(WireError, packed, message) is None


sent_requests = requests.filter(sendable).map(packed)
hostile_bytes = st.one_of(
    st.binary(max_size=60),
    st.binary(max_size=60).map(framed),
    torn(sent_requests),
    st.lists(torn(sent_requests), max_size=3).map(b"".join),
)


@quick
@given(st.lists(requests, min_size=1, max_size=8))
def test_any_request_is_answered_or_is_none(asked):
    host = Host()
    host.answer(Open(recipe(**SECTION_6), SentTable.of(THERMOMETER), VIEW))
    for request in filter(sendable, asked):
        body = packed(request)[PREFIX:]
        if complaint(WireError, request_of, body) is None:
            answer = host.answer(request_of(body))
            assert isinstance(answer, Answer)
            assert len(packed(answer)) < 2**20
    host.close()


@quick
@given(hostile_bytes)
def test_an_inbox_takes_requests_and_nothing_else(sent):
    inbox = Inbox()
    if complaint(WireError, inbox.fill, io.BytesIO(sent)) is None:
        while (request := inbox.take(timeout=0)) is not None:
            assert isinstance(request, AnyRequest)
    assert inbox.is_empty or inbox.take(timeout=0) is not None


def test_what_waits_is_bounded_in_number_and_in_size(monkeypatch):
    inbox = Inbox()
    flood = io.BytesIO(packed(ListRuns()) * 2000)
    assert complaint(WireError, inbox.fill, flood).startswith("1,001 requests")
    monkeypatch.setattr("tempfit_tui.engine.inbox.MAX_BYTES", 500)
    few = Inbox()
    large = io.BytesIO(packed(OpenRun("a" * 400, VIEW)) * 9)
    assert complaint(WireError, few.fill, large).startswith("2 requests of 1,")
    assert isinstance(few.take(), OpenRun)


def test_only_a_table_makes_a_message_long(monkeypatch):
    monkeypatch.setattr(messages, "MAX_BYTES_BESIDE", 2000)
    rows = [float(row) for row in range(1000)]
    opened = Open(recipe(), SentTable.of(table_of(rows, rows)), VIEW)
    assert request_of(packed(opened)[PREFIX:]) == opened
    stuffed = replace(opened, recipe=recipe(), remedy="a" * 3000)
    body = msgspec.msgpack.encode(stuffed)
    assert complaint(WireError, request_of, body).endswith("bytes is too long")
    assert complaint(WireError, packed, stuffed).endswith("bytes is too long")
    assert complaint(WireError, answer_of, msgspec.msgpack.encode(Done("a" * 3000)))


# --- hostile bytes for the app


def child_that_says(tmp_path, said, then="cat > /dev/null"):
    """Return an engine whose child says these bytes whatever it is asked."""
    (tmp_path / "said").write_bytes(said)
    return ChildEngine(command=("sh", "-c", f"cat '{tmp_path}/said'; {then}"))


async def outcome_of(engine):
    """Return what opening a recipe comes to, and the end of the child."""
    try:
        told = await soon(engine.open(recipe(), THERMOMETER, VIEW))
    except EngineError as error:
        told = error
    process = engine.process_id
    await soon(engine.close(left=False))
    assert process is None or not lives(process)
    return told


def frame_of(epochs):
    session = Session(recipe(**SCALED), THERMOMETER)
    session.advance(epochs)
    return session.frame(VIEW)


first_frame = frame_of(2)
answers = st.sampled_from(
    [Shown(first_frame), Refused("no"), Done(""), messages.Listed([]), messages.Compared([])]
).map(packed)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.one_of(st.binary(max_size=60).map(framed), torn(answers), st.binary(max_size=60)))
def test_whatever_a_child_says_the_app_is_told_something(said, tmp_path):
    # It ends by itself: what comes is torn, and not a silence.
    told = asyncio.run(outcome_of(child_that_says(tmp_path, said, then="true")))
    # A digit that was changed on the way is a frame all the same: the pipe keeps no checksum.
    assert isinstance(told, Frame | EngineError)
    assert str(told).isprintable()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Done("done"), "it answered with Done, not Shown"),
        (Shown(replace(first_frame, setup=None)), "it left out what a first frame holds"),
    ],
)
async def test_an_answer_of_another_kind_is_the_end_of_the_engine(tmp_path, answer, why):
    engine = child_that_says(tmp_path, packed(answer))
    assert await death_of(engine.open(recipe(), THERMOMETER, VIEW)) == f"the engine stopped: {why}"
    assert engine.process_id is None


async def test_a_flood_of_answers_is_the_end_of_the_engine_at_once(tmp_path):
    said = packed(Shown(first_frame))
    forever = f"while cat '{tmp_path}/said'; do :; done"
    engine = child_that_says(tmp_path, said, then=forever)

    async def listening():
        await engine.open(recipe(), THERMOMETER, VIEW)
        await engine.silence("")

    with pytest.raises(EngineDiedError, match=r"can't be read \(nothing was asked\)$"):
        await soon(listening(), TOLD_SECONDS)
    assert engine.process_id is None


async def test_no_more_is_asked_than_an_engine_takes(tmp_path):
    engine = child_that_says(tmp_path, b"")
    asked = [asyncio.ensure_future(engine.open(recipe(), THERMOMETER, VIEW))]
    await asyncio.wait(asked, timeout=0.05)
    asked += [asyncio.ensure_future(engine.advance(1)) for _ in range(messages.MAX_WAITING - 1)]
    await asyncio.sleep(0)
    with pytest.raises(EngineRefusedError, match=r"^too much is asked at once"):
        await engine.advance(1)
    await soon(engine.kill("enough"))
    assert {type(told) for told in await asyncio.gather(*asked, return_exceptions=True)} == {
        EngineDiedError
    }


async def test_what_an_engine_says_of_itself_is_one_harmless_line(tmp_path):
    engine = child_that_says(tmp_path, packed(Refused("\x1b[2J[red]" + "a" * 9999)))
    with pytest.raises(EngineRefusedError) as caught:
        await soon(engine.open(recipe(), THERMOMETER, VIEW))
    assert str(caught.value).startswith("\\x1b[2J[red]aaa")
    assert len(str(caught.value)) < 600
    await soon(engine.close(left=False))
