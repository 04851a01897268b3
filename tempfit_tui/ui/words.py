"""What the title and the verdict lines say of a run, as pure functions of what is known of it."""

from typing import NamedTuple

from tempfit_tui.frame import CutOff, Frame, Outcome, Verdict
from tempfit_tui.insight import Step
from tempfit_tui.text import number, signed
from tempfit_tui.ui.trainer import Seen

Part = tuple[str, str]
"""Text and its style."""

NOTED_SECONDS = 5.0
"""So long a change's note stands while training runs."""

AGAIN = "Enter: start it again, up to here"
"""What can be done about an engine that is dead or silent."""

ROOMY = 90
"""So wide a line holds a verdict."""

_TROUBLES = {
    "overfitting": ("⚠ ", "bold $text-warning", "Enter: remedies"),
    "rising": ("⚠ ", "$text-warning", "Enter: remedies"),
    "underfitting": ("⚠ ", "bold $text-warning", "Enter: remedies"),
    "diverging": ("✖ ", "bold $text-error", "Enter: ways back"),
}
"""For each kind of trouble its sign, its style, and what can be done."""
_STYLES = {"learning": "$text-success", "fits": "$text-success"}
"""The styles of the other verdicts; a warning's where there is none yet."""


class Situation(NamedTuple):
    """All that the words depend on."""

    seen: Seen | None
    running: bool
    death: str
    """Why there is no engine; "" while there is one."""
    trouble: str
    """Why the last thing asked for wasn't done; "" if it was."""
    offer: CutOff | None = None
    """A run that could be gone on with."""
    silence: str = ""
    """Why no answer of the engine can be expected for now; "" while one can."""

    @property
    def is_troubled(self) -> bool:
        """Whether something is wrong beside what training came to."""
        return bool(self.death or self.silence or self.trouble)

    @property
    def past(self) -> Frame | None:
        """The frame, where it is of an epoch looked back on."""
        return self.seen.frame if self.seen and self.seen.frame.is_past else None


def state_words(now: Situation) -> Part:
    """Return the run's state as a sign and a word."""
    if now.death:
        return "✖ engine stopped", "bold $text-error"
    if now.silence:
        return "⚠ engine silent", "bold $text-warning"
    if now.seen is None and now.trouble:
        return "✖ can't start", "bold $text-error"
    if now.seen is None:
        return "… starting", "$foreground 60%"
    if now.past:
        return "◀ looking back", "bold $text-accent"
    if now.seen.frame.stopped:
        return "✖ diverged", "bold $text-error"
    if now.running:
        return "● running", "bold $text-success"
    if now.seen.frame.early_stop:
        return "■ stopped early", "bold $text-primary"
    if _finished(now.seen.frame):
        return "■ finished", "bold $text-primary"
    return ("‖ paused" if now.seen.frame.epoch else "‖ not started"), "bold $text-warning"


def verdict_words(now: Situation, width: int) -> list[Part]:
    """Return what is to be said under the status line, on two lines of `width` cells.

    The verdict comes first; where trouble needs both lines, it has them, unless there is news.
    """
    news, beside = _news(now), _beside(now, width)
    both = not (width >= ROOMY or news or _is_calm(now))
    judged = _judgement(now, 2 * width - 1 if both else width)
    if sum(len(text) for text, _ in judged) > width:
        return judged
    second = news or beside
    return [*judged, ("\n", ""), *second] if second else judged


def _is_calm(now: Situation) -> bool:
    """Tell whether the verdict is no trouble: what is beside it counts as much then."""
    well = now.seen is not None and now.seen.frame.verdict.kind not in _TROUBLES
    return well and not now.is_troubled


def _judgement(now: Situation, room: int) -> list[Part]:
    if now.death:
        return _trouble_words(f"✖ {now.death}", AGAIN, room, "bold $text-error")
    if now.silence:
        return _trouble_words(f"⚠ {now.silence}", AGAIN, room, "bold $text-warning")
    if now.trouble:
        return [(now.trouble, "$text-error")]
    if now.seen is None:
        return [("the engine is loading PyTorch", "$foreground 70%")]
    frame = now.seen.frame
    if now.past:
        return _sentence(frame.verdict, room, offers=False)
    if frame.stopped:
        told = f"diverged at epoch {frame.stopped.epoch:,}: {frame.stopped.reason}"
        return _trouble_words(f"✖ {told}", "Enter: ways back", room, "bold $text-error")
    return _sentence(frame.verdict, room)


def _sentence(verdict: Verdict, room: int, *, offers: bool = True) -> list[Part]:
    """Return the verdict with its figures, cut so that the way out of it can be seen."""
    calm = "", _STYLES.get(verdict.kind, "$text-warning"), ""
    sign, style, hint = _TROUBLES.get(verdict.kind, calm)
    hint = hint if offers else ""
    told = f"{sign}{verdict.words}"
    why = f": {verdict.why}" if verdict.why else ""
    left = room - len(told) - (len(hint) + 3 if hint else 0)
    if len(why) > left:
        why = f"{why[: max(0, left - 1)]}…"
    parts: list[Part] = [(told, style)]
    if why:
        parts.append((why, "$foreground 80%"))
    if hint:
        parts.append(_hint(hint))
    return parts


