"""The engine's door: the same frames behind it everywhere, and whatever happens in the child."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from helpers import SCALED, SECTION_6, THERMOMETER, alike, recipe, table_of, until
from kept_runs import kept
from msgspec.structs import replace

from tempfit_tui.engine import child as child_module
from tempfit_tui.engine.child import COMMAND, ChildEngine
from tempfit_tui.engine.host import Host
from tempfit_tui.engine.local import LocalEngine
from tempfit_tui.engine.messages import (
    PREFIX,
    Advance,
    LookBack,
    Open,
    Refused,
    SentTable,
    Shown,
    answer_of,
    length_of,
    packed,
)
from tempfit_tui.engine.protocol import EngineDiedError, EngineRefusedError
from tempfit_tui.frame import View
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.session.session import Session
from tempfit_tui.text import InputError

DEADLINE = 60
"""Seconds after which whatever is awaited isn't coming."""
FOREVER = 10**12
FULL = replace(recipe(**SECTION_6), changes=[PlannedChange(9, {"training.momentum": 0.5})])
VIEW = View(columns=20, points=5)
# What a plain session, the engine in this process and the one in a child are asked alike.
SCRIPT = [
    ("advance", 1),
    ("advance", 40),
    ("change", {"training.lr": 0.02}),
    ("advance", 300),
    ("view", View(window=50, columns=10, points=3)),
    ("change", {"training.optimizer": "adam", "training.gradient": "finite-difference"}),
    ("advance", 7),
    ("rewind", "before-change"),
    ("advance", 5),
    ("rewind", "start"),
    ("advance", 30),
]


class PlainSession:
    """A session with the engine's requests, without an engine."""

    def __init__(self):
        self.session, self.shown = None, None

    async def open(self, made, table, view):
        self.session, self.shown = Session(made, table), view
        return self.session.frame(view)

    async def advance(self, epochs):
        self.session.advance(epochs)
        return self.session.frame(self.shown)

    async def change(self, settings):
        self.session.change(settings)
        return self.session.frame(self.shown)

    async def view(self, view):
        self.shown = view
        return self.session.frame(view)

    async def rewind(self, to):
        self.session.rewind(to)
        return self.session.frame(self.shown)


async def played(engine):
    frames = [await engine.open(FULL, THERMOMETER, VIEW)]
    frames += [await getattr(engine, request)(argument) for request, argument in SCRIPT]
    return frames


class Timely:
    """An engine in a child process, nothing of which may take longer than DEADLINE."""

    def __init__(self, log=None, command=COMMAND):
        self._engine = ChildEngine(log, command)

    def __getattr__(self, name):
        found = getattr(self._engine, name)
        return self._timely(found) if asyncio.iscoroutinefunction(found) else found

    @staticmethod
    def _timely(request):
        async def timely(*arguments, **named):
            async with asyncio.timeout(DEADLINE):
                return await request(*arguments, **named)

        return timely


@pytest.fixture
async def engine(tmp_path):
    made = Timely(log=tmp_path / "logs" / "engine.log")
    yield made
    await made.close()


def child_that(does, log=None):
    """Return an engine whose child runs `does` before it answers requests."""
    code = f"{does}\nfrom tempfit_tui.engine.__main__ import main\nmain()"
    return Timely(log, command=(sys.executable, "-c", code))


async def death_of(request):
    with pytest.raises(EngineDiedError) as caught:
        await request
    return str(caught.value)


async def test_the_frames_are_the_same_in_a_session_here_and_in_a_child(engine):
    expected = [alike(frame) for frame in await played(PlainSession())]
    assert [alike(frame) for frame in await played(LocalEngine())] == expected
    assert [alike(frame) for frame in await played(engine)] == expected
    assert expected[-1].epoch == 30
    assert len({frame.train_loss for frame in expected}) > 5


async def test_a_time_budget_trains_and_ends(engine):
    await engine.open(recipe(**SCALED), THERMOMETER, VIEW)
    first = await engine.advance(seconds=0.01)
    second = await engine.advance(seconds=0.01)
    assert 0 < first.epoch < second.epoch


