"""The command line. Each command loads what it needs only when it runs."""

import contextlib
import gc
import math
import os
import sys
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tempfit_tui import __version__
from tempfit_tui.signals import SignalledError, is_ending
from tempfit_tui.streams import encodes, use_plain_signs
from tempfit_tui.text import LONGEST_TITLE, InputError, brief, harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempfit_tui.catalogue import Opened
    from tempfit_tui.frame import Value
    from tempfit_tui.headless import Keep
    from tempfit_tui.record import ExportKind

BAD_INPUT = 2
DIVERGED = DIFFERENT = 1
INTERRUPTED = 130

DECIMALS = ("auto", ",", ".")
KINDS = ("script", "csv", "svg", "recipe")
SPEEDS = ("1", "10", "100", "500", "full")
MOST_LETTERS = 1000
"""Of a longer line, as where it repeats a long argument, the middle is left out."""
OPENING = ("recipe", "x", "y", "missing", "decimal", "settings")
"""The parameters of a command that say what to open."""
EPOCHS = click.IntRange(1, 10**12)
"""As in a recipe."""


class Commands(click.Group):
    """Commands by name; any other first word is the RECIPE that the app opens."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the app's command before arguments that name none."""
        own = {*self.commands, *(name for option in self.params for name in option.opts)}
        if not args or args[0] not in own | set(ctx.help_option_names):
            args = ["app", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the app's options as if they were the group's own."""
        options = [*self.commands["app"].params, *self.get_params(ctx)]
        told = [option for option in options if isinstance(option, click.Option)]
        records = [record for option in told if (record := option.get_help_record(ctx))]
        with formatter.section("Options"):
            formatter.write_dl(records)
        self.format_commands(ctx, formatter)


RECIPE = click.argument("recipe", required=False)
X_COLUMN = click.option(
    "--x",
    multiple=True,
    metavar="NAME",
    help="The input's column of a CSV; the first numeric one otherwise.",
)
Y_COLUMN = click.option(
    "--y", multiple=True, metavar="NAME", help="The target's column; the second numeric one."
)
MISSING = click.option(
    "--missing",
    multiple=True,
    metavar="leave-out|refuse|VALUES",
    help="What to do with rows in which a value is missing; a value such as --missing=-200 stands "
    "for a missing one. May be repeated.",
)
DECIMAL = click.option(
    "--decimal",
    type=click.Choice(DECIMALS),
    help="The decimal sign of a CSV; found out otherwise.",
)
SETTINGS = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="A setting in place of the recipe's, as in training.lr=0.001. May be repeated.",
)


def opens_recipe(command: "Callable[..., None]") -> "Callable[..., None]":
    """Add RECIPE and its options to a command, which gets a function that opens it."""

    @wraps(command)
    def with_recipe(**given: Any) -> None:
        what = {name: given.pop(name) for name in OPENING}
        command(partial(_opened, **what), **given)

    for parameter in (SETTINGS, DECIMAL, MISSING, Y_COLUMN, X_COLUMN, RECIPE):
        with_recipe = parameter(with_recipe)
    return with_recipe


def main() -> None:
    """Run the command line; whatever a person got wrong is one line on stderr and exit 2."""
    use_plain_signs()
    try:
        commands.main(prog_name="tempfit-tui", standalone_mode=False)
    except InputError as error:
        _leave(str(error), BAD_INPUT)
    except click.ClickException as error:
        _leave(f"{error.format_message()} (see tempfit-tui --help)", BAD_INPUT)
    except SignalledError as error:
        _leave(str(error), 128 + error.number)
    except (click.Abort, KeyboardInterrupt):  # where it is no program: there, signals are noted
        _leave("interrupted", INTERRUPTED)
    except OSError as error:
        # Click ends quietly by itself where whoever read the output has enough of it. What else
        # can't be written now can't be at Python's end either:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave(error.strerror or str(error), BAD_INPUT)


def _leave(message: str, code: int) -> NoReturn:
    line = harmless(" ".join(message.split()))
    if len(line) > MOST_LETTERS:
        line = f"{line[: MOST_LETTERS // 2]} … {line[-MOST_LETTERS // 2 :]}"
    with contextlib.suppress(OSError):  # the terminal is gone
        click.echo(f"tempfit-tui: {line}", err=True)
    _exit(code)


def _exit(code: int) -> NoReturn:
    """End the process; after a signal at once, as Python's own end may take seconds."""
    if is_ending():
        os._exit(code)
    sys.exit(code)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    subcommand_metavar="[RECIPE] | COMMAND",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="tempfit-tui")
def commands() -> None:
    """Watch a model learn, in a terminal.

    Without a command the app opens RECIPE: a bundled recipe's name, a TOML recipe or a CSV file.
    """


