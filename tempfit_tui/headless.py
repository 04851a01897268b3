"""A run without a screen: the article's table for people, JSON Lines for programs."""

import signal
import sys
from collections.abc import Iterator
from typing import Literal, NamedTuple

import click
from msgspec.structs import replace

from tempfit_tui.catalogue import Opened, is_bundled
from tempfit_tui.frame import Frame, Setup, View
from tempfit_tui.home import home
from tempfit_tui.journal.journal import Journal
from tempfit_tui.json_lines import json_line
from tempfit_tui.law import law_of_frame
from tempfit_tui.metrics import r_squared_text
from tempfit_tui.record import Source
from tempfit_tui.session.session import Session
from tempfit_tui.signals import Ending, SignalledError
from tempfit_tui.text import DASH, fixed, number
from tempfit_tui.training.scores import Score, Scores, scores_of

Keep = Literal["best", "last"]
"""Which weights to end with."""

DEFAULT_EPOCHS = 5000
"""Where a run ends whose recipe doesn't say."""
SHOWN_PARAMETERS = 16
"""A table for people ends with no more."""
LONG = 20_000
"""A run of so many epochs shows its progress."""
NO_CURVES = View(columns=1, points=2, all_parameters=True)


def train(
    opened: Opened, epochs: int | None, every: int, as_json: bool, keep: Keep = "last"
) -> str:
    """Run `opened` to its end, print what a program or a person reads.

    Returns why training diverged, "" where it did not.

    A signal ends it between two epochs. A run that was interrupted by a person is complete; one
    that another signal ended can be resumed.

    Raises:
        InputError: the recipe doesn't suit the table.
        SignalledError: a signal ended it.
    """
    end = epochs or opened.recipe.training.epochs or DEFAULT_EPOCHS
    training = replace(opened.recipe.training, epochs=end)
    journal, source = Journal(home()), Source(opened.name, str(opened.file))
    with Ending() as ending:
        session = Session(replace(opened.recipe, training=training), opened.table, source, journal)
        complete = True
        try:
            return _trained(session, opened, end, every, as_json, keep, ending)
        except SignalledError as error:
            complete = error.number == signal.SIGINT
            raise
        finally:
            if complete:
                session.leave()
            else:
                session.keeper.write()
            journal.close()
            if journal.trouble:
                click.echo(f"tempfit-tui: {journal.trouble}", err=True)


def _trained(
    session: Session,
    opened: Opened,
    end: int,
    every: int,
    as_json: bool,
    keep: Keep,
    ending: Ending,
) -> str:
    frame = session.frame(NO_CURVES)
    setup = frame.setup
    assert setup, "the first frame says what stays the same"
    if not is_bundled(opened.file):
        for decision in (*opened.table.decisions, *setup.decisions):
            click.echo(f"{opened.table.source}: {decision}", err=True)
    if not as_json:
        click.echo(f"{'epoch':>9}  {'train':>14}  {'validation':>14}")
    for frame in _stops(session, end, every, ending):
        click.echo(_json_epoch(frame) if as_json else _row(frame, session.run.validates))
    result = Result(opened, setup, frame, *_kept(session, frame, keep))
    click.echo(_json_result(result) if as_json else _ending(result))
    if frame.stopped:
        return f"diverged at epoch {frame.stopped.epoch}: {frame.stopped.reason}"
    return f"diverging: {frame.verdict.why}" if frame.verdict.kind == "diverging" else ""


class Result(NamedTuple):
    """What a run came to."""

    opened: Opened
    setup: Setup
    last: Frame
    """At its last epoch."""
    kept: Frame
    """At the epoch whose parameters are kept."""
    scores: Scores
    """Of those parameters."""

    @property
    def law(self) -> str:
        """The fitted law in the file's units; "" for a model without one."""
        kind, table = self.opened.recipe.model.kind, self.opened.table
        return law_of_frame(self.kept, self.setup, kind, table)


