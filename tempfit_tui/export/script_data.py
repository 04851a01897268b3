"""The part of a script that holds the observations: split, added to, transformed."""

from collections.abc import Sequence

from tempfit_tui.export.lines import function, listed
from tempfit_tui.export.plan import Plan
from tempfit_tui.offset import offset_of
from tempfit_tui.table import Table

LAW = (0.53677, -17.3048)
"""Slope and intercept of the line through the article's eleven points, by least squares."""


def data(plan: Plan) -> list[str]:
    """Return the lines that make the tensors to train and to validate on."""
    return [
        *_observations(plan),
        *_split(plan),
        *_more_data(plan),
        *_transformed(plan),
        *_as_columns(plan),
    ]


def loss_unit(plan: Plan) -> str:
    """Return what the loss is multiplied by to be in the file's units squared; "" for nothing."""
    return " * loss_unit" if plan.recipe.target.transform == "standardise" else ""


def _observations(plan: Plan) -> list[str]:
    table, names = plan.table, plan.names
    tail = ", dtype=torch.float64)" if _in_64_bits(plan) else ")"
    return [
        "",
        "# The observations",
        *listed(f"{names.x} = torch.tensor(", table.x, tail),
        *listed(f"{names.y} = torch.tensor(", table.y, tail),
    ]


def _in_64_bits(plan: Plan) -> bool:
    """Tell whether means and deviations are taken, or observations drawn, before 32 bits do."""
    recipe = plan.recipe
    transforms = recipe.input.transform, recipe.target.transform
    return "standardise" in transforms or bool(recipe.more_data.rows) or any(_offsets(plan))


def _offsets(plan: Plan) -> tuple[float, float]:
    """Return what is subtracted from inputs and targets that are not standardised."""
    recipe, table = plan.recipe, plan.table
    return (
        0.0 if recipe.input.transform == "standardise" else offset_of(table.x),
        0.0 if recipe.target.transform == "standardise" else offset_of(table.y),
    )


def _split(plan: Plan) -> list[str]:
    rows, names = plan.rows, plan.names
    if rows.drawn:
        split = plan.recipe.split
        apart = [
            f"n_val = int({split.fraction!r} * len({names.x}))",
            "train, val = shuffled[:-n_val], shuffled[-n_val:]",
        ]
        lines = [
            f"shuffling = torch.Generator().manual_seed({split.seed!r})",
            f"shuffled = torch.randperm(len({names.x}), generator=shuffling)",
            *(apart if rows.validating else ["train = shuffled"]),
        ]
    elif rows.train:
        lines = listed("train = ", rows.train)
        lines += listed("val = ", rows.validation or []) if rows.validating else []
    else:
        return []
    lines += [f"{names.x_train}, {names.y_train} = {names.x}[train], {names.y}[train]"]
    if rows.validating:
        lines += [f"{names.x_val}, {names.y_val} = {names.x}[val], {names.y}[val]"]
    return ["", "# Which rows train and which validate", *lines]


def _more_data(plan: Plan) -> list[str]:
    """Return what draws observations in addition; those of a file whose law is known, by it."""
    more, names, table = plan.recipe.more_data, plan.names, plan.table
    if not more.rows:
        return []
    normal = f"torch.randn({more.rows!r}, generator=drawing, dtype=torch.float64)"
    lines = [f"drawing = torch.Generator().manual_seed({more.seed!r})"]
    known_x, known_y = _known(plan)
    if _is_the_thermometer(table):
        (low, high), (slope, intercept) = table.span(), LAW
        lines += [
            f"places = torch.rand({more.rows!r}, generator=drawing, dtype=torch.float64)",
            f"drawn_x = {low!r} + ({high!r} - {low!r}) * places",
            f"aside = {more.noise!r} * {normal}",
            f"drawn_y = {slope!r} * drawn_x - {-intercept!r} + aside",
        ]
        told = "Observations drawn in addition, about the line through those above"
    else:
        lines += [
            f"copied = torch.randint(len({known_x}), ({more.rows!r},), generator=drawing)",
            f"x_deviation = {known_x}.std(correction=0).item()",
            f"y_deviation = {known_y}.std(correction=0).item()",
            f"x_noise = {more.noise!r} * x_deviation / max(y_deviation, 1e-300)",
            f"drawn_x = {known_x}[copied] + x_noise * {normal}",
            f"drawn_y = {known_y}[copied] + {more.noise!r} * {normal}",
        ]
        told = "Copies of training rows in addition, moved a little at random"
    return [
        "",
        f"# {told}",
        *lines,
        f"{names.x_train} = torch.cat([{known_x}, drawn_x])",
        f"{names.y_train} = torch.cat([{known_y}, drawn_y])",
    ]


