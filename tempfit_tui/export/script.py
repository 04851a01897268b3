"""A run as a script: plain PyTorch, its data in it, that trains the run again.

The script is of one known run. What happened to it, by hand or by patience, is done again at the
same epochs; nothing else is in it.
"""

from tempfit_tui.export.lines import comment, function
from tempfit_tui.export.plan import Plan, plan
from tempfit_tui.export.script_data import data
from tempfit_tui.export.script_loop import call, training_loop
from tempfit_tui.export.script_middle import copies
from tempfit_tui.export.script_models import first_parameters, model
from tempfit_tui.record import Record

MOST_NAMED = 3
"""The largest number of computed stretches that are named."""


def script(record: Record, law: str = "") -> str:
    """Return a script that trains as `record` tells and prints the table of its losses.

    `law` is the fitted line or polynomial in the file's units, for a comment; "" for none.
    """
    made = plan(record)
    lines = [
        # Words of a file come after two lines: in those, a comment could name an encoding.
        "# A model trained by gradient descent, in plain PyTorch.",
        "# To run it: pip install torch, then python and the name of this file.",
        *_about(record),
        *(comment(f"It ends with {law}") if law else []),
        "",
        *_imports(made),
        "",
        "# Sums in several threads may be added up in another order, and round to other digits.",
        "torch.set_num_threads(1)",
        *data(made),
        *model(made),
        *_shown(),
        *training_loop(made),
        "",
        "",
        *first_parameters(made),
        *call(made),
        *_ending(made),
    ]
    return "\n".join(lines) + "\n"


def _about(record: Record) -> list[str]:
    """Return what the run is, as its recipe and its file tell it."""
    table, title = record.table, record.recipe.title or record.name
    return [
        "#",
        *comment(title),
        *comment(f"{table.y_name} by {table.x_name}, of {table.source}"),
        *comment(f"{record.recipe.model.words}, {record.epochs:,} epochs"),
        *_computed(record),
    ]


def _computed(record: Record) -> list[str]:
    """Return which epochs the run didn't train, though the script does."""
    spans = [f"{leap.epoch + 1:,} to {leap.until:,}" for leap in record.leaps]
    if not spans:
        return []
    named, further = spans[:MOST_NAMED], len(spans) - MOST_NAMED
    told = ", ".join(named) + (f" and {further:,} more stretches" if further > 0 else "")
    words = "were computed in closed form in the app; here they are trained"
    return comment(f"epochs {told} {words}: the last digits may differ")


def _imports(made: Plan) -> list[str]:
    layers = made.recipe.model.kind != "linear"
    return [
        *(["import copy"] if copies(made) else []),
        "import warnings",
        "",
        "# Nothing here needs NumPy; without it, PyTorch would warn.",
        'warnings.filterwarnings("ignore", "Failed to initialize NumPy")',
        "",
        "import torch",
        f"from torch import {'nn, optim' if layers else 'optim'}",
    ]


def _shown() -> list[str]:
    """Return what tells a number as the table does."""
    body = [
        'if not abs(number) < float("inf"):',
        '    return "not finite"',
        "if abs(number) < 10 ** (3 - places):",
        '    return f"{number:.{places}g}"',
        'return f"{number:.{places}f}" if abs(number) < 1e7 else f"{number:.{places}e}"',
    ]
    return function("shown", ["number", "places=6"], body)


def _ending(made: Plan) -> list[str]:
    """Return what prints the last parameters, where there are few."""
    if made.recipe.model.kind == "mlp":
        return []
    return ['print("parameters ", ", ".join(shown(p, 4) for p in params.tolist()))']
