"""The lens: the newest epoch taken apart as the article does, with its numbers."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tempfit_tui.frame import Step
from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table
from tempfit_tui.text import number, setting, signed
from tempfit_tui.ui.charts.cells import shortened
from tempfit_tui.ui.fields import Settings
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.trainer import Seen

WORD = 21
"""The width of the words at the left."""
NAME_WIDTH = 12
"""The cells that a column's name takes at the most."""


class Lens(VerticalScroll):
    """Forward, loss, gradient and update of one epoch; then what it means in the file's units."""

    ALLOW_SELECT = False

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        super().__init__(id="lens")
        self._table, self._glyphs = table, glyphs
        self._lines: list[tuple[str, str]] = []
        self._glyphs.fit_scrollbar(self)

    def compose(self) -> ComposeResult:
        """Lay out the one text."""
        yield Static()

    def show(self, recipe: Recipe, seen: Seen) -> None:
        """Show the numbers of the frame seen."""
        x, y = (shortened(name, NAME_WIDTH) for name in (self._table.x_name, self._table.y_name))
        size = f"{recipe.model.words}, {seen.setup.parameters:,} parameters"
        lines = [("model", size), ("", "no epoch yet: n trains one, space many")]
        if seen.frame.step:
            lines = _taken_apart(recipe, seen.frame.step, seen.frame.settings, x, y)
        if seen.setup.more_data:
            lines.append(("more data", seen.setup.more_data))
        if raw := seen.frame.raw_parameters:
            lines.append(("in the file's units", f"{y} = {number(raw[0])} {x} {signed(raw[1])}"))
        if (condition := seen.setup.condition_number) is not None:
            lines.append(("condition number", f"{number(condition)} of the loss's Hessian"))
        limit, lr = seen.frame.limit, setting(seen.frame.settings["training.lr"])
        at_most = f" of at most {number(limit.lr)}" if limit.lr is not None else ""
        lines.append(("stability", f"lr {lr}{at_most} · {limit.rule}"))
        if lines != self._lines:
            self._lines = lines
            self.query_one(Static).update(self._text())

    def _text(self) -> Content:
        return Content("\n").join(
            Content.assemble(
                (self._glyphs(f"{word:<{WORD}}"), "$text-primary"), self._glyphs(words)
            )
            for word, words in self._lines
        )


def _taken_apart(
    recipe: Recipe, step: Step, settings: Settings, x: str, y: str
) -> list[tuple[str, str]]:
    lr = setting(settings["training.lr"])
    forward, target = _input(recipe, x), _target(recipe, y)
    loss = f"mean of (p − {target})²{_penalty_words(settings)} = {number(step.loss, 6)}"
    way, optimizer = settings["training.gradient"], settings["training.optimizer"]
    if len(step.before) != 2:
        return [
            (f"epoch {step.epoch:,}", ""),
            ("1 forward", f"p = {recipe.model.words} of {forward}"),
            ("2 loss", loss),
            ("3 gradient", f"{number(step.gradient_norm, 4)} long · {way}"),
            ("4 update", f"parameters moved by {number(step.update_norm, 4)}"),
            ("", f"{optimizer}, lr {lr}"),
        ]
    (weight, bias), (by_weight, by_bias) = step.before, step.gradient
    ratio = abs(by_weight / by_bias) if by_weight is not None and by_bias else None
    return [
        (f"epoch {step.epoch:,}", ""),
        ("1 forward", f"p = {number(weight)} {forward} {signed(bias)}"),
        ("2 loss", loss),
        ("3 gradient", f"∂/∂w {number(by_weight)}   ∂/∂b {number(by_bias)}"),
        ("", f"{way}, ratio {number(ratio, 3)}"),
        ("4 update", f"w {number(weight, 5)} → {number(step.after[0], 5)}"),
        ("", f"b {number(bias, 5)} → {number(step.after[1], 5)}"),
        ("", f"{optimizer}, lr {lr}"),
    ]


def _penalty_words(settings: Settings) -> str:
    l2, l1 = settings["penalty.l2"], settings["penalty.l1"]
    squares = f" + {setting(l2)} sum of w²" if l2 else ""
    return squares + (f" + {setting(l1)} sum of |w|" if l1 else "")


def _input(recipe: Recipe, name: str) -> str:
    match recipe.input.transform:
        case "scale":
            return f"({setting(recipe.input.scale)} {name})"
        case "standardise":
            return f"z({name})"
        case _:
            return name


def _target(recipe: Recipe, name: str) -> str:
    return f"z({name})" if recipe.target.transform == "standardise" else name
