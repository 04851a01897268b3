"""Runs of the journal without a screen: listed, trained again, taken away."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tempfit_tui.home import home
from tempfit_tui.journal.journal import Journal, opened
from tempfit_tui.json_lines import json_line
from tempfit_tui.record import ExportKind, RunSummary
from tempfit_tui.signals import Ending
from tempfit_tui.text import DASH, InputError, harmless, number

LONG = 20_000
"""A run of so many epochs shows its progress."""
HEADINGS = ("id", "opened", "epochs", "train", "validation", "best", "verdict", "from")
TO_THE_RIGHT = ("epochs", "train", "validation", "best")


@contextmanager
def _journal() -> Iterator[Journal]:
    """Open the journal, say what is missing there, and close it.

    Raises:
        InputError: it can't be read.
    """
    journal = opened(home())
    if journal.trouble:
        click.echo(f"tempfit-tui: {journal.trouble}", err=True)
    try:
        yield journal
    finally:
        journal.close()


def list_runs(as_json: bool) -> None:
    """Print the runs of the journal, the newest first.

    Raises:
        InputError: the journal can't be read.
    """
    with _journal() as journal:
        # Counted first: another app may begin a run meanwhile.
        count, runs = journal.read.count(), journal.read.summaries()
    damaged = max(0, count - len(runs))
    if as_json:
        for run in runs:
            click.echo(_json(run))
    elif runs:
        click.echo("\n".join(_aligned([HEADINGS, *map(_row, runs)])))
    elif not damaged:
        click.echo("no runs are kept yet; what tempfit-tui trains will be")
    if damaged:
        are = "run is" if damaged == 1 else "runs are"
        click.echo(f"tempfit-tui: {damaged:,} {are} damaged in the journal, and left out", err=True)


def _json(run: RunSummary) -> str:
    told = (
        "id", "name", "title", "model", "begun", "state", "epochs", "train_loss", "val_loss",
        "best_epoch", "best_loss", "computed",
    )  # fmt: skip
    line = {name: getattr(run, name) for name in told}
    line |= {"verdict": run.verdict.words, "parent": run.parent, "parent_epoch": run.parent_epoch}
    return json_line(line)


def _row(run: RunSummary) -> tuple[str, ...]:
    validates = run.val_loss is not None or run.best_epoch is not None
    best = f"{number(run.best_loss)} @ {run.best_epoch:,}" if run.best_epoch else DASH
    at = f" @ {run.parent_epoch:,}" if run.parent_epoch else ""
    computed = f"; {run.computed:,} epochs computed" if run.computed else ""
    state = "" if run.state == "left" else f" ({run.state})"
    return (
        run.id,
        harmless(run.name),
        f"{run.epochs:,}",
        _loss(run.train_loss),
        _loss(run.val_loss) if validates else DASH,
        best,
        f"{run.verdict.words}{computed}{state}",
        f"{run.parent}{at}" if run.parent else DASH,
    )


def _loss(loss: float | None) -> str:
    return "not finite" if loss is None else number(loss)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if heading in TO_THE_RIGHT else cell.ljust(width)
            for heading, cell, width in zip(HEADINGS, row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def replay_run(name: str, as_json: bool) -> bool:
    """Train a run of the journal again, print what came of it, and tell whether it was the same.

    Raises:
        InputError: there is no such run, or the journal can't be read.
        SignalledError: a signal ended it.
    """
    from tempfit_tui.session.replaying import replay  # noqa: PLC0415 - loads torch

    with _journal() as journal:
        run_id = journal.read.named(name)
        epochs = journal.read.row(run_id).epochs
        shown = sys.stderr.isatty() and epochs >= LONG
        bar = click.progressbar(length=epochs, file=sys.stderr, hidden=not shown)
        with Ending() as ending, bar:

            def reached(epoch: int) -> None:
                ending.check()
                bar.update(epoch - bar.pos)

            replayed = replay(journal.read, run_id, reached)
    at = replayed.differs_at
    if as_json:
        line = {"type": "replay", "identical": at is None, "epochs": replayed.epochs}
        click.echo(json_line(line if at is None else {**line, "epoch": at}))
        return at is None
    if at is None:
        click.echo(f"run {run_id}: all {replayed.epochs:,} epochs came out identical, to the bit")
    else:
        click.echo(f"run {run_id}: epoch {at:,} of {replayed.epochs:,} came out otherwise")
    if replayed.versions:
        click.echo(f"it was trained by {harmless(replayed.versions)}")
    return at is None


def export_run(name: str, kind: ExportKind, out: Path | None) -> None:
    """Print a run of the journal as text of that kind, or write it to the new file `out`.

    Raises:
        InputError: there is no such run, the file is there already, or it can't be written.
    """
    from tempfit_tui.saving import write_new  # noqa: PLC0415
    from tempfit_tui.session.exporting import as_recipe, exported  # noqa: PLC0415

    with _journal() as journal:
        run_id = journal.read.named(name)
        record = journal.read.record(run_id)
        if out and (out.exists() or out.is_symlink()):
            raise _there(out)
        if kind == "recipe":
            content = as_recipe(record, out.parent if out else None)
        else:
            content = exported(record, run_id, kind, journal).encode()
    if out is None:
        click.echo(content, nl=False)
        return
    try:
        write_new(out, content)
    except FileExistsError as error:
        raise _there(out) from error


def _there(file: Path) -> InputError:
    return InputError(f"{file}: is there already; name another file")
