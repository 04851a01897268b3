"""What the runs screen says of a run: when it began, what became of it, how its loss went."""

import math
from collections.abc import Iterable

from tempfit_tui.frame import VerdictKind
from tempfit_tui.record import RunSummary
from tempfit_tui.text import harmless, number
from tempfit_tui.ticks import short
from tempfit_tui.ui.screens.runs_table import change_of
from tempfit_tui.ui.words import Part

NOT_FINITE = "✖"
"""Stands for a loss that was measured and isn't finite, where there is no room to say so."""
BARS, PLAIN_BARS = "▁▂▃▄▅▆▇█", ".:-=+*#@"
FLAT = 1.25
"""Losses within this factor of each other don't use the whole height of a sparkline."""
SHORT_ID = 4
"""An id is never cut to fewer letters."""
VERDICT_STYLES: dict[VerdictKind, str] = {
    "overfitting": "bold $text-warning",
    "rising": "$text-warning",
    "underfitting": "bold $text-warning",
    "diverging": "bold $text-error",
    "learning": "$text-success",
    "fits": "bold $text-success",
}
_AGES = (
    (365 * 86400, "year"),
    (30 * 86400, "month"),
    (7 * 86400, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
)


def id_length(ids: Iterable[str]) -> int:
    """Return how many letters tell all `ids` apart."""
    known, length = set(ids), SHORT_ID
    while len({id_[:length] for id_ in known}) < len(known):
        length += 1
    return length


def ago(seconds: float) -> str:
    """Return how long ago something was, as in `5 minutes ago`."""
    for length, name in _AGES:
        if (count := int(seconds // length)) >= 1:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def sparkline(losses: list[float], width: int, *, ascii_only: bool = False) -> str:
    """Return losses as bars on a log axis, at most `width` of them, from the first to the last.

    What has no logarithm is at the bottom.
    """
    count = min(len(losses), width)
    apart = (len(losses) - 1) / max(1, count - 1)
    picked = [losses[round(place * apart)] for place in range(count)]
    bars = PLAIN_BARS if ascii_only else BARS
    heights = [math.log(loss) if 0 < loss < math.inf else None for loss in picked]
    known = [height for height in heights if height is not None]
    low = min(known, default=0.0)
    span = max(max(known, default=0.0) - low, math.log(FLAT))
    return "".join(
        bars[0 if height is None else round((height - low) / span * (len(bars) - 1))]
        for height in heights
    )


def validates(run: RunSummary) -> bool:
    """Tell whether there are validation losses, as far as can be known."""
    return run.val_loss is not None or run.best_epoch is not None


def loss_cells(run: RunSummary) -> tuple[str, str]:
    """Return the final training and validation losses in few letters."""
    return _cell(run.train_loss, run.epochs > 0), _cell(run.val_loss, validates(run))


def _cell(loss: float | None, measured: bool) -> str:
    if loss is None:
        return NOT_FINITE if measured else "—"
    return short(loss)


def verdict_cells(run: RunSummary) -> tuple[str, str, str]:
    """Return the verdict in full, in brief with its epoch, and as one word or two.

    A run that was cut off is told so, if need be in place of the verdict.
    """
    cut = run.state == "cut off"
    since = f" since {run.verdict.since:,}" if run.verdict.since else ""
    ways = run.verdict.words, f"{run.verdict.kind}{since}", run.verdict.kind
    full, brief, word = (f"cut off, {way}" if cut else way for way in ways)
    return full, brief, "cut off" if cut else word


def about(
    run: RunSummary, now: float, length: int, *, current: bool, brief: bool = False
) -> list[list[Part]]:
    """Return paragraphs on a run: what it is, how it is judged, what sets it off from its parent.

    `length` is how many letters ids are told by; if `brief` there are few lines.
    """
    named = harmless(f"{run.id[:length]} · {run.name} · {run.model}")
    begun = f"{' · ' if brief else chr(10)}begun {ago(now - run.begun)}"
    why = harmless(f": {run.verdict.why}") if run.verdict.why else ""
    paragraphs: list[list[Part]] = [
        [
            (harmless(run.title) or "untitled", "bold $text-primary"),
            (f"\n{named}", ""),
            (begun, "$foreground 70%"),
            *_state(run, current),
        ],
        [
            (harmless(run.verdict.words), VERDICT_STYLES.get(run.verdict.kind, "bold")),
            (why, "$foreground 80%"),
        ],
        _losses(run),
        _origin(run, length, ", " if brief else "\n  "),
    ]
    return [paragraph for paragraph in paragraphs if paragraph]


def _state(run: RunSummary, current: bool) -> list[Part]:
    if current:
        return [(" · on the main screen", "bold")]
    match run.state:
        case "cut off":
            return [(f" · cut off at epoch {run.epochs:,}", "bold $text-warning")]
        case "live":
            return [(" · in use elsewhere", "bold")]
        case _:
            return []


def _losses(run: RunSummary) -> list[Part]:
    if not run.epochs:
        return []
    train = number(run.train_loss) if run.train_loss is not None else "not finite"
    parts = [(f"at epoch {run.epochs:,}: ", "$foreground 70%"), (f"train {train}", "$train")]
    if validates(run):
        val = number(run.val_loss) if run.val_loss is not None else "not finite"
        parts += [(", ", "$foreground 70%"), (f"validation {val}", "$validation")]
    if run.best_epoch is not None:
        best = f", best {number(run.best_loss)} at {run.best_epoch:,}"
        parts.append((best, "$foreground 70%"))
    if run.computed:
        parts.append((f"; {run.computed:,} computed, not trained", "$text-accent"))
    return parts


def _origin(run: RunSummary, length: int, between: str) -> list[Part]:
    """Return where a branch comes from, and what differs there."""
    if run.parent is None:
        return []
    parent = harmless(run.parent[:length])
    where = f"from {parent} @ {run.parent_epoch:,}" if run.parent_epoch else f"anew, after {parent}"
    parts: list[Part] = [(where, "bold")]
    if not run.differs:
        return [*parts, (", no setting differs", "$foreground 70%")]
    for name, (theirs, own) in run.differs.items():
        label, before, after = change_of(name, theirs, own)
        parts += [(f"{between}{label} ", "$foreground 70%"), (f"{before} → ", ""), (after, "bold")]
    return parts


def title(runs: list[RunSummary], marked: int, current_id: str | None) -> list[Part]:
    """Return how many runs there are, how many are marked, and which sign the current one has."""
    current = any(run.id == current_id for run in runs)
    return [
        ("Runs", "bold $text-primary"),
        (f"  {len(runs):,}" if runs else "", "bold"),
        (f" · {marked} marked" if marked else "", "bold $text-accent"),
        ("   ● on the main screen" if current else "", "$foreground 60%"),
    ]


def deletion(runs: list[RunSummary], length: int) -> str:
    """Return the question before `runs` are deleted."""
    named = harmless(", ".join(f"{run.id[:length]} {run.name}" for run in runs))
    if len(runs) == 1:
        return f"Delete {named}? It can't be brought back."
    return f"Delete {len(runs)} runs ({named})? They can't be brought back."
