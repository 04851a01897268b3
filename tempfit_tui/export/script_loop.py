"""The part of a script that trains: the loop, and its call with what the run began with."""

from tempfit_tui.export.lines import called, function, guarded, indented
from tempfit_tui.export.plan import Plan
from tempfit_tui.export.script_data import loss_unit
from tempfit_tui.export.script_middle import before_updates, best_put_back
from tempfit_tui.export.script_models import optimizer, predicted, under_penalty


def training_loop(plan: Plan) -> list[str]:
    """Return the function that trains and prints its losses."""
    epoch = [
        *before_updates(plan, _knobs(plan)),
        *(_plain_epoch(plan) if plan.plain else _epoch(plan)),
        "",
        "if epoch <= 3 or epoch % 500 == 0 or epoch == n_epochs:",
        *indented(_row(plan)),
        *best_put_back(plan),
    ]
    body = [
        "print(f\"{'epoch':>9}  {'train':>14}  {'validation':>14}\")",
        "for epoch in range(1, n_epochs + 1):",
        *indented(epoch),
    ]
    return function("training_loop", _arguments(plan), body)


def call(plan: Plan) -> list[str]:
    """Return the call of the loop, with the settings that the run began with."""
    given = {
        "n_epochs": repr(plan.epochs),
        "optimizer": optimizer(plan, plan.phases[0].training),
        "generator": f"torch.Generator().manual_seed({plan.recipe.model.seed!r})",
        "gradient_by": f'"{plan.ways[0]}"',
        **{knob: repr(plan.values(knob)[0]) for knob in _knobs(plan) if knob != "gradient_by"},
    }
    return [
        "training_loop(",
        *indented(f"{name}={given.get(name, name)}," for name in _arguments(plan)),
        ")",
    ]


def _arguments(plan: Plan) -> list[str]:
    names = plan.names
    return [
        "n_epochs",
        "optimizer",
        *(["model"] if plan.sequential else []),
        *(["params"] if plan.in_one_vector else []),
        names.x_train,
        names.y_train,
        *([names.x_val, names.y_val] if plan.rows.validating else []),
        *([] if plan.plain else ["generator"]),
        *_knobs(plan),
    ]


def _knobs(plan: Plan) -> list[str]:
    """Return the settings that the loop is given: those that ever do anything."""
    return [
        *(["gradient_by"] if len(plan.ways) > 1 else []),
        *(["delta"] if "finite-difference" in plan.ways else []),
        *plan.penalties,
        *(["bias"] if plan.turns_bias else []),
        *(knob for knob in ("noise", "dropout", "batch_size") if plan.uses(knob)),
    ]


def _plain_epoch(plan: Plan) -> list[str]:
    """Return an epoch that is one update by all rows: its own loss is the training loss."""
    names = plan.names
    return [
        f"{names.predicted} = {predicted(plan, names.x_train)}  # forward",
        f"train_loss = loss_fn({names.predicted}, {names.y_train})  # loss",
        *_without_graph(plan, _validation(plan)),
        "",
        *_gradient(plan, names.x_train, names.y_train, []),
        "optimizer.step()  # update",
    ]


def _epoch(plan: Plan) -> list[str]:
    """Return an epoch of batches, noise or dropout: its losses are measured apart."""
    names = plan.names
    x, y = names.x_train, names.y_train
    measured = f"train_loss = loss_fn({predicted(plan, x)}, {y})"
    lines = [*_without_graph(plan, [measured, *_validation(plan)]), ""]
    if plan.uses("noise"):
        always = plan.always("noise")
        moved = f"noisy = {x} + noise * torch.randn({x}.shape, generator=generator)"
        lines += [] if always else [f"noisy = {x}"]
        lines += guarded("noise", moved, always=always)
        x = "noisy"
    if not plan.uses("batch_size"):
        return [*lines, *_update(plan, x, y)]
    dealt = f"batches = torch.randperm(len({y}), generator=generator).split(batch_size)"
    always = plan.always("batch_size")
    x_batch, y_batch = f"{names.x}_batch", f"{names.y}_batch"
    return [
        *lines,
        *([] if always else ["batches = [slice(None)]"]),
        *guarded("batch_size", dealt, always=always),
        "for rows in batches:",
        f"    {x_batch}, {y_batch} = {x}[rows], {y}[rows]",
        *indented(_update(plan, x_batch, y_batch)),
    ]