def _known(plan: Plan) -> tuple[str, str]:
    """Return the file's own training rows, as the script has them."""
    names, rows = plan.names, plan.rows
    if rows.drawn or rows.train:
        return f"{names.x}[train]", f"{names.y}[train]"
    return names.x, names.y


def _is_the_thermometer(table: Table) -> bool:
    """Tell whether these are the article's eleven points, by the line through them."""
    if len(table) != 11:
        return False
    mean_x, mean_y = sum(table.x) / 11, sum(table.y) / 11
    spread = sum((x - mean_x) * (x - mean_x) for x in table.x)
    shared = sum((x - mean_x) * (y - mean_y) for x, y in zip(table.x, table.y, strict=True))
    slope = shared / spread if spread else 0.0
    return abs(slope - LAW[0]) < 1e-5 and abs(mean_y - slope * mean_x - LAW[1]) < 1e-4


def _transformed(plan: Plan) -> list[str]:
    """Return what brings both columns to 32 bits in the units that are trained in."""
    recipe, names = plan.recipe, plan.names
    how_x, how_y = recipe.input.transform, recipe.target.transform
    made_x = {"none": "", "scale": f"{recipe.input.scale!r} * "}.get(how_x)
    made_y = {"none": ""}.get(how_y)
    known_x, known_y = _known(plan)
    lines = []
    if how_y == "standardise":
        # Before the column itself is transformed, where it has but one name.
        lines += [
            "# A unit of the loss, in the squared units of the observations",
            f"loss_unit = 1 / (1 / {known_y}.std(correction=0).item()) ** 2",
        ]
    offset_x, offset_y = _offsets(plan)
    for made, offset, known, train, val in (
        (made_x, offset_x, known_x, names.x_train, names.x_val),
        (made_y, offset_y, known_y, names.y_train, names.y_val),
    ):
        tensors = [train, val] if plan.rows.validating else [train]
        lines += _column(plan, made, offset, known, tensors)
    if not lines:
        return []
    if "standardise" in (how_x, how_y):
        return [*_standardised(plan), "", "", *lines]
    return ["", *lines]


def _as_columns(plan: Plan) -> list[str]:
    """Return what makes each observation a row, where the model's layers want one."""
    if not plan.sequential:
        return []
    names, rows = plan.names, plan.rows
    pairs = [
        (names.x_train, names.y_train),
        *([(names.x_val, names.y_val)] if rows.validating else []),
    ]
    return [f"{x}, {y} = {x}[:, None], {y}[:, None]" for x, y in pairs]


def _column(
    plan: Plan, made: str | None, offset: float, known: str, tensors: list[str]
) -> list[str]:
    """Return what transforms a column by a factor, or standardises it where that is None."""
    if made is None:
        return [f"{tensor} = standardised({tensor}, {known})" for tensor in tensors]
    narrowed = ".float()" if _in_64_bits(plan) else ""
    if not made and not narrowed:
        return []
    if offset:
        # In float64 all the way, as float32 would lose the differences.
        shifted = (f"({tensor} - {offset!r})" for tensor in tensors)
        values = (f"({made}{each}).float()" if made else f"{each}.float()" for each in shifted)
    else:
        values = (f"{made}{tensor}{narrowed}" for tensor in tensors)
    return [f"{', '.join(tensors)} = {', '.join(values)}"]


def _standardised(plan: Plan) -> list[str]:
    recipe, table = plan.recipe, plan.table
    columns = (recipe.input.transform, table.x), (recipe.target.transform, table.y)
    shifted = "(values - mean)"
    if not all(_has_a_mean(plan, values) for how, values in columns if how == "standardise"):
        # A column about 0 already goes to 32 bits first: the same bits then.
        shifted = "(values - mean if mean else values.float())"
    return function(
        "standardised",
        ["values", "known"],
        [
            "# The mean of `known` becomes 0, their deviation 1.",
            "mean, deviation = known.mean().item(), known.std(correction=0).item()",
            f"return ({shifted} * (1 / deviation)).float()",
        ],
    )


def _has_a_mean(plan: Plan, column: Sequence[float]) -> bool:
    """Tell whether the mean of the training rows can't be 0, whichever they are."""
    rows = plan.rows
    values = [column[row] for row in rows.train] if rows.train else column
    sizes = sorted(map(abs, values))
    held_out = sum(sizes[len(sizes) - rows.validating :]) if rows.drawn else 0.0
    return abs(sum(values)) - held_out > 1e-6 * sum(sizes)
