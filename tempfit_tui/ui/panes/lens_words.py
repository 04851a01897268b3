"""What the lens says of one epoch, as lines of text: pure functions of what was taken apart."""

import math
from collections.abc import Iterable

from tempfit_tui.frame import Frame, Value
from tempfit_tui.insight import Lens, Step, Way
from tempfit_tui.recipe import Recipe
from tempfit_tui.text import DASH, number, setting, signed
from tempfit_tui.ui.trainer import Seen
from tempfit_tui.ui.words import Part

Line = list[Part]

WORD = 11
"""The width of the words at the left of a line."""
NAME = 11
"""The width of a gradient's name."""
FIGURE = 7
"""The width of a figure in a table."""
QUIET, STRONG = "$foreground 60%", "$text-primary"
NAMES = {
    "autograd": "autograd",
    "analytic": "by hand",
    "doubly-averaged": "doubly-avg.",
    "finite-difference": "finite diff.",
}
BREAK = 30
"""No line of a rule is longer, where a comma allows."""
ROUGH = 0.01
"""A gradient that is farther off is marked."""
TOO_SMALL = 0.02
"""A gradient is told to be so many times too small where its parts agree on it so closely."""


def epoch_lines(recipe: Recipe, seen: Seen, lens: Lens, x: str, y: str) -> list[Line]:
    """Return forward, loss, gradient and update, and what they mean; `x` and `y` name columns."""
    step, frame = lens.step, seen.frame
    in_full, come = len(step.before) == 2, " (to come)" if lens.to_come else ""
    lines = [
        _line(f"epoch {step.epoch:,}", f"x = {_input(recipe, x)}, y = {_target(recipe, y)}{come}"),
        _line("1 forward", _forward(recipe, step)),
        _line("2 loss", f"{_loss(frame.settings)} = {number(step.loss, 6)}"),
        *(_in_full(lens, frame, seen) if in_full else _in_norms(lens, frame)),
    ]
    if (raw := frame.raw_parameters) and recipe.model.kind == "linear":
        lines.append(_line("file units", f"{y} = {number(raw[0])} {x} {signed(raw[1])}"))
    if (condition := seen.setup.condition_number) is not None:
        lines.append(_line("condition", f"number {number(condition)} (Hessian)"))
    limit, lr = frame.limit, setting(frame.settings["training.lr"])
    if limit.lr is None:
        begin, bracket, rest = limit.rule.partition(" (")
        lines.append(_line("stability", f"lr {lr}, {begin}"))
        lines.append(_line("", f"{bracket[1:]}{rest}", QUIET))
    else:
        lines.append(_line("stability", f"lr {lr}, at most {number(limit.lr)}"))
        rule = limit.rule.replace(" for the averaged gradient", ", averaged twice")
        lines += [_line("", part, QUIET) for part in _broken(rule)]
    if seen.setup.more_data:
        lines.append(_line("more data", seen.setup.more_data))
    return lines


def _broken(rule: str) -> list[str]:
    """Return `rule` as lines of a side's width, broken after commas."""
    first, *parts = rule.split(", ")
    lines = [first]
    for part in parts:
        joined = f"{lines[-1]}, {part}"
        lines[-1:] = [joined] if len(joined) < BREAK else [f"{lines[-1]}, ", part]
    return lines


def _line(word: str, words: str, style: str = "", *, by: str = "") -> Line:
    return [(f"{f'{word} ':<{WORD}}", STRONG), (words, style), (by, QUIET)]


def _forward(recipe: Recipe, step: Step) -> str:
    if len(step.before) == 2:
        weight, bias = step.before
        return f"p = {number(weight)} x {signed(bias)}"
    return f"p = {recipe.model.words} of x"


def _loss(settings: dict[str, Value]) -> str:
    l2, l1 = settings["penalty.l2"], settings["penalty.l1"]
    squares = f" + {setting(l2)} Σw²" if l2 else ""
    free = ", no biases" if (l2 or l1) and not settings["penalty.bias"] else ""
    return "mean (p−y)²" + squares + (f" + {setting(l1)} Σ|w|" if l1 else "") + free


def _in_full(lens: Lens, frame: Frame, seen: Seen) -> list[Line]:
    """Return gradient and update of a straight line."""
    step, settings = lens.step, frame.settings
    (weight, bias), (by_weight, by_bias) = step.before, step.gradient
    ratio = abs(by_weight / by_bias) if by_weight is not None and by_bias else None
    optimizer = f" ({settings['training.optimizer']})"
    way = NAMES[str(settings["training.gradient"])]
    return [
        _line("3 gradient", f"∂w {number(by_weight)}  ∂b {number(by_bias)}"),
        _line("", _by(settings, lens, seen.setup.train_rows), QUIET),
        _line("", f"{way}, ratio w/b {number(ratio, 3)}", QUIET),
        _line("4 update", f"w {number(weight, 5)} → {number(step.after[0], 5)}", by=optimizer),
        _line("", f"b {number(bias, 5)} → {number(step.after[1], 5)}"),
    ]