def _validation(plan: Plan) -> list[str]:
    names = plan.names
    if not plan.rows.validating:
        return []
    return [f"val_loss = loss_fn({predicted(plan, names.x_val)}, {names.y_val})"]


def _without_graph(plan: Plan, lines: list[str]) -> list[str]:
    """Return `lines` kept out of what PyTorch follows, where it follows anything."""
    return ["with torch.no_grad():", *indented(lines)] if lines and plan.by_autograd else lines


def _update(plan: Plan, x: str, y: str) -> list[str]:
    """Return one update by the rows `x` and `y`."""
    masks, lines = plan.uses("dropout"), []
    if masks:
        drawn = f"dropout_masks(len({y}), dropout, generator)"
        lines += [f"masks = {drawn}{'' if plan.always('dropout') else ' if dropout else None'}"]
    forward = [f"loss = loss_fn({predicted(plan, x, masks=masks)}, {y})  # forward, loss"]
    return [*lines, *_gradient(plan, x, y, forward), "optimizer.step()  # update"]


def _gradient(plan: Plan, x: str, y: str, forward: list[str]) -> list[str]:
    """Return what finds the gradient in the way in force; `forward` is what autograd needs first.

    Where there is no need, the loss is the training loss.
    """
    ways = [(way, _gradient_by(plan, way, x, y, forward)) for way in plan.ways]
    if len(ways) == 1:
        return ways[0][1]
    lines = []
    for number, (way, found) in enumerate(ways):
        inside = found if way == "autograd" else _without_graph(plan, found)
        lines += [f'{"elif" if number else "if"} gradient_by == "{way}":', *indented(inside)]
    return lines


def _gradient_by(plan: Plan, way: str, x: str, y: str, forward: list[str]) -> list[str]:
    masks = ["masks"] if plan.uses("dropout") else []
    if way == "autograd":
        return [*forward, *_by_autograd(plan, "loss" if forward else "train_loss")]
    if way == "finite-difference":
        turned = ["bias"] if plan.turns_bias else []
        given = [x, y, "params", "delta", *masks, *plan.penalties, *turned]
        return [f"params.grad = {called('finite_difference', given)}"]
    lines = [f"params.grad = {called('grad_fn', [x, y, 'params', *masks])}"]
    if way == "doubly-averaged":
        lines += [f"params.grad /= len({y})  # the mean is taken twice"]
    under = under_penalty(plan)
    for name, slope in (("l2", f"2 * l2 * {under}"), ("l1", f"l1 * {under}.sign()")):
        if name in plan.penalties:
            lines += guarded(name, f"params.grad += {slope}", always=plan.always(name))
    return lines


def _by_autograd(plan: Plan, loss: str) -> list[str]:
    lines = []
    if plan.penalties:
        lines += [f"loss = {called('penalised', [loss, under_penalty(plan), *plan.penalties])}"]
        loss = "loss"
    if not (plan.sequential and plan.in_one_vector):
        return [*lines, "optimizer.zero_grad()", f"{loss}.backward()  # gradient"]
    gathered = "nn.utils.parameters_to_vector(p.grad for p in model.parameters())"
    return [
        *lines,
        "model.zero_grad()",
        f"{loss}.backward()  # gradient",
        f"params.grad = {gathered}",
    ]


def _row(plan: Plan) -> list[str]:
    """Return what prints an epoch's losses in the file's units squared."""
    unit = loss_unit(plan)
    lines = [f"train = shown(train_loss.item(){unit})"]
    lines += [f"val = shown(val_loss.item(){unit})" if plan.rows.validating else 'val = "—"']
    return [*lines, 'print(f"{epoch:>9}  {train:>14}  {val:>14}")']
