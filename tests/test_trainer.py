"""The trainer without a screen: pace, rate, order, and the recipe that leads to where a run was."""

import asyncio
from pathlib import Path

import pytest
from helpers import THERMOMETER, recipe
from msgspec.structs import replace
from screen import DEADLINE_SECONDS
from scripted_engine import ScriptedEngine

from tempfit_tui.catalogue import Opened
from tempfit_tui.engine.messages import Advance, Rewind, SetView
from tempfit_tui.frame import View
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.session.session import Session
from tempfit_tui.settings import with_settings
from tempfit_tui.ui import trainer as trainer_module
from tempfit_tui.ui.trainer import SPEEDS, Trainer, recipe_until

RECIPE = recipe(input__transform="scale")


class Clock:
    """Time that passes only where the trainer waits, or the engine takes it."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    async def wait_for(self, awaitable, timeout):
        awaitable.close()
        self.now += timeout
        await asyncio.sleep(0)
        raise TimeoutError


class SlowEngine(ScriptedEngine):
    """Takes a while for each epoch, by the clock."""

    def __init__(self, clock, seconds_an_epoch):
        super().__init__()
        self._clock, self._seconds = clock, seconds_an_epoch

    async def _answer(self, request):
        if isinstance(request, Advance) and request.epochs:
            affordable = max(1, int(request.seconds / self._seconds)) if self._seconds else 10**9
            epochs = min(request.epochs, affordable)
            self._clock.now += epochs * self._seconds
            request = Advance(epochs)
        return await super()._answer(request)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(trainer_module, "time", clock)
    monkeypatch.setattr(trainer_module.asyncio, "wait_for", clock.wait_for)
    return clock


async def come(condition):
    """Wait until `condition` holds; fail when it doesn't in time."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():
            await asyncio.sleep(0)


class Watched:
    """A trainer whose frames and troubles are kept, with the time of each."""

    def __init__(self, engine, *, speed=500, fps=10, clock=None, opened=RECIPE):
        self.frames, self.rates, self.times, self.troubles = [], [], [], []
        self._clock = clock or Clock()
        self.trainer = Trainer(
            engine,
            Opened("", opened, THERMOMETER, Path()),
            speed=speed,
            fps=fps,
            on_seen=self._on_seen,
            on_trouble=self.troubles.append,
        )

    def _on_seen(self, seen):
        self.frames.append(seen.frame)
        self.rates.append(seen.rate)
        self.times.append(self._clock.now)

    async def train(self, frames):
        """Train until so many frames have come."""
        self.trainer.start()
        living = asyncio.create_task(self.trainer.live())
        while len(self.frames) < frames:
            await asyncio.sleep(0)
            assert not living.done()
        living.cancel()


# --- pace and rate


@pytest.mark.parametrize("speed", SPEEDS[:-1])
async def test_a_chosen_speed_is_kept_and_not_run_ahead_of(clock, speed):
    watched = Watched(ScriptedEngine(), speed=speed, clock=clock)
    await watched.train(30)
    for frame, time in zip(watched.frames, watched.times, strict=True):
        # One slice is trained ahead: a tenth of a second's, or one epoch.
        assert round(speed * time) <= frame.epoch <= round(speed * time) + max(1, speed / 10)


@pytest.mark.parametrize("fps", [1, 10, 60])
async def test_no_more_frames_than_asked_for(clock, fps):
    watched = Watched(ScriptedEngine(), speed=500, fps=fps, clock=clock)
    await watched.train(20)
    trained = watched.times[1:]
    # Whole epochs don't go into it evenly.
    assert len(trained) <= (trained[-1] - trained[0]) * fps * 1.1 + 1


async def test_an_engine_slower_than_the_speed_is_not_run_after(clock):
    watched = Watched(SlowEngine(clock, 0.01), speed=500, clock=clock)
    await watched.train(50)
    pairs = zip(watched.frames[1:], watched.frames[2:], strict=False)
    # A frame a tenth of a second all the same, of what can be had.
    assert max(after.epoch - before.epoch for before, after in pairs) <= 10


async def test_the_time_the_app_was_suspended_is_not_made_up(clock):
    watched = Watched(ScriptedEngine(), speed=500, clock=clock)
    await watched.train(10)
    clock.now += 3600
    await watched.train(20)
    pairs = zip(watched.frames[1:], watched.frames[2:], strict=False)
    assert max(after.epoch - before.epoch for before, after in pairs) <= 50