def _kept(session: Session, last: Frame, keep: Keep) -> tuple[Frame, Scores]:
    """Return the frame of the parameters to keep, and their scores."""
    if keep == "last" or last.early_stop or last.best_epoch is None:
        return last, scores_of(session.run)
    # A record's loss is measured before its update: at the parameters of the epoch before.
    session.look_back(last.best_epoch - 1)
    return session.frame(NO_CURVES), scores_of(session.shown)


def _stops(session: Session, end: int, every: int, ending: Ending) -> Iterator[Frame]:
    """Train to each epoch of the table, and give what is to be seen there."""
    shown = sys.stderr.isatty() and end >= LONG
    with click.progressbar(length=end, file=sys.stderr, hidden=not shown) as bar:
        while session.run.epoch < end and not session.ended:
            epoch = session.run.epoch
            stop = min(end, epoch + 1 if epoch < 3 else (epoch // every + 1) * every)
            while session.run.epoch < stop and not session.ended:
                left = stop - session.run.epoch
                session.advance(left, seconds=0.1, interrupted=lambda: ending.asked)
                ending.check()
                bar.update(session.run.epoch - bar.pos)
            if shown:
                # The row is printed over the bar, which the next update draws again.
                click.echo("\r\x1b[K", nl=False, err=True)
            yield session.frame(NO_CURVES)


def _row(frame: Frame, validates: bool) -> str:
    val = fixed(frame.val_loss, 6) if validates else DASH
    return f"{frame.epoch:>9}  {fixed(frame.train_loss, 6):>14}  {val:>14}"


def _ending(result: Result) -> str:
    kept, last, scores = result.kept, result.last, result.scores
    many = len(kept.parameters) > SHOWN_PARAMETERS
    listed = ", ".join(fixed(value, 4) for value in kept.parameters)
    shown = f"{len(kept.parameters):,}, all of them with --json" if many else listed
    lines = [f"parameters  {shown}", *([result.law] if result.law else [])]
    lines += [_score_line("train", scores.train)]
    lines += [_score_line("validation", scores.val)] if scores.val else []
    lines += [f"verdict  {last.verdict.words}"]
    if last.early_stop:
        lines.append(last.early_stop.words)
    if kept is not last:
        lines.append(f"these are the best weights, of epoch {last.best_epoch:,}")
    return "\n".join(lines)


def _score_line(name: str, score: Score) -> str:
    line = f"{name:<10}  loss {fixed(score.loss, 6)}  RMSE {number(score.rmse)}"
    return line if score.r2 is None else f"{line}  R² {r_squared_text(score.r2)}"


def _json_epoch(frame: Frame) -> str:
    return json_line(
        {
            "type": "epoch",
            "epoch": frame.epoch,
            "train_loss": frame.train_loss,
            "val_loss": frame.val_loss,
            # A record's parameters are those that its losses were measured at.
            "parameters": frame.step.before if frame.step else frame.parameters,
        }
    )


def _json_result(result: Result) -> str:
    kept, last, scores, table = result.kept, result.last, result.scores, result.opened.table
    val, stop, early = scores.val or Score(None, None, None), last.stopped, last.early_stop
    return json_line(
        {
            "type": "result",
            "epochs": last.epoch,
            "train_loss": last.train_loss,
            "val_loss": last.val_loss,
            "parameters": kept.parameters,
            "raw_parameters": kept.raw_parameters,
            "law": result.law or None,
            "final_train_loss": scores.train.loss,
            "final_val_loss": val.loss,
            "train_rmse": scores.train.rmse,
            "val_rmse": val.rmse,
            "train_r2": scores.train.r2,
            "val_r2": val.r2,
            "best_epoch": last.best_epoch,
            "kept": "last" if kept is last and not early else "best",
            "early_stop": early and {"epoch": early.epoch, "best_epoch": early.best_epoch},
            "verdict": last.verdict.words,
            "verdict_why": last.verdict.why,
            "stopped": stop and {"epoch": stop.epoch, "reason": stop.reason},
            "data": {
                "x": [table.x_name],
                "y": table.y_name,
                "rows": len(table),
                "left_out": table.left_out,
                "decisions": [*table.decisions, *result.setup.decisions],
            },
        }
    )
