"""The hyperparameters as a person sees them: names, choices, steps, and which need a new start."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tempfit_tui.frame import Value
from tempfit_tui.recipe import Recipe
from tempfit_tui.settings import parse_value, setting_of
from tempfit_tui.text import setting

Settings = Mapping[str, Value]
Step = Callable[[Value, int], Value]
"""(value, direction) -> the next value up (1) or down (-1)."""

LARGEST_SENT = 2**53
"""No setting may be larger, and a message has an end to its integers."""
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+")
"""A whole number as the pane shows it; any other comma may be meant as a decimal point."""


class Field(NamedTuple):
    """One line of the hyperparameters pane."""

    name: str
    """The setting's dotted name."""
    label: str
    choices: tuple[str, ...] = ()
    """What it may be, for a choice; a number otherwise."""
    step: Step | None = None
    """For a number."""
    anew: bool = False
    """Whether a new value needs a new start (marked ↻)."""
    shown: Callable[[Settings], bool] = lambda _: True
    empty: str = ""
    """The word for no value, for a number that may be absent."""
    note: Callable[[Settings], str] = lambda _: ""
    """What the value means, as a line below it; "" where that needs no line."""
    zero: str = ""
    """The word for 0, where that isn't meant as a number."""

    def stepped(self, value: Value, direction: int) -> Value:
        """Return the next choice or number; the same where there is none."""
        if self.choices:
            place = self.choices.index(setting(value)) if setting(value) in self.choices else 0
            chosen = self.choices[(place + direction) % len(self.choices)]
            return chosen == "on" if isinstance(value, bool) else chosen
        return self.step(value, direction) if self.step else value

    def parsed(self, written: str) -> Value:
        """Return what a person wrote, as a value; whether it is a good one is told elsewhere."""
        word = written.strip()
        if self.empty and (not word or word.split()[0] == self.empty):
            return None
        if self.zero and word == self.zero:
            return 0
        if self.name == "model.hidden":
            return _widths(word)
        value = parse_value(word.replace(",", "") if _GROUPED.fullmatch(word) else word)
        if isinstance(value, int) and abs(value) > LARGEST_SENT:
            # To be refused by its size; no message to the engine holds a larger integer.
            return float(value) if abs(value) < 10**300 else word
        return value if isinstance(value, float | int | str) else word

    def words(self, value: Value) -> str:
        """Return the value as it stands in the pane."""
        if value is None:
            return self.empty
        return self.zero if self.zero and value == 0 else setting(value)


def _widths(word: str) -> Value:
    """Return what is written as in `32,32`; the word itself where it isn't."""
    widths = [width.strip() for width in word.strip("[]()").split(",")]
    plain = all(width.isascii() and width.isdigit() and len(width) <= 9 for width in widths)
    return tuple(map(int, widths)) if plain else word


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


def _power_step(value: Value, direction: int) -> Value:
    return float(f"{(numeric(value) or 1) * 10.0**direction:.4g}")


def _epochs_step(value: Value, direction: int) -> Value:
    ladder = (100, 500, 1_000, 2_000, 4_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000)
    if value is None:
        return ladder[0] if direction > 0 else None
    below_all = direction < 0 and numeric(value) <= ladder[0]
    return None if below_all else _next_on(ladder, numeric(value), direction)


def _next_on(ladder: Sequence[float], value: float, direction: int) -> float:
    if direction > 0:
        return next((rung for rung in ladder if rung > value), value)
    return next((rung for rung in reversed(ladder) if rung < value), value)


def _strength_step(value: Value, direction: int) -> Value:
    """Return the next of 0, 1e-4, 3e-4, 1e-3, … 1."""
    ladder = (0.0, *(float(f"{digit}e{power}") for power in range(-4, 0) for digit in (1, 3)), 1.0)
    return _next_on(ladder, numeric(value), direction)


def _noise_step(value: Value, direction: int) -> Value:
    """Return the next of no value, 0, 0.5, 1, … 5."""
    ladder = (0.0, 0.5, 1.0, 1.7, 3.0, 5.0)
    if value is None:
        return ladder[0] if direction > 0 else None
    return None if direction < 0 and not value else _next_on(ladder, numeric(value), direction)


def _on(*ladder: float) -> Step:
    """Return the steps up and down `ladder`."""
    return lambda value, direction: _next_on(ladder, numeric(value), direction)