async def test_requests_are_answered_in_the_order_they_are_made(engine):
    await engine.open(recipe(**SCALED), THERMOMETER, VIEW)
    asked = [
        engine.advance(1),
        engine.view(View(points=3)),
        engine.change({"training.lr": 0.02}),
        engine.advance(7),
    ]
    frames = await asyncio.gather(*asked)
    assert [frame.epoch for frame in frames] == [1, 1, 1, 8]
    assert [len(frame.fit) for frame in frames] == [5, 3, 3, 3]
    assert [frame.settings["training.lr"] for frame in frames] == [0.01, 0.01, 0.02, 0.02]


async def test_a_change_ends_a_long_advance_and_is_applied_at_its_exact_epoch(engine):
    await engine.open(FULL, THERMOMETER, VIEW)
    frames = await asyncio.gather(
        engine.advance(FOREVER), engine.change({"training.lr": 0.02}), engine.advance(100)
    )
    changed = frames[0].epoch
    assert 0 < changed < FOREVER
    assert frames[1].epoch == changed
    assert frames[1].changes[-1].epoch == changed + 1
    assert frames[1].changes[-1].after["training.lr"] == 0.02
    session = Session(FULL, THERMOMETER)
    session.frame(VIEW)
    session.advance(changed)
    session.change({"training.lr": 0.02})
    session.advance(100)
    assert alike(frames[2]) == alike(session.frame(VIEW))


@pytest.mark.parametrize("where", ["local", "child"])
async def test_what_can_t_be_is_refused_and_the_run_goes_on(engine, where):
    asked = LocalEngine() if where == "local" else engine
    await asked.open(recipe(**SCALED), THERMOMETER, VIEW)
    await asked.advance(5)
    for request, reason in (
        (asked.change({"split.seed": 1}), "split.seed: needs a new start; it can't change"),
        (asked.change({"training.lr": 0.0}), "settings: training.lr = 0.0: give a number above 0"),
        (asked.rewind("before-change"), "there is no change to take back; r goes back"),
        (
            asked.open(recipe(split__validation=[99]), THERMOMETER, VIEW),
            "split.validation: there is no row 99; rows go from 0 to 10",
        ),
    ):
        with pytest.raises(EngineRefusedError) as caught:
            await request
        assert str(caught.value).startswith(reason)
    frame = await asked.advance(5)
    assert (frame.epoch, frame.settings["training.lr"], frame.changes) == (10, 0.01, [])


async def test_what_can_t_be_sent_is_refused_and_the_run_goes_on(engine):
    await engine.open(recipe(**SCALED), THERMOMETER, VIEW)
    for value in (2**70, "\udcff"):
        with pytest.raises(EngineRefusedError):
            await engine.change({"training.epochs": value})
    assert (await engine.advance(5)).epoch == 5


async def test_nothing_is_open_before_it_is_opened():
    asked = LocalEngine()
    with pytest.raises(EngineRefusedError) as caught:
        await asked.advance(1)
    assert str(caught.value) == "nothing is open; open a recipe first"
    await asked.open(recipe(), THERMOMETER, VIEW)
    await asked.close()
    with pytest.raises(EngineRefusedError):
        await asked.advance(1)


async def test_a_child_that_was_not_started_is_dead():
    asked = Timely()
    assert await death_of(asked.advance(1)) == "the engine was not started"
    assert asked.process_id is None
    await asked.close()


async def test_another_recipe_takes_the_place_of_the_first_in_the_same_child(engine):
    await engine.open(recipe(**SCALED), THERMOMETER, VIEW)
    process = engine.process_id
    await engine.advance(5)
    frame = await engine.open(recipe(), table_of((1.0, 2.0, 4.0), (1.0, 2.0, 3.0)), VIEW)
    assert (frame.epoch, frame.setup.train_rows, engine.process_id) == (0, 3, process)


NOISE = """
import os, sys, warnings
from tempfit_tui.training.run import Run
plain = Run.advance
def noisy(self, epochs, **how):
    print("a stray print")
    print("another", file=sys.__stdout__, flush=True)
    os.write(1, b"\\x00\\x00\\x00\\x05bytes")
    os.system("echo from a shell")
    warnings.warn("careful")
    print("typed:", repr(sys.stdin.read()))
    plain(self, epochs, **how)
Run.advance = noisy
"""


