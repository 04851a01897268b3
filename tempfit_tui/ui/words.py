"""What the title and the verdict line say of a run, as pure functions of what is known of it."""

from typing import NamedTuple

from tempfit_tui.frame import Step
from tempfit_tui.text import number, signed
from tempfit_tui.ui.trainer import Seen

Part = tuple[str, str]
"""Text and its style."""


class Situation(NamedTuple):
    """All that the words depend on."""

    seen: Seen | None
    running: bool
    death: str
    """Why there is no engine; "" while there is one."""
    trouble: str
    """Why the last thing asked for wasn't done; "" if it was."""


def state_words(now: Situation) -> Part:
    """Return the run's state as a sign and a word."""
    if now.death:
        return "✖ engine stopped", "bold $text-error"
    if now.seen is None and now.trouble:
        return "✖ can't start", "bold $text-error"
    if now.seen is None:
        return "… starting", "$foreground 60%"
    if now.seen.frame.stopped:
        return "✖ diverged", "bold $text-error"
    if now.running:
        return "● running", "bold $text-success"
    if _finished(now.seen):
        return "■ finished", "bold $text-primary"
    return ("‖ paused" if now.seen.frame.epoch else "‖ not started"), "bold $text-warning"


def verdict_words(now: Situation, room: int) -> list[Part]:
    """Return the sentence under the status line, in about `room` cells."""
    if now.death:
        return _trouble_words(now.death, "Enter: start it again, up to here", room)
    if now.trouble:
        return [(now.trouble, "$text-error")]
    if now.seen is None:
        return [
            ("the engine is loading PyTorch", "$foreground 70%"),
            _hint("space: start training as soon as it is there"),
        ]
    frame = now.seen.frame
    if frame.stopped:
        told = f"diverged at epoch {frame.stopped.epoch:,}: {frame.stopped.reason}"
        return _trouble_words(told, "Enter: ways back", room)
    if now.running:
        end = frame.settings["training.epochs"]
        until = f" · until epoch {end:,}" if isinstance(end, int) and frame.epoch < end else ""
        return [(f"running{until}", "$text-success"), _hint("space: pause")]
    if _finished(now.seen):
        told = f"finished: epoch {frame.epoch:,} is where this recipe ends"
        return [
            (told, "$text-primary"),
            _hint("space: go on all the same"),
            _hint("r: start again"),
        ]
    if frame.step is None:
        return [("not started", "$text-warning"), _hint("space: train"), _hint("n: one epoch")]
    return [
        ("paused", "$text-warning"),
        (f" · {step_words(frame.step, room - 10)}", "$foreground 80%"),
    ]


def step_words(step: Step, room: int) -> str:
    """Return one epoch's four parts: forward, loss, gradient, update; in `room` cells, or fewer."""
    (w, b), (by_w, by_b), (new_w, new_b) = step.before, step.gradient, step.after
    epoch, loss = f"epoch {step.epoch:,}", f"loss {number(step.loss)}"
    update = f"w {number(new_w)}, b {number(new_b)}"
    forward, gradient = f"p = {number(w)}x {signed(b)}", f"gradient {number(by_w)}, {number(by_b)}"
    for parts in ([forward, loss, gradient, update], [loss, gradient, update], [loss, update]):
        if len(words := f"{epoch}: {' → '.join(parts)}") <= room:
            return words
    return f"{epoch}: {loss}"


def _trouble_words(told: str, hint: str, room: int) -> list[Part]:
    """Return what is wrong, cut so that the way out of it can be seen."""
    left = max(0, room - len(hint) - 8)
    cut = told if len(told) <= left else f"{told[:left]}…"
    return [(f"✖ {cut}", "bold $text-error"), _hint(hint)]


def _finished(seen: Seen) -> bool:
    return seen.frame.epoch == seen.frame.settings["training.epochs"]


def _hint(words: str) -> Part:
    return f" · {words}", "$foreground 60%"