@commands.command("app", hidden=True)
@opens_recipe
@click.option("--start", is_flag=True, help="Train at once instead of opening paused.")
@click.option("--speed", type=click.Choice(SPEEDS), default="500", help="Epochs a second.")
@click.option("--fps", type=click.IntRange(1, 60), default=10, help="Frames a second, at the most.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw without braille and line drawing.")
def app(
    opening: "Callable[[], Opened]",
    start: bool,
    speed: str,
    fps: int,
    ascii_only: bool,
) -> None:
    """Open RECIPE in the app."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("the app needs a terminal; `tempfit-tui run` trains without one")
    # Loading makes no garbage, and looking for it takes a fifth of the time to the first frame.
    gc.disable()
    from tempfit_tui.ui.options import Options  # noqa: PLC0415
    from tempfit_tui.ui.start import start_app  # noqa: PLC0415

    opened = opening()
    rate = None if speed == "full" else int(speed)
    plain = ascii_only or not encodes("╭─●⣿")
    _exit(start_app(opened, Options(start=start, speed=rate, fps=fps, ascii_only=plain)))


@commands.command()
@opens_recipe
@click.option("--epochs", type=EPOCHS, help="Number of epochs (default: the recipe's).")
@click.option("--every", type=EPOCHS, default=500, help="Print every N epochs (default: 500).")
@click.option(
    "--keep",
    type=click.Choice(("best", "last")),
    default="last",
    help="Which weights to end with: those of the last epoch, or those with the lowest "
    "validation loss. Early stopping always keeps the best.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object a line.")
def run(
    opening: "Callable[[], Opened]",
    epochs: int | None,
    every: int,
    keep: "Keep",
    as_json: bool,
) -> None:
    """Train RECIPE without a screen, and print its losses.

    Exits with 0 when done, 1 when training diverged or was diverging at its end, 2 for bad input.
    """
    opened = opening()
    from tempfit_tui.headless import train  # noqa: PLC0415

    if diverged := train(opened, epochs, every, as_json, keep):
        click.echo(f"tempfit-tui: {diverged}", err=True)
        sys.exit(DIVERGED)


@commands.command()
def recipes() -> None:
    """List the bundled recipes."""
    from tempfit_tui.catalogue import bundled_recipes, open_named  # noqa: PLC0415

    for name in bundled_recipes():
        click.echo(f"{name:<20} {brief(open_named(name).recipe.title, LONGEST_TITLE)}")


RUN = click.argument("run")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, an object a line.")


@commands.command()
@AS_JSON
def runs(as_json: bool) -> None:
    """List the runs of the journal, the newest first."""
    from tempfit_tui.kept import list_runs  # noqa: PLC0415

    list_runs(as_json)


@commands.command()
@RUN
@AS_JSON
def replay(run: str, as_json: bool) -> None:
    """Train RUN again, and compare every loss, bit for bit.

    RUN is a run's id, a unique beginning of it, or `last`. Exits with 0 when all losses are the
    same, 1 when one differs, 2 for bad input.
    """
    from tempfit_tui.kept import replay_run  # noqa: PLC0415

    if not replay_run(run, as_json):
        sys.exit(DIFFERENT)


@commands.command()
@RUN
@click.option("--to", type=click.Choice(KINDS), required=True, help="What to make of it.")
@click.option("--out", type=click.Path(path_type=Path), help="A new file; else it is printed.")
def export(run: str, to: "ExportKind", out: Path | None) -> None:
    """Take RUN away: as a PyTorch script, a table of losses, a picture or a recipe.

    RUN is a run's id, a unique beginning of it, or `last`.
    """
    from tempfit_tui.kept import export_run  # noqa: PLC0415

    export_run(run, to, out)


def _opened(
    recipe: str | None,
    x: tuple[str, ...],
    y: tuple[str, ...],
    missing: tuple[str, ...],
    decimal: str | None,
    settings: tuple[str, ...],
) -> "Opened":
    from tempfit_tui.catalogue import open_named  # noqa: PLC0415
    from tempfit_tui.settings import parse_setting  # noqa: PLC0415

    wanted = dict(parse_setting(text) for text in settings)
    if decimal:
        wanted["data.decimal"] = decimal
    if missing:
        wanted["data.missing"] = _missing(missing)
    return open_named(recipe, _once("--x", x), _once("--y", y), wanted)


def _once(option: str, names: tuple[str, ...]) -> str | None:
    if names[1:]:
        raise InputError(
            f"{option} is given twice ({', '.join(names)}): only one column can be used for now; "
            "give it once"
        )
    return names[0] if names else None


def _missing(written: tuple[str, ...]) -> "Value":
    """Return what to do with missing values, as the recipe has it."""
    words = [word.strip() for option in written for word in option.split(",")]
    ways = {word for word in words if word in ("leave-out", "refuse")}
    try:
        values = tuple(float(word) for word in words if word not in ways)
    except ValueError:
        values = (math.nan,)
    if not all(map(math.isfinite, values)) or (values and "refuse" in ways) or len(ways) > 1:
        raise InputError(
            f"--missing {', '.join(written)}: give leave-out, refuse, or values that stand for "
            "missing ones, as in --missing=-200,-999"
        )
    return values or ways.pop()
