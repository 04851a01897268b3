"""A run as a picture for a report: one SVG that needs nothing else."""

import textwrap

from tempfit_tui.export.fit_chart import fit_chart, fitted_line
from tempfit_tui.export.loss_chart import loss_chart
from tempfit_tui.export.svg import FAINT, INK, SMALL, element, escaped, text
from tempfit_tui.frame import Frame
from tempfit_tui.record import Record
from tempfit_tui.text import harmless, setting

WIDTH, HEIGHT = 840, 960
LEFT, RIGHT = 84, 690
"""The charts' sides; names are beyond them."""
ACROSS = 112
"""Letters in a line of text."""


def picture(record: Record, frame: Frame) -> str:
    """Return losses and fit of a run at its end, `frame`, as an SVG document."""
    title = record.recipe.title or record.name or "A run"
    lines = [*_about(record, frame), *_verdict(frame)]
    below = 64 + 18 * len(lines)
    middle = below + (HEIGHT - below) * 0.5
    told = [
        text((24, 62 + 18 * place), words, most=ACROSS + 8, fill=colour)
        for place, (words, colour) in enumerate(lines)
    ]
    document = element(
        "svg",
        element("title", escaped(title)),
        element("rect", width=WIDTH, height=HEIGHT, fill="white"),
        text((24, 36), title, most=70, font_size=20, font_weight="bold", fill=INK),
        *told,
        loss_chart(record, frame, LEFT, RIGHT, below + 6, middle - 50),
        fit_chart(record, frame, LEFT, RIGHT, middle + 14, HEIGHT - 56),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        font_family="sans-serif",
        font_size=SMALL,
    )
    return f"{document}\n"


def _about(record: Record, frame: Frame) -> list[tuple[str, str]]:
    """Return what was trained, in a line or two, with their colours."""
    settings = frame.settings
    optimizer = f"{settings['training.optimizer']}, lr {setting(settings['training.lr'])}"
    told = [
        record.recipe.model.words,
        optimizer,
        f"{frame.epoch:,} epoch{'s'[: frame.epoch != 1]}{_computed(record)}",
        record.table.source,
    ]
    lines = [" · ".join(told), fitted_line(record, frame)]
    return [(words, FAINT) for words in lines if words]


def _computed(record: Record) -> str:
    return f", {record.computed:,} of them computed" if record.computed else ""


def _verdict(frame: Frame) -> list[tuple[str, str]]:
    """Return what there is to say of the run, on as many lines as it takes."""
    verdict = frame.verdict
    told = f"{verdict.words}: {verdict.why}" if verdict.why else verdict.words
    if frame.stopped:
        told = f"diverged at epoch {frame.stopped.epoch:,}: {frame.stopped.reason}"
    sentences = [told, *([frame.early_stop.words] if frame.early_stop else [])]
    # Harmless text has no line ends of its own.
    lines = (textwrap.wrap(harmless(words), ACROSS, max_lines=3) for words in sentences)
    return [(line, INK) for wrapped in lines for line in wrapped]