async def test_the_rate_is_what_was_trained_of_late(clock):
    watched = Watched(ScriptedEngine(), speed=100, clock=clock)
    await watched.train(40)
    assert watched.rates[0] is None
    assert watched.rates[-1] == pytest.approx(100)


async def test_a_changed_speed_is_soon_the_rate(clock):
    watched = Watched(ScriptedEngine(), speed=500, clock=clock)
    await watched.train(20)
    watched.trainer.set_speed(10)
    living = asyncio.create_task(watched.trainer.live())
    watched.trainer.start()
    seen = len(watched.frames)
    await come(lambda: len(watched.frames) >= seen + 20)
    living.cancel()
    assert watched.rates[-1] == pytest.approx(10, rel=0.1)


async def test_no_rate_while_paused():
    watched = Watched(ScriptedEngine(), speed=None, fps=1000)
    await watched.train(5)
    await watched.trainer.step()
    assert watched.rates[-1] is None


# --- order


async def test_a_step_comes_after_the_slice_under_way_and_is_the_last():
    engine = ScriptedEngine()
    watched = Watched(engine, speed=None, fps=1000)
    await watched.train(5)
    asked = len(engine.asked)
    await watched.trainer.step()
    assert engine.asked[asked:] == [Advance(1)]
    assert not watched.trainer.running.is_set()


async def test_a_view_asked_for_before_the_engine_is_there_is_opened_with():
    engine = ScriptedEngine()
    watched = Watched(engine)
    await watched.trainer.look(View(columns=7))
    assert engine.asked == []
    await watched.trainer.start_anew(RECIPE)
    assert engine.asked[0].view.columns == 7
    await watched.trainer.look(View(columns=9))
    assert engine.asked[-1] == SetView(View(columns=9))


async def test_a_refused_start_leaves_the_run_as_it_was():
    watched = Watched(ScriptedEngine())
    await watched.trainer.start_anew(RECIPE)
    await watched.trainer.step()
    bad = with_settings(RECIPE, {"split.validation": [99]})
    assert not await watched.trainer.start_anew(bad)
    assert "there is no row 99" in watched.troubles[-1]
    assert watched.trainer.recipe == RECIPE
    await watched.trainer.step()
    assert watched.frames[-1].epoch == 2


async def test_what_is_refused_is_told():
    watched = Watched(ScriptedEngine().refuse(Rewind, "nothing to take back"))
    await watched.trainer.start_anew(RECIPE)
    await watched.trainer.rewind("before-change")
    assert watched.troubles == ["nothing to take back"]


async def test_nothing_is_asked_of_a_dead_engine():
    engine = ScriptedEngine().die(Advance, "gone")
    watched = Watched(engine)
    await watched.trainer.start_anew(RECIPE)
    await watched.trainer.step()
    asked = list(engine.asked)
    assert await watched.trainer.change({"training.lr": 0.1}) == "gone"
    await watched.trainer.step()
    await watched.trainer.look(View(columns=9))
    watched.trainer.start()
    assert engine.asked == asked
    assert not watched.trainer.running.is_set()


async def test_a_death_in_the_middle_of_training_pauses():
    engine = ScriptedEngine().die(Advance, "gone")
    watched = Watched(engine, speed=None)
    watched.trainer.start()
    living = asyncio.create_task(watched.trainer.live())
    await come(lambda: watched.troubles)
    living.cancel()
    assert watched.trainer.death == "gone"
    assert not watched.trainer.running.is_set()


@pytest.mark.parametrize("fault", ["die", "refuse"])
async def test_a_revival_that_fails_can_be_tried_again(fault):
    engine = ScriptedEngine().die(Advance, "gone")
    watched = Watched(engine)
    await watched.trainer.start_anew(RECIPE)
    await watched.trainer.step()
    getattr(engine, fault)(type(engine.asked[0]), "no memory")
    await watched.trainer.revive()
    assert watched.trainer.death
    await watched.trainer.revive()
    assert not watched.trainer.death
    await watched.trainer.step()
    assert watched.frames[-1].epoch == 1


async def test_an_engine_that_dies_again_while_it_trains_up_is_told():
    engine = ScriptedEngine()
    watched = Watched(engine)
    await watched.trainer.start_anew(RECIPE)
    await watched.trainer.step()
    await watched.trainer.step()
    engine.die(Advance, "gone").die(Advance, "gone again")
    await watched.trainer.step()
    await watched.trainer.revive()
    assert watched.trainer.death == "gone again"