def _news(now: Situation) -> list[Part]:
    """Return what became of the optimizer's state, of patience or of a remedy; [] for no news."""
    if now.is_troubled or now.seen is None:
        return []
    if now.past:
        at = f"epoch {now.past.epoch:,} of {now.past.present:,}"
        hints = [_hint("b: branch here"), _hint("Esc: the present"), _hint("[ ]: move")]
        if now.past.forecast:
            hints = [(f" · {forecast_words(now.past)}", "$text-accent")]
        return [(at, "bold $text-accent"), *hints]
    if now.seen.frame.stopped:
        return []
    frame = now.seen.frame
    if now.offer:
        told = f"{now.offer.title} was cut off at epoch {now.offer.epochs:,}"
        return [(told, "bold $text-warning"), _hint("Enter: go on with it")]
    setup = now.seen.setup
    if setup.parent_epoch and frame.epoch == setup.parent_epoch and not now.running:
        told = f"run {frame.run} begins here, a branch of run {setup.parent}"
        return [(told, "$text-accent"), _hint("space: train")]
    if forecast := frame.forecast:
        hint = [] if forecast.why_not or forecast.diverges else [_hint("Enter: jump there")]
        return [(forecast_words(frame), "$text-accent"), *hint]
    if note := _note(now.seen, now.running):
        return [(note, "$text-accent")]
    if frame.early_stop:
        return [(frame.early_stop.words, "$text-primary"), _hint("space: go on")]
    if (judged := _outcome(frame)) and judged.kind != "too early":
        helped = judged.kind in ("helped", "in part")
        return [(judged.words, "$text-success" if helped else "$text-accent")]
    return []


def forecast_words(frame: Frame) -> str:
    """Return what the forecast in sight says in one line, or why there is none."""
    forecast = frame.forecast
    if forecast is None:
        return ""
    if forecast.why_not:
        return f"no forecast: {forecast.why_not}"
    if forecast.diverges:
        return "forecast: it diverges; lower the learning rate"
    told = f"forecast: the training loss comes to {number(forecast.settles_to)}"
    if forecast.settles_at is not None:
        within = "is within 1 % of" if forecast.settles_at <= frame.epoch else "comes within 1 % of"
        at = "" if forecast.settles_at <= frame.epoch else f" at epoch {forecast.settles_at:,}"
        told = f"forecast: {within} {number(forecast.settles_to)}{at}"
    if forecast.until is not None:
        told += f"; from {forecast.until:,} on 32-bit steps are too coarse"
    return told


def _beside(now: Situation, room: int) -> list[Part]:
    """Return what there is to say besides, where there is no news."""
    if now.is_troubled:
        return []
    if now.seen is None:
        return [("space: start training as soon as it is there", "$foreground 60%")]
    frame = now.seen.frame
    if frame.stopped:
        return []
    if now.running and (judged := _outcome(frame)):
        return [(judged.words, "$foreground 60%")]
    if now.running:
        end = frame.settings["training.epochs"]
        until = f" until epoch {end:,}" if isinstance(end, int) and frame.epoch < end else ""
        return [(f"training{until}", "$foreground 60%"), _hint("space: pause")]
    if _finished(frame):
        told = f"epoch {frame.epoch:,} is where this recipe ends"
        hints = [_hint("space: go on all the same"), _hint("r: start again")]
        return [(told, "$text-primary"), *hints]
    if frame.step is None:
        return [("space: train", "$foreground 60%"), _hint("n: one epoch")]
    return [(step_words(frame.step, room, frame.train_loss), "$foreground 60%")]


def _outcome(frame: Frame) -> Outcome | None:
    return frame.ghost.outcome if frame.ghost else None


def _note(seen: Seen, running: bool) -> str:
    """Return what became of the optimizer's state by the last change; "" when that is past."""
    if not seen.frame.changes:
        return ""
    change = seen.frame.changes[-1]
    recent = NOTED_SECONDS * (seen.rate or 1) if running else 0
    return change.note if seen.frame.epoch - change.epoch < recent else ""


def step_words(step: Step, room: int, measured: float | None = None) -> str:
    """Return one epoch's four parts: forward, loss, gradient, update; in `room` cells, or fewer.

    `measured` is its training loss in the file's units squared, as it is shown elsewhere. The loss
    that is optimised may be another number: of standardised targets, of a batch, with a penalty.
    """
    epoch, optimised = f"epoch {step.epoch:,}", number(step.loss)
    loss = f"loss {optimised}"
    if measured is not None and number(measured) != optimised:
        loss = f"loss {number(measured)} ({optimised} as optimised)"
    if len(step.before) == 2:
        (w, b), (by_w, by_b), (new_w, new_b) = step.before, step.gradient, step.after
        forward = f"p = {number(w)}x {signed(b)}"
        gradient = f"gradient {number(by_w)}, {number(by_b)}"
        update = f"w {number(new_w)}, b {number(new_b)}"
    else:
        forward = "forward"
        gradient = f"gradient {number(step.gradient_norm, 3)} long"
        update = f"all parameters together moved by {number(step.update_norm, 3)}"
    for parts in ([forward, loss, gradient, update], [loss, gradient, update], [loss, update]):
        if len(words := f"{epoch}: {' → '.join(parts)}") <= room:
            return words
    return f"{epoch}: {loss}"


def _trouble_words(told: str, hint: str, room: int, style: str) -> list[Part]:
    """Return what is wrong, cut so that the way out of it can be seen."""
    left = max(0, room - len(hint) - 6)
    cut = told if len(told) <= left else f"{told[:left]}…"
    return [(cut, style), _hint(hint)]


def _finished(frame: Frame) -> bool:
    return frame.epoch == frame.settings["training.epochs"]


def _hint(words: str) -> Part:
    return f" · {words}", "$foreground 60%"