def _one(low: int, high: int) -> Step:
    """Return the steps to the next whole number, within bounds."""
    return lambda value, direction: max(low, min(high, int(numeric(value)) + direction))


HIDDEN = ((2,), (4,), (8,), (32,), (16, 16), (32, 32), (64, 64), (32, 32, 32))
"""The hidden layers to choose from, from the simplest to the richest; others can be typed."""


def _hidden_step(value: Value, direction: int) -> Value:
    sizes = [_richness(hidden) for hidden in HIDDEN]
    here = _richness(value) if isinstance(value, tuple) else 0
    return HIDDEN[sizes.index(int(_next_on(sizes, here, direction)))] if here else value


def _richness(hidden: tuple[int | float, ...]) -> int:
    """Return the number of parameters."""
    widths = (1, *hidden, 1)
    return int(sum((fed + 1) * units for fed, units in pairwise(widths)))


def _is(name: str, *values: Value) -> Callable[[Settings], bool]:
    return lambda settings: settings[name] in values


_sgd = _is("training.optimizer", "sgd")
_mlp, _drawn = _is("model.kind", "mlp"), _is("model.kind", "mlp", "polynomial")

FIELDS = (
    Field("model.kind", "model", ("linear", "polynomial", "mlp"), anew=True),
    Field(
        "model.degree", "degree", step=_one(1, 12), anew=True, shown=_is("model.kind", "polynomial")
    ),
    Field("model.hidden", "hidden", step=_hidden_step, anew=True, shown=_mlp),
    Field("model.activation", "activation", ("tanh", "relu", "sigmoid"), anew=True, shown=_mlp),
    Field("model.seed", "seed", step=_one(0, 2**53), anew=True, shown=_drawn),
    Field("input.transform", "input", ("none", "scale", "standardise"), anew=True),
    Field(
        "input.scale", "times", step=_power_step, anew=True, shown=_is("input.transform", "scale")
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
        shown=_is("training.gradient", "finite-difference"),
    ),
    Field("training.optimizer", "optimizer", ("sgd", "adam", "adamw", "rmsprop", "adagrad")),
    Field(
        "training.momentum",
        "momentum",
        step=_on(0.0, 0.5, 0.8, 0.9, 0.95, 0.99),
        shown=_sgd,
    ),
    Field(
        "training.nesterov",
        "nesterov",
        ("off", "on"),
        shown=lambda settings: _sgd(settings) and bool(settings["training.momentum"]),
    ),
    Field(
        "training.weight_decay",
        "decay",
        step=_strength_step,
        shown=_is("training.optimizer", "adamw"),
    ),
    Field("training.lr", "lr", step=lr_step),
    Field("penalty.l2", "L2 penalty", step=_strength_step),
    Field("penalty.l1", "L1 penalty", step=_strength_step),
    Field(
        "penalty.bias",
        "on biases",
        ("off", "on"),
        shown=lambda settings: bool(settings["penalty.l2"] or settings["penalty.l1"]),
        note=lambda settings: (
            "shrinks the intercept too"
            if settings["penalty.bias"]
            else "leaves the intercept alone"
        ),
    ),
    Field("input_noise.sigma", "noise", step=_on(0.0, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)),
    Field("model.dropout", "dropout", step=_on(0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8), shown=_mlp),
    Field("more_data.rows", "more data", step=_on(0, 10, 30, 100, 300, 1000), anew=True),
    Field(
        "more_data.noise",
        "data noise",
        step=_noise_step,
        anew=True,
        shown=lambda settings: bool(settings["more_data.rows"]),
        empty="auto",
    ),
    Field(
        "training.batch_size", "batch", step=_on(0, 1, 2, 4, 8, 16, 32, 64, 128), zero="all rows"
    ),
    Field("training.patience", "patience", step=_on(0, 50, 100, 200, 500, 1000, 5000), zero="off"),
    Field("training.epochs", "stop at", step=_epochs_step, empty="never"),
)
FIELD = {field.name: field for field in FIELDS}


def settings_of(recipe: Recipe, live: Settings | None = None) -> dict[str, Value]:
    """Return the value of every field: the `live` ones as they are, the others by the recipe."""
    return {**{field.name: setting_of(recipe, field.name) for field in FIELDS}, **(live or {})}
