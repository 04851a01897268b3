"""A run without a screen: the article's table for people, JSON Lines for programs."""

import sys
from collections.abc import Iterator

import click
import msgspec
from msgspec.structs import replace

from tempfit_tui.catalogue import Opened
from tempfit_tui.frame import Frame, Stopped, View
from tempfit_tui.home import home
from tempfit_tui.journal.journal import Journal
from tempfit_tui.record import Source
from tempfit_tui.session.session import Session
from tempfit_tui.text import DASH

DEFAULT_EPOCHS = 5000
"""Where a run ends whose recipe doesn't say."""
SHOWN_PARAMETERS = 16
"""A table for people ends with no more."""
LONG = 20_000
"""A run of so many epochs shows its progress."""
NO_CURVES = View(columns=1, points=2, all_parameters=True)


def train(opened: Opened, epochs: int | None, every: int, as_json: bool) -> Stopped | None:
    """Run `opened` to its end, print what a program or a person reads, and say why it stopped.

    Raises:
        InputError: the recipe doesn't suit the table.
    """
    end = epochs or opened.recipe.training.epochs or DEFAULT_EPOCHS
    training = replace(opened.recipe.training, epochs=end)
    journal, source = Journal(home()), Source(opened.name, str(opened.file))
    session = Session(replace(opened.recipe, training=training), opened.table, source, journal)
    try:
        return _trained(session, end, every, as_json)
    finally:
        session.leave()
        journal.close()
        if journal.trouble:
            click.echo(f"tempfit-tui: {journal.trouble}", err=True)


def _trained(session: Session, end: int, every: int, as_json: bool) -> Stopped | None:
    if not as_json:
        click.echo(f"{'epoch':>9}  {'train':>14}  {'validation':>14}")
    frame = session.frame(NO_CURVES)
    for frame in _stops(session, end, every):
        click.echo(_json_epoch(frame) if as_json else _row(frame, session.run.validates))
    click.echo(_json_result(frame) if as_json else _ending(frame))
    return frame.stopped


def _stops(session: Session, end: int, every: int) -> Iterator[Frame]:
    """Train to each epoch of the table, and give what is to be seen there."""
    shown = sys.stderr.isatty() and end >= LONG
    with click.progressbar(length=end, file=sys.stderr, hidden=not shown) as bar:
        while session.run.epoch < end and not session.ended:
            epoch = session.run.epoch
            stop = min(end, epoch + 1 if epoch < 3 else (epoch // every + 1) * every)
            while session.run.epoch < stop and not session.ended:
                session.advance(stop - session.run.epoch, seconds=0.1)
                bar.update(session.run.epoch - bar.pos)
            if shown:
                # The row is printed over the bar, which the next update draws again.
                click.echo("\r\x1b[K", nl=False, err=True)
            yield session.frame(NO_CURVES)


def _row(frame: Frame, validates: bool) -> str:
    val = _loss(frame.val_loss) if validates else DASH
    return f"{frame.epoch:>9}  {_loss(frame.train_loss):>14}  {val:>14}"


def _loss(loss: float | None) -> str:
    if loss is None:
        return "not finite"
    return f"{loss:.6f}" if loss < 1e7 else f"{loss:.6e}"


def _ending(frame: Frame) -> str:
    many = len(frame.parameters) > SHOWN_PARAMETERS
    told = (
        f"{len(frame.parameters):,}, all of them with --json" if many else _listed(frame.parameters)
    )
    lines = [f"parameters  {told}", f"verdict  {frame.verdict.words}"]
    if frame.early_stop:
        lines.append(frame.early_stop.words)
    if frame.raw_parameters:
        lines.append(f"in the file's units  {_listed(frame.raw_parameters)}")
    return "\n".join(lines)


def _listed(parameters: list[float | None]) -> str:
    return ", ".join(_parameter(value) for value in parameters)


def _parameter(value: float | None) -> str:
    if value is None:
        return "not finite"
    return f"{value:.4f}" if abs(value) < 1e7 else f"{value:.4e}"


def _json_epoch(frame: Frame) -> str:
    return _json_line(
        {
            "type": "epoch",
            "epoch": frame.epoch,
            "train_loss": frame.train_loss,
            "val_loss": frame.val_loss,
            # A record's parameters are those that its losses were measured at.
            "parameters": frame.step.before if frame.step else frame.parameters,
        }
    )


def _json_result(frame: Frame) -> str:
    return _json_line(
        {
            "type": "result",
            "epochs": frame.epoch,
            "train_loss": frame.train_loss,
            "val_loss": frame.val_loss,
            "parameters": frame.parameters,
            "raw_parameters": frame.raw_parameters,
            "best_epoch": frame.best_epoch,
            "verdict": frame.verdict.words,
            "stopped": frame.stopped
            and {"epoch": frame.stopped.epoch, "reason": frame.stopped.reason},
        }
    )


def _json_line(line: dict[str, object]) -> str:
    return msgspec.json.encode(line).decode()