# --- the recipe that leads to a frame


def lived(opened, *acts):
    """Return the session that `acts` make: epochs to train, settings to change."""
    session = Session(opened, THERMOMETER)
    for act in acts:
        if isinstance(act, int):
            session.advance(act)
        else:
            session.change({f"training.{name}": value for name, value in act.items()})
    return session


def planned(*changes):
    set_ = [PlannedChange(epoch, {"training.lr": lr}) for epoch, lr in changes]
    return replace(RECIPE, changes=set_)


@pytest.mark.parametrize(
    ("opened", "acts"),
    [
        (RECIPE, (5,)),
        (RECIPE, ({"lr": 0.02}, 5)),
        (RECIPE, (5, {"lr": 0.02}, 3, {"momentum": 0.5, "lr": 0.01}, 2, {"optimizer": "adam"})),
        (RECIPE, (5, {"epochs": 8}, 10)),
        (RECIPE, (5, {"lr": 0.02}, {"lr": 0.01}, 3)),
        (planned((4, 0.02), (9, 0.03)), (2,)),
        (planned((4, 0.02), (9, 0.03)), (3,)),
        (planned((4, 0.02), (9, 0.03)), (3, {"lr": 0.005})),
        (planned((4, 0.02), (9, 0.03)), (3, {"lr": 0.01})),
        (planned((4, 0.02), (9, 0.03)), (6, {"lr": 0.005}, 1)),
        (planned((1, 0.02)), ({"lr": 0.005},)),
        (planned((1, 0.02)), (4,)),
    ],
)
def test_the_recipe_of_a_frame_leads_to_it_and_on_as_it_did(opened, acts):
    session = lived(opened, *acts)
    frame = session.frame(View())
    again = lived(recipe_until(frame, opened), frame.epoch)
    for _ in range(2):
        once, twice = session.frame(View()), again.frame(View())
        assert once.settings == twice.settings
        assert once.parameters == twice.parameters
        assert once.changes == twice.changes
        assert once.train == twice.train
        session.advance(12)
        again.advance(12)


# --- order


@pytest.mark.parametrize("speed", [None, 500])
async def test_an_older_frame_never_follows_a_newer_one(speed):
    engine = ScriptedEngine()
    watched = Watched(engine, speed=speed)
    trainer = watched.trainer
    trainer.start()
    living = asyncio.create_task(trainer.live())
    for lr in (0.02, 0.03, 0.04):
        seen = len(watched.frames)
        await come(lambda seen=seen: len(watched.frames) > seen)
        engine.wait()
        await come(lambda: isinstance(engine.asked[-1], Advance))
        # Both are answered in one turn of the loop, the slice first.
        changing = asyncio.create_task(trainer.change({"training.lr": lr}))
        await come(lambda: not isinstance(engine.asked[-1], Advance))
        engine.go()
        assert await changing == ""
    living.cancel()
    rates = [frame.settings["training.lr"] for frame in watched.frames]
    assert rates == sorted(rates)
    epochs = [frame.epoch for frame in watched.frames]
    assert epochs == sorted(epochs)


async def test_the_charts_of_a_change_are_painted_with_the_next_slice_or_when_it_ends():
    engine = ScriptedEngine()
    painted = []
    watched = Watched(engine, speed=None)
    trainer = watched.trainer
    trainer._on_seen = lambda seen: painted.append(
        (seen.frame.settings["training.lr"], seen.charts)
    )
    trainer.start()
    living = asyncio.create_task(trainer.live())
    await come(lambda: painted)
    assert await trainer.change({"training.lr": 0.02}) == ""
    assert (0.02, False) in painted
    await come(lambda: painted[-1] == (0.02, True))

    engine.wait()
    await come(lambda: isinstance(engine.asked[-1], Advance))
    changing = asyncio.create_task(trainer.change({"training.lr": 0.03}))
    await come(lambda: not isinstance(engine.asked[-1], Advance))
    trainer.pause()  # the slice under way is the last, and older than the change
    engine.go()
    assert await changing == ""
    await come(lambda: painted[-1] == (0.03, True))
    assert await trainer.change({"training.lr": 0.04}) == ""
    assert painted[-1] == (0.04, True)
    living.cancel()
