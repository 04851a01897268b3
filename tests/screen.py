"""The app in Textual's pilot as a person has it: the lines on the screen, keys and a mouse."""

import asyncio
import time
from contextlib import asynccontextmanager

from tempfit_tui.catalogue import open_named
from tempfit_tui.engine.local import LocalEngine
from tempfit_tui.ui.app import TempfitApp
from tempfit_tui.ui.options import Options
from tempfit_tui.ui.panes.editor import Editor

ENDLESS = {"training.epochs": None}
"""Settings for a run that is watched for longer than the recipe may take."""
DEADLINE_SECONDS = 30
"""Nothing that is waited for takes longer, on a busy machine either."""


def screen_text(app):
    """Return the lines that are on the screen, with what shows through from behind a dialog."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    return ["".join(strip.text for strip in line) for line in update.strips]


async def wait_until(pilot, condition, what):
    """Wait for `condition`; fail with `what`, and the screen, when it doesn't come about."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            shown = "\n".join(screen_text(pilot.app))
            raise AssertionError(f"waited {DEADLINE_SECONDS} s in vain for {what}:\n{shown}")
        await pilot.pause()


class Person:
    """Who sits before the app."""

    def __init__(self, app, pilot):
        self.app, self.pilot = app, pilot
        self.press, self.resize = pilot.press, pilot.resize_terminal

    @property
    def trainer(self):
        return self.app.main.trainer

    @property
    def frame(self):
        return self.trainer.seen.frame

    @property
    def epoch(self):
        return self.frame.epoch

    @property
    def lines(self):
        return screen_text(self.app)

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def title(self):
        return self.lines[0].strip()

    @property
    def status(self):
        return self.line(" epoch ").strip()

    @property
    def verdict(self):
        """The sentence under the status line, on one line or two."""
        begin = self.lines.index(self.line(" epoch ")) + 1
        return " ".join(" ".join(self.lines[begin:-1]).split())

    @property
    def footer(self):
        return self.lines[-1].strip()

    @property
    def focus(self):
        """The id of what has the focus."""
        return self.app.focused and self.app.focused.id

    @property
    def types(self):
        """Whether a text field has the focus."""
        return isinstance(self.app.focused, Editor)

    def at(self, x, y):
        """Return the widget shown there; one that has just gone is shown until the next frame."""
        return self.app.get_widget_at(x, y)[0]

    def line(self, begin):
        """Return the first line that begins so, a pane's border apart."""
        return next(line for line in self.lines if line.lstrip("│|").startswith(begin))

    def row(self, label):
        """Return a line of the hyperparameters pane, within its border."""
        border = "|" if self.app.main.glyphs.ascii_only else "│"
        return self.line(label).split(border)[1]

    async def until(self, condition, what):
        await wait_until(self.pilot, condition, what)

    async def sees(self, *words):
        """Wait until all of `words` are on the screen."""
        await self.until(lambda: all(word in self.text for word in words), f"{words} on the screen")

    async def misses(self, words):
        """Wait until `words` are no longer on the screen."""
        await self.until(lambda: words not in self.text, f"{words!r} gone from the screen")

    async def trained(self, epoch):
        """Wait until that epoch is reached."""
        await self.until(lambda: self.trainer.seen and self.epoch >= epoch, f"epoch {epoch}")

    async def stands(self):
        """Wait until training is paused, and the last slice is here."""
        await self.until(lambda: not self.trainer.running.is_set(), "a pause")
        await self.trainer.look(self.trainer.view)  # is answered after the slice
        await self.pilot.pause()

    async def steps(self, count):
        """Train so many epochs, one by one."""
        end = self.epoch + count
        await self.press(*["n"] * count)
        await self.until(lambda: self.epoch == end, f"epoch {end}")

    async def presses_at_once(self, *keys):
        """Press keys faster than the first of them is answered."""
        for key in keys:
            self.app.simulate_key(key)
        await self.until(lambda: not self.app.message_queue_size, "all keys to be taken")
        await self.pilot.pause()

    async def click(self, words, line="", times=1):
        """Click on the first cell of `words`, on the first line that holds `line` too."""
        for y, shown in enumerate(self.lines):
            if line in shown and (x := shown.find(words, shown.find(line) + len(line))) >= 0:
                await self.until(lambda x=x, y=y: self.at(x, y).is_attached, "a screen up to date")
                widget, region = self.app.get_widget_at(x, y)
                await self.pilot.click(widget, offset=(x - region.x, y - region.y), times=times)
                return
        raise AssertionError(f"no {words!r} after {line!r} to click on:\n{self.text}")


@asynccontextmanager
async def sitting_at(
    recipe="split", *, size=(120, 40), engine=None, settings=None, ready=True, **options
):
    """Start the app on `recipe`, and wait for the engine if `ready`; nothing may fail unseen."""
    faults = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    app = TempfitApp(
        open_named(recipe and str(recipe), settings=settings),
        engine or LocalEngine(),
        Options(**options),
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        person = Person(app, pilot)
        if ready:
            await person.until(lambda: person.trainer.seen, "the first frame")
        yield person
        # Slices of this process's engine would hold up every message of the leaving.
        person.trainer.running.clear()
    assert not faults
