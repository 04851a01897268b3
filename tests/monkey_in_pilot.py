"""The monkey in Textual's pilot: the same seed does the same again.

Training goes on by slices of a few epochs between two steps, not by time.
"""

import asyncio
import gc
import time
from collections import deque

import proc
from antics import SIZES, Click, Drag, Paste, Press, Resize, Scroll
from kept_runs import check_journal
from screen import DEADLINE_SECONDS, screen_text, sitting_at
from textual import events
from textual.geometry import Size
from textual.keys import _character_to_key

from tempfit_tui.catalogue import bundled_recipes
from tempfit_tui.engine.local import LocalEngine
from tempfit_tui.engine.messages import Advance, DeleteRuns, Listed, Reopened, Shown
from tempfit_tui.ui.panes.bars import FooterBar, StatusBar, TitleBar

SLICE, SLOW_SLICE = 40, 4
"""The epochs of a slice at full speed, and at any other but an epoch a second."""
MOST_TASKS, MOST_WORKERS, MOST_DESCRIPTORS = 150, 20, 10
"""More tasks, workers or further descriptors are a leak."""
QUIET_SECONDS = 0.005
SCREENS = {
    "ChoiceScreen": "choice",
    "RecipesScreen": "recipes",
    "RunsScreen": "runs",
    "ExperimentsScreen": "experiments",
    "HelpScreen": "help",
    "CommandsScreen": "palette",
}


class SlicedEngine(LocalEngine):
    """Trains a slice when it is told to, or one epoch of it when something else is asked."""

    def __init__(self):
        super().__init__()
        self.seen, self.deleted = {}, set()
        self.epochs = 0
        self._slices = deque()

    @property
    def waits(self):
        """Whether a slice is asked for."""
        return bool(self._slices)

    def train(self, most):
        """Train what is asked for, of at most so many epochs."""
        while self._slices:
            asked, answer = self._slices.popleft()
            slow = SLOW_SLICE if asked.seconds < 1 else 1
            trained = self._noted(Advance(min(most, slow) if asked.epochs else most))
            if not answer.done():
                answer.set_result(trained)

    async def _answer(self, request):
        if isinstance(request, Advance) and request.seconds:
            answer = asyncio.get_running_loop().create_future()
            self._slices.append((request, answer))
            return await answer
        self.train(1)
        return self._noted(request)

    def _noted(self, request):
        """Answer `request`, and note which runs there are by that."""
        answer = self._host.answer(request)
        frame = answer.frame if isinstance(answer, Shown | Reopened) else None
        if frame and frame.run:
            known = self.seen.get(frame.run, 0)
            self.epochs += max(0, frame.run_epoch - known)
            self.seen[frame.run] = max(known, frame.run_epoch)
        if isinstance(request, DeleteRuns) and isinstance(answer, Listed):
            self.deleted |= set(request.ids)
        return answer


