"""The one worker that drives the engine: it trains while `running`, and hands on every frame."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from tempfit_tui.catalogue import Opened
from tempfit_tui.engine.messages import Reopened
from tempfit_tui.engine.protocol import Engine
from tempfit_tui.frame import Frame, RewindTo, Setup, Value, View
from tempfit_tui.insight import LrTest
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import ExportKind, Source, with_changes
from tempfit_tui.settings import with_settings
from tempfit_tui.ui.frame_rate import FrameRate
from tempfit_tui.ui.line import Line
from tempfit_tui.ui.pace import Pace

SPEEDS: tuple[int | None, ...] = (1, 10, 100, 500, None)
"""The speeds to choose from, in epochs a second; None for full speed."""


class Seen(NamedTuple):
    """What the trainer tells the screen."""

    frame: Frame
    setup: Setup
    rate: float | None
    """Epochs a second as measured; None while not training."""
    charts: bool = True
    """Whether to paint the charts, which takes longest: a slice's frame may come at once."""


class Trainer:
    """A run behind an engine, as the screen's keys see it.

    `on_seen` is called with every new frame, `on_trouble` with one line where there is none. A run
    of the journal is `resumed` from its first frame; otherwise one is begun.
    """

    def __init__(
        self,
        engine: Engine,
        opened: Opened,
        *,
        resumed: Frame | None = None,
        speed: int | None,
        fps: int,
        on_seen: Callable[[Seen], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self.recipe = opened.recipe
        """As opened last; what changed since is in the frames."""
        self.speed = speed
        self.running = asyncio.Event()
        self.seen: Seen | None = None
        self.silence = ""
        """Why no answer can be expected for now; "" while one can."""
        self._engine, self._view, self._frames = engine, View(), FrameRate(fps)
        self._table, self._source = opened.table, Source(opened.name, str(opened.file))
        self._resumed = resumed
        self._on_seen, self._on_trouble = on_seen, on_trouble
        self._line = Line(self._take, self._tell, self.pause)
        self._nudged = asyncio.Event()
        self._pace = Pace()
        self._wanted: deque[int | None] = deque(maxlen=1)
        """The epoch to look at next, while another is on its way; None for the present."""
        self._looking = False
        self._viewing = self._stale = False
        """Whether a view is on its way, and whether that is no longer the one wanted."""
        self._unfinished = asyncio.Event()

    @property
    def death(self) -> str:
        """Why there is no engine any more; "" while there is hope."""
        return self._line.death

    async def live(self) -> None:
        """Open the recipe, then train whenever `running` is set, for as long as the app lives."""
        if self._resumed:
            self._line.begin()
            self._take(self._resumed)
            await self.look(self._view)  # which has changed since it was asked for
        else:
            await self._opened(self.recipe)
        finishing = asyncio.ensure_future(self._finish())
        try:
            await self._train()
        finally:
            finishing.cancel()

    async def _train(self) -> None:
        while True:
            await self.running.wait()
            await self._line.opened()
            self._pace.clear()
            self._frames.begin()
            self._nudged.clear()
            if self.speed is None:
                await self._train_at_full_speed()
            else:
                await self._train_at(self.speed)

    async def _train_at_full_speed(self) -> None:
        """Train slice after slice; each frame is drawn while the next slice is trained."""
        slice_ = asyncio.ensure_future(self._slice(None, self._frames.seconds))
        while True:
            place, frame = await slice_
            ended = frame is None or self._ends_at(frame) or self._nudged.is_set()
            if not ended:
                slice_ = asyncio.ensure_future(self._slice(None, self._frames.seconds))
                await asyncio.sleep(0)  # lets the request out before the drawing
            if frame is not None:
                self._take_slice(place, frame, last=ended)
            if ended:
                return

    async def _slice(self, epochs: int | None, seconds: float) -> tuple[int, Frame | None]:
        """Train a slice; return its place in the line, and its frame."""
        place = self._line.place()
        return place, await self._line.guarded(self._engine.advance(epochs, seconds))

    def _take_slice(self, place: int, frame: Frame, *, last: bool) -> None:
        """Take a slice's frame, unless a key's is newer; one that is on its way comes sooner so."""
        if self._line.is_overtaken(place):
            if last and self.seen:
                self._take(self.seen.frame)  # whose charts may still be to be painted
        elif last or not self._line.asking:
            self._take(frame)

    async def _train_at(self, speed: int) -> None:
        """Train `speed` epochs a second, in as few frames as the eye needs."""
        began, first = time.monotonic(), self.seen.frame.epoch if self.seen else 0
        done = first
        while not self._nudged.is_set():
            period = max(self._frames.seconds, 1 / speed)
            due = first + round((time.monotonic() - began + period) * speed)
            if due - done > speed:  # it fell behind, or the app was suspended: that isn't made up
                began, first = time.monotonic(), done
                due = done + round(period * speed)
            place, frame = await self._slice(max(1, due - done), period)
            if frame is None:
                return
            ended = self._ends_at(frame)
            self._take_slice(place, frame, last=ended)
            if ended:
                return
            done = frame.epoch
            wait = began + (done - first) / speed - time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), max(0.0, wait))

    def _ends_at(self, frame: Frame) -> bool:
        """Tell whether training ends with `frame`, and end it if so."""
        at_end = frame.epoch == frame.settings["training.epochs"]
        if frame.stopped or frame.early_stop or at_end:
            self.pause()
        return not self.running.is_set()

    def start(self) -> None:
        """Train from now on."""
        if not (self.death or (self.seen and self.seen.frame.stopped)):
            self.running.set()

    def pause(self) -> None:
        """Stop training; the slice under way still comes."""
        self.running.clear()
        self._nudged.set()
        self._ask_further()

    def set_speed(self, speed: int | None) -> None:
        """Train so many epochs a second from now on; None for as many as can be."""
        self.speed = speed
        self._nudged.set()

    def leave(self) -> None:
        """Hand on nothing any more: another has taken its place."""
        self.pause()
        self._on_seen = lambda _: None
        self._on_trouble = lambda _: None

    async def start_anew(self, recipe: Recipe, remedy: str = "") -> bool:
        """Open `recipe` in place of the run so far, paused; tell whether that went well.

        As a `remedy`, if it has a name, the run so far goes on beside it.
        """
        self.pause()
        return await self._opened(recipe, follows=True, remedy=remedy) is not None

    async def _opened(
        self, recipe: Recipe, *, follows: bool = False, remedy: str = ""
    ) -> Frame | None:
        table, view, source = self._table, self._view, self._source
        frame = await self._line.guarded(
            self._engine.open(recipe, table, view, source, follows=follows, remedy=remedy)
        )
        if frame is not None:
            self._begin(recipe, frame)
        return frame

    def _begin(self, recipe: Recipe, frame: Frame) -> None:
        self.recipe = recipe
        self._line.begin()
        self._take(frame)

    async def listen(self, on_silence: Callable[[], None]) -> None:
        """Call `on_silence` whenever the engine falls silent or is heard again; mourn its death."""
        while True:
            said = await self._line.guarded(self._engine.silence(self.silence))
            self.silence = said or ""
            on_silence()

    async def revive(self) -> None:
        """Start another engine in place of a dead or silent one, and train it to where that was.

        The run is in the journal, but for the last second of its losses; the same recipe with the
        same changes at the same epochs gives the same bits.
        """
        lost, why = (self.seen.frame if self.seen else None), self.death or self.silence
        self.pause()
        engine, self.silence = self._line.renew(), ""
        self._tell("starting the engine again")
        # A silent one still has the run, and it may hold the journal.
        await self._engine.kill(why)
        frame = await (self._reopened(lost, engine) if lost else self._opened(self.recipe))
        if frame is None:
            self._line.mourn(self.death or why, engine)
            return
        end = lost.run_epoch if lost else 0
        while frame.epoch < end and not frame.stopped:
            training = self._engine.advance(end - frame.epoch, self._frames.seconds)
            further = await self._line.guarded(training)
            if further is None:
                return
            frame = further
            self._take(frame)

    async def _reopened(self, lost: Frame, engine: int) -> Frame | None:
        """Go on with the run of the `lost` frame; where the journal hasn't got it, anew."""
        if lost.run:
            opening = self._engine.open_run(lost.run, self._view)
            if reopened := await self._line.guarded(opening):
                self._begin(reopened.recipe, reopened.frame)
                return reopened.frame
            if not self._line.leads_to(engine):
                return None
        return await self._opened(recipe_until(lost, self.recipe))

    async def step(self) -> None:
        """Train one epoch, paused."""
        self.pause()
        await self._line.show(self._engine.advance(epochs=1))

    async def change(self, settings: dict[str, Value], remedy: str = "") -> str:
        """Change live settings, as a remedy if it has a name; return why not, "" if done."""
        return await self._line.ask(self._engine.change(settings, remedy), self._take_change)

    async def rewind(self, to: RewindTo) -> None:
        """Go back, paused."""
        self.pause()
        await self._line.show(self._engine.rewind(to))

    async def look_back(self, epoch: int | None) -> None:
        """Show the run as it was at `epoch`, paused; None for the present.

        Of several asked for while one is on its way, the last is shown.
        """
        self.pause()
        self._wanted.append(epoch)
        if self._looking:
            return
        self._looking = True
        try:
            while self._wanted:
                await self._line.show(self._engine.look_back(self._wanted.popleft()))
        finally:
            self._looking = False

    @property
    def looked_at(self) -> int | None:
        """The epoch that is shown or about to be; None before the first frame."""
        if self._wanted and self._wanted[0] is not None:
            return self._wanted[0]
        return self.seen.frame.epoch if self.seen else None

    @property
    def present(self) -> int:
        """The epoch that the run is at."""
        return self.seen.frame.run_epoch if self.seen else 0

    async def leap(self, epochs: int) -> None:
        """Compute so many epochs in closed form instead of training them, paused."""
        self.pause()
        await self._line.show(self._engine.leap(epochs))

    async def branch(self) -> None:
        """Begin another run at the epoch shown."""
        self.pause()
        await self._line.show(self._engine.branch())

    async def export(self, kind: ExportKind, folder: str) -> str:
        """Write the run as a new file in `folder`; return its name, "" where that went wrong."""
        file = await self._line.guarded(self._engine.export(kind, folder))
        return file or ""

    async def range_test(self, *, anew: bool) -> LrTest | None:
        """Go on with the range test for a moment, or begin one; None where that went wrong."""
        return await self._line.guarded(self._engine.range_test(anew=anew))

    async def open_run(self, run: str) -> Reopened | None:
        """Return a run of the journal in place of this one; None where that went wrong."""
        self.pause()
        return await self._line.guarded(self._engine.open_run(run, self._view))

    async def look(self, view: View) -> None:
        """See something else from now on.

        Of several asked for while one is on its way, the last is shown.
        """
        self._view, self._stale = view, True
        if self._viewing or not self._line.is_open:
            return
        self._viewing = True
        try:
            while self._stale:
                self._stale = False
                await self._line.show(self._engine.view(self._view))
        finally:
            self._viewing = False

    async def _finish(self) -> None:
        """Ask again for what is worked out a little at a time, where no slice's frame has it."""
        while True:
            await self._unfinished.wait()
            self._unfinished.clear()
            await self.look(self._view)

    @property
    def view(self) -> View:
        """What the frames are asked to show."""
        return self._view

    def _tell(self, trouble: str) -> None:
        self._on_trouble(trouble)

    def _take_change(self, frame: Frame) -> None:
        """Tell at once what is in force; while training the next slice's frame has the charts."""
        self._take(frame, charts=not self.running.is_set())

    def _take(self, frame: Frame, *, charts: bool = True) -> None:
        setup = frame.setup or (self.seen.setup if self.seen else None)
        assert setup is not None, "the first frame after a start holds the setup"
        if frame.setup or not self.running.is_set():
            self._pace.clear()
        self._pace.note(time.monotonic(), frame.epoch)
        rate = self._pace.rate if self.running.is_set() else None
        self.seen = Seen(frame, setup, rate, charts)
        self._on_seen(self.seen)
        self._frames.drawn()
        self._ask_further()

    def _ask_further(self) -> None:
        """Ask for the rest of what is looked at where the next slice's frame is no help."""
        if self.seen is None or not self.seen.frame.unfinished:
            return
        frame = self.seen.frame
        seldom = self.speed is not None and self.speed < 1 / self._frames.seconds
        nothing_yet = not (frame.lens or frame.landscape)
        if seldom or nothing_yet or not self.running.is_set():
            self._unfinished.set()


def recipe_until(frame: Frame, opened: Recipe) -> Recipe:
    """Return the recipe that leads to `frame`: `opened`, with the changes made since."""
    start = dict(frame.settings)
    for change in reversed(frame.changes):
        start.update(change.before)
    started = with_settings(replace(opened, changes=[]), start)
    return with_changes(replace(started, changes=opened.changes), frame.changes, frame.run_epoch)