async def test_prints_and_warnings_in_training_go_to_the_log_and_nowhere_else(tmp_path):
    log = tmp_path / "engine.log"
    noisy = child_that(NOISE, log)
    frames = await played(noisy)
    await noisy.close()
    expected = [alike(frame) for frame in await played(PlainSession())]
    assert [alike(frame) for frame in frames] == expected
    written = log.read_text()
    for words in (
        "a stray print",
        "another",
        "bytes",
        "from a shell",
        "careful",
        "typed: ''",
    ):
        assert words in written


CRASH = """
from tempfit_tui.training.run import Run
def crash(self, epochs):
    raise RuntimeError("no more")
Run.advance = crash
"""


async def test_a_crash_in_the_child_is_told_by_its_last_words(tmp_path):
    crashing = child_that(CRASH, tmp_path / "engine.log")
    await crashing.open(recipe(**SCALED), THERMOMETER, VIEW)
    # Both who wait for an answer learn of it, and who asks later.
    deaths = await asyncio.gather(death_of(crashing.advance(1)), death_of(crashing.view(VIEW)))
    assert deaths == ["the engine stopped: RuntimeError: no more (exit 1)"] * 2
    assert await death_of(crashing.advance(1)) == deaths[0]
    assert crashing.process_id is None
    assert "Traceback" in (tmp_path / "engine.log").read_text()


async def test_a_killed_child_is_named_by_its_signal_and_can_be_opened_again(engine):
    await engine.open(recipe(**SCALED), THERMOMETER, VIEW)
    first = engine.process_id
    training = asyncio.create_task(death_of(engine.advance(FOREVER)))
    await asyncio.sleep(0)  # the request is on its way
    os.kill(first, signal.SIGKILL)
    assert await training == "the engine stopped: it was killed by signal 9"
    assert await death_of(engine.advance(1)) == "the engine stopped: it was killed by signal 9"
    frame = await engine.open(recipe(**SCALED), THERMOMETER, VIEW)
    assert (frame.epoch, frame.setup.train_rows) == (0, 11)
    assert engine.process_id not in (None, first)
    assert (await engine.advance(20)).epoch == 20


@pytest.mark.parametrize("left", [True, False])
async def test_closing_ends_the_child_even_in_the_middle_of_training(engine, left):
    await engine.open(recipe(**SCALED), THERMOMETER, VIEW)
    process = engine.process_id
    training = asyncio.create_task(engine.advance(FOREVER))
    await asyncio.sleep(0)
    await engine.close(left=left)
    assert (await training).epoch > 0
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    await engine.close()


async def test_an_answer_nobody_waits_for_any_more_is_dropped(engine):
    await engine.open(recipe(**SCALED), THERMOMETER, VIEW)
    waiting = asyncio.create_task(engine.advance(FOREVER))
    await asyncio.sleep(0)
    waiting.cancel()
    frame = await engine.change({"training.lr": 0.02})
    assert frame.settings["training.lr"] == 0.02


def lying(answer):
    """Return a child that answers its first request with these bytes, and ends with its input."""
    code = f"import sys; i, o = sys.stdin.buffer, sys.stdout.buffer; i.read(1); o.write({answer!r})"
    return (sys.executable, "-S", "-c", f"{code}; o.flush(); i.read()")


UNREADABLE = "the engine stopped: it answered what can't be read ("


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"\x00\x00\x00\x05hello", UNREADABLE),
        (packed(Advance(1)), UNREADABLE),
        (
            b"HTTP/1.1 200 OK",
            f"{UNREADABLE}a message of 1,213,486,160 bytes is announced; these bytes are none)",
        ),
        (
            packed(Refused("no")) + packed(Refused("again")),
            f"{UNREADABLE}nothing was asked)",
        ),
    ],
    ids=["garbage", "a request", "oversized", "unasked"],
)
async def test_bytes_that_are_no_answer_are_a_death(answer, message):
    asked = Timely(command=lying(answer))
    try:
        await asked.open(recipe(), THERMOMETER, VIEW)
    except EngineDiedError as error:
        told = str(error)
    except EngineRefusedError:
        told = await death_of(asked.advance(1))
    await asked.close()
    assert told.startswith(message)
    assert asked.process_id is None


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\x00", b"\x00\x00\x00\x0ahalf"], ids=["none", "half a length", "half"]
)
async def test_a_torn_answer_is_a_death(answer):
    code = f"import sys; sys.stdin.buffer.read(1); sys.stdout.buffer.write({answer!r}); sys.exit(3)"
    asked = Timely(command=(sys.executable, "-S", "-c", code))
    told = await death_of(asked.open(recipe(), THERMOMETER, VIEW))
    assert told == "the engine stopped: it ended by itself (exit 3)"