class Sitting:
    """The monkey before one app."""

    def __init__(self, monkey, person, engine):
        self._monkey, self._person, self._engine = monkey, person, engine
        self.app = person.app
        self._descriptors = proc.descriptors()

    @property
    def place(self):
        if self.app.screen.has_class("-too-small"):
            return "too small"
        if self.app.screen is self.app.main:
            return "training" if self._person.trainer.running.is_set() else "paused"
        return SCREENS[type(self.app.screen).__name__]

    async def live(self):
        """Do what comes to mind until the app is left, or all is done."""
        while self._monkey.done < self._monkey.steps:
            if not self.app.is_running:
                assert self.app.return_code == 0
                return
            self._do(self._monkey.next(self.place, self.app.size))
            await self._settled()
            self._check()

    def _do(self, what):
        driver = self.app._driver
        match what:
            case Press(keys):
                for key in keys:
                    named = _character_to_key(key) if len(key) == 1 else key
                    driver.process_message(events.Key(named, key if len(key) == 1 else None))
            case Click(x, y, button, times):
                for _ in range(times):
                    self._mouse(events.MouseDown, x, y, button)
                    self._mouse(events.MouseUp, x, y, button)
            case Drag(x, y, to_x, to_y):
                self._mouse(events.MouseDown, x, y, 1)
                self._mouse(events.MouseMove, (x + to_x) // 2, (y + to_y) // 2, 1)
                self._mouse(events.MouseMove, to_x, to_y, 1)
                self._mouse(events.MouseUp, to_x, to_y, 1)
            case Scroll(x, y, up):
                self._mouse(events.MouseScrollUp if up else events.MouseScrollDown, x, y, 0)
            case Paste(text):
                driver.process_message(events.Paste(text))
            case Resize(columns, rows):
                size = Size(columns, rows)
                driver._size = size
                driver.process_message(events.Resize(size, size))

    def _mouse(self, kind, x, y, button):
        event = kind(None, x, y, 0, 0, button, False, False, False, x, y)
        self.app._driver.process_message(event)

    async def _settled(self):
        """Wait until all has been answered, then train a slice if training is under way."""
        await self._quiet()
        trainer = self._person.trainer
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.app.is_running and trainer.running.is_set() and not self._engine.waits:
            assert time.monotonic() < deadline, f"nothing trains: {self._living}"
            await self._quiet()
            trainer = self._person.trainer
        if self._engine.waits:
            self._engine.train(SLICE)
            await self._quiet()

    async def _quiet(self):
        """Wait until nothing is done any more: as the pilot's own pause, but in a quarter of it."""
        while True:
            await self._person.pilot._wait_for_screen()
            used = time.process_time()
            await asyncio.sleep(QUIET_SECONDS)
            # On a busy machine this process may rest amid its work.
            whole = self.app.main._has_panes or not self.app.is_running
            if whole and time.process_time() - used < QUIET_SECONDS / 5:
                return

    @property
    def _living(self):
        return [worker for worker in self.app.workers if worker.group == "live"]

    def _check(self):
        """See that all is as it should be, whatever was done."""
        app = self.app
        if app._exception:
            raise app._exception
        if not app.is_running:
            return
        assert any(line.strip() for line in screen_text(app)), "the screen is blank"
        assert len(asyncio.all_tasks()) <= MOST_TASKS, "too many tasks"
        assert len(app.workers) <= MOST_WORKERS, f"too many workers: {[*app.workers]}"
        assert proc.descriptors() <= self._descriptors + MOST_DESCRIPTORS, "too many descriptors"
        seen, main = self._person.trainer.seen, app.main
        assert seen is None or seen.frame.epoch >= 0
        assert not self._person.trainer.death
        bars = [main.query_one(bar) for bar in (TitleBar, StatusBar, FooterBar)]
        title, status, footer = map(text_of, bars)
        assert title.startswith("tempfit  "), title
        assert status.startswith("epoch "), status
        assert footer.rstrip().endswith("q quit"), footer

    async def ends(self):
        """Close what is open, and see that the app is as it was at the start."""
        for _ in range(10):
            if self.app.is_running and self.app.screen is not self.app.main:
                self._do(Resize(120, 40))
                self._do(Press(("escape",)))
                await self._settled()
        if not self.app.is_running:
            return
        assert self.app.screen is self.app.main, "a dialog can't be closed"
        await self._person.until(
            lambda: len([worker for worker in self._living if worker.is_running]) == 2,
            "a living trainer",
        )
        self._check()


def text_of(bar):
    return "".join(text for text, _ in bar.parts())


async def _live(monkey):
    seen, deleted, epochs = {}, set(), 0
    while monkey.done < monkey.steps:
        engine, rng = SlicedEngine(), monkey.rng
        monkey.sittings += 1
        async with sitting_at(
            rng.choice(list(bundled_recipes())),
            size=rng.choice(SIZES[:-1]),
            engine=engine,
            start=rng.random() < 0.5,
            speed=rng.choice((100, 500, None, None)),
            ascii_only=rng.random() < 0.2,
        ) as person:
            sitting = Sitting(monkey, person, engine)
            await sitting.live()
            await sitting.ends()
            engine.train(1)
        seen |= engine.seen
        deleted |= engine.deleted
        epochs += engine.epochs
        gc.collect()
    return seen, deleted, epochs


def live(monkey, home):
    """Do all steps; return what there was."""
    seen, deleted, epochs = asyncio.run(_live(monkey))
    counts = check_journal(home, seen, deleted, monkey.rng)
    return {"sittings": monkey.sittings, "epochs": epochs, **counts}
