"""The part of a script that holds the model, its first parameters, its loss and its gradients."""

from itertools import pairwise

from tempfit_tui.export.code import called, function, listed
from tempfit_tui.export.plan import Plan
from tempfit_tui.recipe import Training

MODULES = {"tanh": "nn.Tanh()", "relu": "nn.ReLU()", "sigmoid": "nn.Sigmoid()"}
DERIVATIVES = {"tanh": "(1 - {0} * {0})", "relu": "({0} > 0)", "sigmoid": "({0} * (1 - {0}))"}
"""Each told by what the function gives."""


def model(plan: Plan) -> list[str]:
    """Return the model, the loss, and the ways to its gradient that aren't PyTorch's."""
    by_hand = {"analytic", "doubly-averaged"} & set(plan.ways)
    return [
        *_model(plan),
        *_loss(plan),
        *(_backward(plan) if by_hand else []),
        *(_finite_difference(plan) if "finite-difference" in plan.ways else []),
    ]


def first_parameters(plan: Plan) -> list[str]:
    """Return what makes the first parameters, and the layers that they are for."""
    recipe = plan.recipe.model
    seeded = ["", "# The first parameters: as PyTorch draws them", f"torch.manual_seed({recipe.seed!r})"]
    ready = ".requires_grad_()" if plan.by_autograd else ""
    match recipe.kind:
        case "linear":
            graph = ", requires_grad=True" if plan.by_autograd else ""
            return ["", *listed("params = torch.tensor(", recipe.initial, f"{graph})")]
        case "polynomial":
            return [
                *seeded,
                f"layer = nn.Linear({recipe.degree!r}, 1)",
                f"params = torch.cat([layer.weight[0], layer.bias]).detach(){ready}",
            ]
    layers = [f"nn.Linear({fed!r}, {units!r})" for fed, units in pairwise([1, *recipe.hidden, 1])]
    if not plan.sequential:
        each = "p for layer in layers for p in layer.parameters()"
        return [
            *seeded,
            f"layers = [{', '.join(layers)}]",
            f"params = nn.utils.parameters_to_vector({each}).detach(){ready}",
        ]
    between = f", {MODULES[recipe.activation]}, "
    lines = [*seeded, f"model = nn.Sequential({between.join(layers)})"]
    if plan.in_one_vector:
        lines += [
            "# All in one vector, which the optimizer moves; the layers hold its parts.",
            "params = nn.utils.parameters_to_vector(model.parameters()).detach()",
            "nn.utils.vector_to_parameters(params, model.parameters())",
        ]
    return lines


def predicted(plan: Plan, x: str, params: str = "params", masks: bool = False) -> str:
    """Return the call of the model for inputs `x`, with hidden units left out if `masks`."""
    if plan.sequential:
        return f"model({x})"
    if plan.recipe.model.kind == "linear":
        return f"model({x}, *{params})"
    return called("model", [x, params, *(["masks"] if masks else [])])


def optimizer(plan: Plan, settings: Training) -> str:
    """Return what makes a new optimizer of these settings."""
    given = "[params]" if plan.in_one_vector else "model.parameters()"
    lr = f"lr={settings.lr!r}"
    match settings.optimizer:
        case "adam":
            return f"optim.Adam({given}, {lr})"
        case "adamw":
            return f"optim.AdamW({given}, {lr}, weight_decay={settings.weight_decay!r})"
        case "rmsprop":
            return f"optim.RMSprop({given}, {lr})"
        case "adagrad":
            return f"optim.Adagrad({given}, {lr})"
        case _:
            momentum = f", momentum={settings.momentum!r}" if settings.momentum else ""
            nesterov = ", nesterov=True" if settings.momentum and settings.nesterov else ""
            return f"optim.SGD({given}, {lr}{momentum}{nesterov})"


def _model(plan: Plan) -> list[str]:
    x, kind = plan.names.x, plan.recipe.model.kind
    if plan.sequential:
        return []
    if kind == "linear":
        return function("model", [x, "w", "b"], [f"return w * {x} + b"])
    if kind == "polynomial":
        exponents = [*range(1, plan.recipe.model.degree + 1), 0]
        return [
            *function("powers", [x], [f"return {x}[:, None] ** torch.tensor({exponents!r})"]),
            *function("model", [x, "params"], [f"return powers({x}) @ params"]),
        ]
    return _mlp(plan)


