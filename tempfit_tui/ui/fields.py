"""The hyperparameters as a person sees them: names, choices, steps, and which need a new start."""

import math
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tempfit_tui.frame import Value
from tempfit_tui.recipe import Recipe
from tempfit_tui.settings import parse_value
from tempfit_tui.text import setting

Settings = Mapping[str, Value]

_GROUPED = re.compile(r"\d{1,3}(,\d{3})+")
"""A whole number as the pane shows it; any other comma may be meant as a decimal point."""


class Field(NamedTuple):
    """One line of the hyperparameters pane."""

    name: str
    """The setting's dotted name."""
    label: str
    choices: tuple[str, ...] = ()
    """What it may be, for a choice; a number otherwise."""
    step: Callable[[Value, int], Value] | None = None
    """The next value up (1) or down (-1), for a number."""
    anew: bool = False
    """Whether a new value needs a new start (marked ↻)."""
    shown: Callable[[Settings], bool] = lambda _: True
    empty: str = ""
    """The word for no value, for a number that may be absent."""

    def stepped(self, value: Value, direction: int) -> Value:
        """Return the next choice or number; the same where there is none."""
        if self.choices:
            place = self.choices.index(str(value)) if value in self.choices else 0
            return self.choices[(place + direction) % len(self.choices)]
        return self.step(value, direction) if self.step else value

    def parsed(self, written: str) -> Value:
        """Return what a person wrote, as a value; whether it is a good one is told elsewhere."""
        word = written.strip()
        if self.empty and word in ("", self.empty):
            return None
        value = parse_value(word.replace(",", "") if _GROUPED.fullmatch(word) else word)
        return value if isinstance(value, float | int | str) else word

    def words(self, value: Value) -> str:
        """Return the value as it stands in the pane."""
        return self.empty if value is None else setting(value)


def numeric(value: Value) -> float:
    """Return a setting's value as a number; 0 where it is none."""
    return value if isinstance(value, float | int) else 0.0


def lr_step(value: Value, direction: int) -> Value:
    """Return the learning rate times 10^(1/4) or by it; on the grid of 10^(k/4) if near it."""
    lr = numeric(value)
    place = 4 * math.log10(lr)
    nearest = round(place)
    on_grid = abs(place - nearest) < 0.002
    new = 10 ** ((nearest + direction) / 4) if on_grid else lr * 10 ** (direction / 4)
    # Four digits, as shown: the value on the screen is the value in use.
    return float(f"{new:.4g}")


def _momentum_step(value: Value, direction: int) -> Value:
    ladder = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)
    return _next_on(ladder, numeric(value), direction)


def _power_step(value: Value, direction: int) -> Value:
    return float(f"{(numeric(value) or 1) * 10.0**direction:.4g}")


def _epochs_step(value: Value, direction: int) -> Value:
    ladder = (100, 500, 1_000, 2_000, 4_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000)
    if value is None:
        return ladder[0] if direction > 0 else None
    below_all = direction < 0 and numeric(value) <= ladder[0]
    return None if below_all else _next_on(ladder, numeric(value), direction)


def _next_on(ladder: tuple[float, ...], value: float, direction: int) -> float:
    if direction > 0:
        return next((rung for rung in ladder if rung > value), value)
    return next((rung for rung in reversed(ladder) if rung < value), value)


FIELDS = (
    Field("input.transform", "input", ("none", "scale", "standardise"), anew=True),
    Field(
        "input.scale",
        "times",
        step=_power_step,
        anew=True,
        shown=lambda settings: settings["input.transform"] == "scale",
    ),
    Field("target.transform", "target", ("none", "standardise"), anew=True),
    Field(
        "training.gradient",
        "gradient",
        ("finite-difference", "doubly-averaged", "analytic", "autograd"),
    ),
    Field(
        "training.delta",
        "delta",
        step=_power_step,
        shown=lambda settings: settings["training.gradient"] == "finite-difference",
    ),
    Field("training.optimizer", "optimizer", ("sgd", "adam")),
    Field(
        "training.momentum",
        "momentum",
        step=_momentum_step,
        shown=lambda settings: settings["training.optimizer"] == "sgd",
    ),
    Field("training.lr", "lr", step=lr_step),
    Field("training.epochs", "stop at", step=_epochs_step, empty="never"),
)
FIELD = {field.name: field for field in FIELDS}


def settings_of(recipe: Recipe, live: Settings | None = None) -> dict[str, Value]:
    """Return the value of every field: the `live` ones as they are, the others by the recipe."""
    settings: dict[str, Value] = {}
    for field in FIELDS:
        section, _, key = field.name.partition(".")
        settings[field.name] = getattr(getattr(recipe, section), key)
    return {**settings, **(live or {})}