async def test_a_child_that_can_t_be_started_is_told_and_may_be_tried_again(tmp_path):
    asked = Timely(command=(str(tmp_path / "python"),))
    for _ in range(2):
        told = await death_of(asked.open(recipe(), THERMOMETER, VIEW))
        assert told == "the engine can't be started: No such file or directory"


async def test_a_child_that_doesn_t_end_by_itself_is_ended(monkeypatch):
    monkeypatch.setattr(child_module, "GRACE_SECONDS", 0.05)
    stubborn = f"""
import os, sys
i, o = sys.stdin.buffer, sys.stdout.buffer
i.read(1); o.write({packed(Refused("no"))!r}); o.flush()
os.read(os.pipe()[0], 1)
"""
    asked = Timely(command=(sys.executable, "-S", "-c", stubborn))
    with pytest.raises(EngineRefusedError):
        await asked.open(recipe(), THERMOMETER, VIEW)
    process = asked.process_id
    await asked.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_last_words_are_those_of_this_child_and_no_longer_than_a_line(tmp_path):
    log = tmp_path / "engine.log"
    log.write_text("an older child's words\n")
    silent = Timely(log, command=(sys.executable, "-S", "-c", "raise SystemExit(4)"))
    told = await death_of(silent.open(recipe(), THERMOMETER, VIEW))
    assert told == "the engine stopped: it ended by itself (exit 4)"
    loud = "import sys; sys.stderr.write('a' * 500 + '\\n\\n'); sys.exit(5)"
    talking = Timely(log, command=(sys.executable, "-S", "-c", loud))
    told = await death_of(talking.open(recipe(), THERMOMETER, VIEW))
    assert told == f"the engine stopped: {'a' * 200} (exit 5)"
    assert log.read_text().startswith("an older child's words\n")


async def test_a_long_log_begins_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(child_module, "LOG_LIMIT", 10)
    log = tmp_path / "engine.log"
    log.write_text("old words, more than enough\n")
    code = "import sys; sys.exit('new words')"
    asked = Timely(log, command=(sys.executable, "-S", "-c", code))
    told = await death_of(asked.open(recipe(), THERMOMETER, VIEW))
    assert told == "the engine stopped: new words (exit 1)"
    assert log.read_text() == "new words\n"


async def test_without_a_place_for_a_log_the_engine_works_without(tmp_path):
    (tmp_path / "file").touch()
    asked = child_that(CRASH, log=tmp_path / "file" / "engine.log")
    await asked.open(recipe(), THERMOMETER, VIEW)
    told = await death_of(asked.advance(1))
    assert told == "the engine stopped: it ended by itself (exit 1)"


def started(*command, **streams):
    return subprocess.Popen(
        command or COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **streams
    )


def framed(body):
    return len(body).to_bytes(PREFIX, "big") + body


def asked_and_answered(process, request):
    process.stdin.write(packed(request))
    process.stdin.flush()
    return answer_of(process.stdout.read(length_of(process.stdout.read(PREFIX))))


