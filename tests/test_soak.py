"""Nothing is left behind by many frames, new starts and openings; `tests/soak.py` takes longer."""

import asyncio
import gc
from collections import Counter

import proc
from helpers import until
from kept_runs import kept
from screen import ENDLESS, sitting_at
from terminal import Terminal, children_of
from textual.widget import Widget

from tempfit_tui.ui.trainer import Trainer

KEPT = (Widget, Trainer, asyncio.Task)


def used(person):
    """Return how much there is of what could be left behind."""
    gc.collect()
    types = map(type, gc.get_objects())
    things = Counter(kind.__name__ for type_ in types for kind in KEPT if issubclass(type_, kind))
    return things + Counter(
        workers=len(person.app.workers), descriptors=proc.descriptors(), threads=proc.threads()
    )


async def some_life(person):
    """Train, start anew, look back and branch, open another recipe and another run."""
    trainer = person.trainer
    await trainer.step()
    await person.app.main._engine.advance(30)
    await person.presses_at_once("l", "z", "s", "plus", "[", "b", "r")
    await person.until(lambda: person.epoch == 0, "a new start")
    await person.presses_at_once("n", "n", "o")
    await person.sees("Enter: open it")
    await person.presses_at_once("down", "enter")
    await person.until(lambda: person.trainer is not trainer, "another recipe")
    await person.until(lambda: person.trainer.seen, "its first frame")
    await person.presses_at_once("u")
    await person.sees("scroll the words")
    trainer = person.trainer
    await person.presses_at_once("end", "enter")
    await person.until(lambda: person.trainer is not trainer, "another run")
    await person.until(lambda: person.trainer.seen, "its first frame")
    await person.until(lambda: person.app.screen is person.app.main, "the main screen")


async def test_no_task_widget_or_descriptor_is_left_behind():
    async with sitting_at(settings=ENDLESS) as person:
        for _ in range(2):
            await some_life(person)
        before = used(person)
        for _ in range(3):
            await some_life(person)
        await person.until(lambda: used(person) <= before, f"no more than {before}")


def test_neither_process_keeps_descriptors_or_threads_of_frames_and_new_starts(tmp_path):
    options = ("split", "--start", "--speed", "full", "--fps", "60")
    with Terminal(*options, home=tmp_path) as terminal:
        terminal.wait_for(lambda: (terminal.epoch or 0) > 100)
        (engine,) = children_of(terminal.pid)

        def held():
            """Return the descriptors and threads of the app and of its engine."""
            counts = proc.descriptors, proc.threads
            return [count(pid) for pid in (terminal.pid, engine) for count in counts]

        seen = []
        for number in range(1, 13):
            terminal.press("r")
            terminal.wait_for(lambda: terminal.epoch == 0)
            terminal.press("space")
            terminal.wait_for(lambda: (terminal.epoch or 0) > 1000)
            # A run that is kept has a lock file open. The first was there before.
            until(lambda run=number: len(kept(tmp_path)) > run, "the run in the journal")
            seen.append(held())
        # A page on its way holds a file for a moment: what stays is what is left behind.
        until(
            lambda: all(now <= early for now, early in zip(held(), seen[1], strict=True)),
            f"no more than after two starts, {seen}",
        )
