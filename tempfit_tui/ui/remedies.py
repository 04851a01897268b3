"""The ways back from a divergence, and what each of them does."""

from typing import NamedTuple

from tempfit_tui.frame import Value
from tempfit_tui.text import setting
from tempfit_tui.ui.trainer import Seen


class Answer(NamedTuple):
    """One way to answer."""

    name: str
    words: str
    why: str = ""
    """One line on what it does."""


def ways_back(seen: Seen) -> list[Answer]:
    """Return what can be done after training diverged, the gentlest way first."""
    frame, answers = seen.frame, []
    if frame.can_take_back and frame.changes:
        last = frame.changes[-1]
        undone = ", ".join(f"{_key(name)} {setting(was)}" for name, was in last.before.items())
        answers.append(
            Answer(
                "before-change",
                f"back to epoch {last.epoch - 1:,}, before the last change",
                f"with {undone} again; the epochs up to there are kept",
            )
        )
    if (calm := calm_lr(seen)) is not None:
        answers.append(
            Answer(
                "calm",
                f"back to the start with lr {setting(calm)}",
                "half the largest stable lr, from the same first weights",
            )
        )
    answers.append(
        Answer("start", "back to the start", "the same first weights, the settings as they are")
    )
    return answers


def calm_lr(seen: Seen) -> Value:
    """Return half the largest stable learning rate, to two digits; None where there is none."""
    limit = seen.frame.limit.lr
    return None if limit is None else float(f"{limit / 2:.2g}")


def _key(name: str) -> str:
    return name.partition(".")[2]