def ended(process):
    """Wait for the end, and return the exit code; one that goes on is killed."""
    try:
        return process.wait(DEADLINE)
    finally:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (
            b"GET / HTTP/1.1",
            "unreadable request: a message of 1,195,725,856 bytes is announced; these bytes are "
            "none\n",
        ),
        (b"\x00\x00\x00\x05hello", "unreadable request: "),
        (packed(Refused("an answer")), "unreadable request: "),
        (framed(b"\x82\xa4type\xa7OpenRun\xa2id\xa1\xff"), "unreadable request: "),
        (framed(b"\x82\xa4type\xa5Leave\xa1a" + b"\x91" * 5000), "unreadable request: maximum rec"),
    ],
    ids=["oversized", "garbage", "an answer", "not UTF-8", "nested too deep"],
)
def test_a_request_that_can_t_be_read_ends_the_child_with_2(request_, complaint):
    done = subprocess.run(
        COMMAND, input=request_, capture_output=True, timeout=DEADLINE, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(complaint)
    assert done.stderr.count(b"\n") == 1


HELD = """
import threading
import tempfit_tui.engine.__main__ as engine
engine._next = lambda *_: threading.Event().wait()  # takes no request, however slow the flood is
engine.main()
"""


def test_a_flood_of_requests_ends_the_child_with_2():
    flood = packed(Advance(1)) * 2000
    done = subprocess.run(
        [sys.executable, "-c", HELD],
        input=flood,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith("unreadable request: 1,001 requests")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("request_", [b"", b"\x00\x00", b"\x00\x00\x00\x05hel"])
def test_the_end_of_its_input_ends_the_child_quietly(request_):
    done = subprocess.run(
        COMMAND, input=request_, capture_output=True, timeout=DEADLINE, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


SIGNALLING = """
import sys
from tempfit_tui.training.run import Run
plain = Run.advance
def advance(self, epochs):
    print("training", file=sys.stderr, flush=True)
    while True:
        plain(self, 100)
Run.advance = advance
from tempfit_tui.engine.__main__ import main
main()
"""


def test_the_end_of_its_input_ends_the_child_in_the_middle_of_a_long_advance():
    process = started(sys.executable, "-c", SIGNALLING, stderr=subprocess.PIPE)
    opened = asked_and_answered(process, Open(recipe(**SCALED), SentTable.of(THERMOMETER), VIEW))
    assert isinstance(opened, Shown)
    process.stdin.write(packed(Advance(FOREVER)))
    process.stdin.flush()
    assert process.stderr.readline() == b"training\n"
    process.stdin.close()
    assert ended(process) == 0


def test_ctrl_c_is_the_app_s_to_answer():
    process = started(stderr=subprocess.DEVNULL)
    request = Open(recipe(**SCALED), SentTable.of(THERMOMETER), VIEW)
    assert isinstance(asked_and_answered(process, request), Shown)
    process.send_signal(signal.SIGINT)
    assert asked_and_answered(process, Advance(3)).frame.epoch == 3
    process.stdin.close()
    assert ended(process) == 0


APP = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from helpers import SCALED, THERMOMETER, recipe
from tempfit_tui.engine.child import ChildEngine
from tempfit_tui.frame import View
async def main():
    engine = ChildEngine()
    await engine.open(recipe(**SCALED), THERMOMETER, View())
    training = asyncio.create_task(engine.advance(10**12))
    await asyncio.sleep(0)
    print(engine.process_id, flush=True)
    await training
asyncio.run(main())
"""


def lives(process):
    """Tell whether a process is neither gone nor a zombie."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_no_child_outlives_its_app():
    folder = os.fspath(__file__).rpartition("/")[0]
    app = started(sys.executable, "-c", APP, folder)
    child = int(app.stdout.readline())
    assert lives(child)
    app.send_signal(signal.SIGKILL)
    assert ended(app) == -signal.SIGKILL
    until(lambda: not lives(child), "the end of the child", DEADLINE)


@pytest.mark.parametrize(
    ("settings", "epochs", "state"),
    [
        ({}, 20, "cut off"),
        ({"training__epochs": 20}, 20, "left"),
        ({"training__epochs": 20}, 19, "cut off"),
        ({"training__lr": 10.0}, 500, "left"),
        ({"training__patience": 3, "split__validation": [0, 5]}, 500, "left"),
    ],
    ids=["endless", "at its end", "before its end", "diverged", "stopped early"],
)
def test_a_finished_run_is_left_however_the_app_ends(settings, epochs, state, tmp_path):
    host = Host(tmp_path)
    host.answer(Open(recipe(**SCALED, **settings), SentTable.of(THERMOMETER), VIEW))
    host.answer(Advance(epochs))
    host.answer(LookBack(3))
    host.close()  # as where the app's terminal was closed
    (run,) = kept(tmp_path)
    assert run.state == state


def test_past_its_end_a_run_can_be_resumed(tmp_path):
    host = Host(tmp_path)
    made = recipe(**SCALED, training__epochs=20)
    host.answer(Open(made, SentTable.of(THERMOMETER), VIEW))
    for epochs in (20, 5):
        host.answer(Advance(epochs))
    host.close()
    assert [run.state for run in kept(tmp_path)] == ["cut off"]


def test_a_plain_session_refuses_with_the_engine_s_words():
    session = Session(recipe(**SCALED), THERMOMETER)
    with pytest.raises(InputError) as caught:
        session.change({"split.seed": 1})
    assert str(caught.value) == "split.seed: needs a new start; it can't change during a run"