def _mlp(plan: Plan) -> list[str]:
    """Return an mlp that takes its parameters as one vector, cut into layers."""
    names, activation = plan.names, plan.recipe.model.activation
    drops = plan.uses("dropout")
    cut = [
        "# The vector holds each layer's weights, then its biases.",
        "parts = params.split([p.numel() for layer in layers for p in layer.parameters()])",
        "weights = [w.view(layer.weight.shape) for layer, w in zip(layers, parts[::2])]",
        "return list(zip(weights, parts[1::2]))",
    ]
    forward = [
        "# `tape` holds what each layer is fed, and what its units give.",
        f"fed, tape = {names.x}[:, None], []",
        "*hidden, last = unpacked(params)",
        "for number, (w, b) in enumerate(hidden):",
        f"    units = torch.{activation}(nn.functional.linear(fed, w, b))",
        "    tape += [fed, units]",
        f"    fed = units{' * masks[number] if masks else units' if drops else ''}",
        "return nn.functional.linear(fed, *last)[:, 0], [*tape, fed]",
    ]
    masked, given = (["masks=None"], ["masks"]) if drops else ([], [])
    return [
        *function("unpacked", ["params"], cut),
        *(_masks(plan) if drops else []),
        *function("forward", [names.x, "params", *masked], forward),
        *function(
            "model",
            [names.x, "params", *masked],
            [f"return {called('forward', [names.x, 'params', *given])}[0]"],
        ),
    ]


def _masks(plan: Plan) -> list[str]:
    hidden = list(plan.recipe.model.hidden)
    body = [
        "# Those left out are 0; the others are scaled up, so that the sum stays on average.",
        "kept = 1 - dropout",
        f"sizes = {hidden!r}",
        "drawn = [torch.rand(rows, units, generator=generator) for units in sizes]",
        "return [(random < kept) / kept for random in drawn]",
    ]
    return function("dropout_masks", ["rows", "dropout", "generator"], body)


def _loss(plan: Plan) -> list[str]:
    names = plan.names
    squares = [f"return (({names.predicted} - {names.y}) ** 2).mean()"]
    lines = function("loss_fn", [names.predicted, names.y], squares)
    if not (plan.penalties and {"autograd", "finite-difference"} & set(plan.ways)):
        return lines
    body = []
    for name, term in (("l2", "square"), ("l1", "abs")):
        if name in plan.penalties:
            total = f"params.{term}().sum()"
            if plan.sequential:
                total = f"sum(p.{term}().sum() for p in params)"
            added = f"loss = loss + {name} * {total}"
            body += [added] if plan.always(name) else [f"if {name}:", f"    {added}"]
    return [*lines, *function("penalised", ["loss", "params", *plan.penalties], [*body, "return loss"])]


def _backward(plan: Plan) -> list[str]:
    """Return the gradient of the loss by the chain rule."""
    names, kind = plan.names, plan.recipe.model.kind
    masks = ["masks"] if plan.uses("dropout") else []
    error = f"2 * ({predicted(plan, names.x)} - {names.y}) / len({names.y})"
    if kind == "linear":
        body = [
            f"d_loss = {error}",
            f"return torch.stack([(d_loss * {names.x}).sum(), d_loss.sum()])",
        ]
    elif kind == "polynomial":
        body = [f"d_loss = {error}", f"return d_loss @ powers({names.x})"]
    else:
        derivative = DERIVATIVES[plan.recipe.model.activation].format("tape[2 * number - 1]")
        masked = ["        if masks:", "            delta = delta * masks[number - 1]"]
        body = [
            f"{names.predicted}, tape = {called('forward', [names.x, 'params', *masks])}",
            f"delta = (2 * ({names.predicted} - {names.y}) / len({names.y}))[:, None]",
            "gradient = []",
            "for number, (w, _) in reversed(list(enumerate(unpacked(params)))):",
            "    gradient += [delta.sum(0), (delta.T @ tape[2 * number]).flatten()]",
            "    if number:",
            "        delta = delta @ w",
            *(masked if masks else []),
            f"        delta = delta * {derivative}",
            "return torch.cat(gradient[::-1])",
        ]
    return function("grad_fn", [names.x, names.y, "params", *masks], body)


def _finite_difference(plan: Plan) -> list[str]:
    """Return the gradient by trying how the loss changes with each parameter."""
    names = plan.names
    masks = plan.uses("dropout")
    loss = f"loss_fn({predicted(plan, names.x, 'moved', masks)}, {names.y})"
    if plan.penalties:
        loss = called("penalised", [loss, "moved", *plan.penalties])
    body = [
        "def loss_at(index, shift):",
        "    moved = params.clone()",
        "    moved[index] += shift",
        f"    return {loss}",
        "",
        "slopes = [",
        "    (loss_at(index, delta) - loss_at(index, -delta)) / (2 * delta)",
        "    for index in range(len(params))",
        "]",
        "return torch.stack(slopes)",
    ]
    given = ["delta", *(["masks"] if masks else []), *plan.penalties]
    return function("finite_difference", [names.x, names.y, "params", *given], body)