def _by(settings: dict[str, Value], lens: Lens, rows: int) -> str:
    """Return the formula that the gradient came by."""
    if not lens.all_rows:
        return "of the last rows trained on, as drawn"
    penalty = " + penalty's" if settings["penalty.l2"] or settings["penalty.l1"] else ""
    match settings["training.gradient"]:
        case "finite-difference":
            return f"(L(w+δ) − L(w−δ)) / 2δ, δ {setting(settings['training.delta'])}"
        case "doubly-averaged":
            return f"mean 2(p−y)x, 2(p−y), / {rows:,}{penalty}"
        case _:
            return f"mean 2(p−y)x, 2(p−y){penalty}"


def _in_norms(lens: Lens, frame: Frame) -> list[Line]:
    """Return gradient and update of a larger model, and of its parts."""
    step, settings = lens.step, frame.settings
    single = all(layer.count == 1 for layer in lens.layers)
    lines = [
        _line("3 gradient", f"{number(step.gradient_norm)} long · {settings['training.gradient']}"),
        _line("4 update", f"{number(step.update_norm)} long · {settings['training.optimizer']}"),
        [(" " * WORD + _figures(("value" if single else "size", "gradient", "update")), QUIET)],
    ]
    for layer in lens.layers:
        figures = (layer.size, layer.gradient, layer.update)
        told = _figures(number(figure, 3) for figure in figures)
        lines.append([(f"  {layer.name:<{WORD - 2}}", STRONG), (told, "")])
    return lines


def gradient_lines(lens: Lens) -> list[Line]:
    """Return the gradient by all its ways, each with its distance from the exact one."""
    in_full = len(lens.exact) == 2
    heads = ("∂w", "∂b") if in_full else ("length",)
    exact = lens.exact if in_full else [lens.length]
    lines = [
        [("gradient".ljust(NAME), STRONG), (_figures(heads) + "  off by", QUIET)],
        [("exact".ljust(NAME), STRONG), (_figures(map(number, exact)), ""), ("  64-bit", QUIET)],
    ]
    told_deltas = False
    for way in lens.ways:
        if way.delta is not None and not told_deltas:
            told_deltas = True
            along = " along it" if way.is_along else " over δ"
            lines.append([(f"finite differences{along}", QUIET)])
        name = NAMES[way.name] if way.delta is None else f"  δ {way.delta:.0e}".replace("e-0", "e-")
        figures = way.gradient if in_full else [way.length]
        off = max((part for part in way.off if part is not None), default=None)
        style = "$text-warning" if off is not None and off > ROUGH else ""
        told = _figures(map(number, figures))
        lines.append([(name.ljust(NAME), STRONG), (told, ""), (f"  {_off(off)}", style)])
        if times := _times_too_small(lens, way):
            why = f"{times:,.4g} times too small: averaged twice"
            lines.append([(f" {why}", "$text-warning")])
    return lines


def _figures(figures: Iterable[str]) -> str:
    return "".join(f" {figure:>{FIGURE}}" for figure in figures)


def _off(off: float | None) -> str:
    if not off:
        return DASH if off is None else "0"
    return f"{off:.1g}" if 0.01 <= off < 100 else f"{off:.0e}".replace("e-0", "e-")


def _times_too_small(lens: Lens, way: Way) -> float | None:
    """Return the one factor that all of a gradient is too small by; None where there is none."""
    if way.name != "doubly-averaged":
        return None
    exact, found = lens.exact or [lens.length], way.gradient or [way.length]
    pairs = zip(exact, found, strict=True)
    factors = [one / other for one, other in pairs if one is not None and other]
    if not factors or any(not math.isclose(f, factors[0], rel_tol=TOO_SMALL) for f in factors):
        return None
    return factors[0] if factors[0] > 1.5 else None


def _input(recipe: Recipe, name: str) -> str:
    match recipe.input.transform:
        case "scale":
            return f"{setting(recipe.input.scale)} {name}"
        case "standardise":
            return f"z({name})"
        case _:
            return name


def _target(recipe: Recipe, name: str) -> str:
    return f"z({name})" if recipe.target.transform == "standardise" else name
