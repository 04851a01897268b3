"""The part of a script that holds the model, its first parameters, its loss and its gradients."""

from itertools import pairwise

from tempfit_tui.export.lines import bracketed, called, function, guarded, listed
from tempfit_tui.export.plan import Plan
from tempfit_tui.recipe import Training

MODULES = {"tanh": "nn.Tanh()", "relu": "nn.ReLU()", "sigmoid": "nn.Sigmoid()"}
DERIVATIVES = {"tanh": "1 - units * units", "relu": "units > 0", "sigmoid": "units * (1 - units)"}
"""Each told by what the function gives."""


def model(plan: Plan) -> list[str]:
    """Return the model, the loss, and the ways to its gradient that aren't PyTorch's."""
    by_hand = {"analytic", "doubly-averaged"} & set(plan.ways)
    return [
        *_model(plan),
        *_loss(plan),
        *_shrunk(plan),
        *(_by_chain_rule(plan) if by_hand else []),
        *(_finite_difference(plan) if "finite-difference" in plan.ways else []),
    ]


def first_parameters(plan: Plan) -> list[str]:
    """Return what makes the first parameters, and the layers that they are for."""
    lines = _first_parameters(plan)
    return [*lines, *_is_weight(plan)] if _masks_biases(plan) else lines


def _first_parameters(plan: Plan) -> list[str]:
    recipe = plan.recipe.model
    ready = ".requires_grad_()" if plan.by_autograd else ""
    if recipe.kind == "linear":
        graph = ", requires_grad=True" if plan.by_autograd else ""
        return listed("params = torch.tensor(", recipe.initial, f"{graph})")
    lines = ["# As PyTorch draws its first parameters", f"torch.manual_seed({recipe.seed!r})"]
    if recipe.kind == "polynomial":
        return [
            *lines,
            f"layer = nn.Linear({recipe.degree!r}, 1)",
            f"params = torch.cat([layer.weight[0], layer.bias]).detach(){ready}",
        ]
    layers = [f"nn.Linear({fed!r}, {units!r})" for fed, units in pairwise([1, *recipe.hidden, 1])]
    if not plan.sequential:
        return [
            *lines,
            *bracketed("layers = nn.Sequential(", layers, ")"),
            f"params = nn.utils.parameters_to_vector(layers.parameters()).detach(){ready}",
        ]
    modules = [part for layer in layers for part in (layer, MODULES[recipe.activation])][:-1]
    lines += bracketed("model = nn.Sequential(", modules, ")")
    if plan.in_one_vector:
        lines += [
            "# All of them are in one vector, which the optimizer moves: so they round alike.",
            "params = nn.utils.parameters_to_vector(model.parameters()).detach()",
            "nn.utils.vector_to_parameters(params, model.parameters())",
        ]
    return lines


def predicted(plan: Plan, x: str, params: str = "params", *, masks: bool = False) -> str:
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
    given = [names.x, "params", *(["masks"] if drops else [])]
    arguments = [names.x, "params", *(["masks=None"] if drops else [])]
    cut = [
        "# The vector holds each layer's weights, then its biases.",
        "shapes = [p.shape for p in layers.parameters()]",
        "parts = params.split([shape.numel() for shape in shapes])",
        "parts = [part.view(shape) for part, shape in zip(parts, shapes)]",
        "return list(zip(parts[::2], parts[1::2]))",
    ]
    forward = [
        "# Returns the predictions, and for each hidden layer what it is fed and gives.",
        f"fed, tape = {names.x}[:, None], []",
        "*hidden, (weights, biases) = unpacked(params)",
        "for number, (w, b) in enumerate(hidden):",
        f"    units = torch.{activation}(nn.functional.linear(fed, w, b))",
        "    tape.append((fed, units))",
        f"    fed = units{' * masks[number] if masks else units' if drops else ''}",
        "return nn.functional.linear(fed, weights, biases)[:, 0], [*tape, (fed, None)]",
    ]
    return [
        *function("unpacked", ["params"], cut),
        *(_masks(plan) if drops else []),
        *function("forward", arguments, forward),
        *function("model", arguments, [f"return {called('forward', given)}[0]"]),
    ]


def _masks(plan: Plan) -> list[str]:
    body = [
        "# Units left out are 0; the others are scaled up, so that the sum stays on average.",
        "kept = 1 - dropout",
        *listed("sizes = ", plan.recipe.model.hidden),
        "return [(torch.rand(rows, size, generator=generator) < kept) / kept for size in sizes]",
    ]
    return function("dropout_masks", ["rows", "dropout", "generator"], body)


def _loss(plan: Plan) -> list[str]:
    names = plan.names
    squares = [f"return (({names.predicted} - {names.y}) ** 2).mean()"]
    lines = function("loss_fn", [names.predicted, names.y], squares)
    if not (plan.penalties and {"autograd", "finite-difference"} & set(plan.ways)):
        return lines
    terms = {name: _penalty(plan, name) for name in plan.penalties}
    if all(plan.always(name) for name in terms):
        body = [f"return {' + '.join(['loss', *terms.values()])}"]
    else:
        added = [
            guarded(name, f"loss = loss + {term}", always=plan.always(name))
            for name, term in terms.items()
        ]
        body = [line for lines in added for line in lines] + ["return loss"]
    return [*lines, *function("penalised", ["loss", "params", *terms], body)]


def _penalty(plan: Plan, name: str) -> str:
    size = "square" if name == "l2" else "abs"
    if plan.sequential:
        return f"{name} * sum(p.{size}().sum() for p in params)"
    return f"{name} * params.{size}().sum()"


def under_penalty(plan: Plan, params: str = "params") -> str:
    """Return the parameters that the penalty acts on, with 0 for each bias that it leaves alone."""
    turned = ["bias"] if plan.turns_bias else []
    if not plan.sequential:
        return called("shrunk", [params, *turned]) if plan.frees_biases else params
    if not plan.frees_biases:
        return "list(model.parameters())"
    return f"[p for p in model.parameters() if {'bias or ' if turned else ''}p.dim() > 1]"


def _masks_biases(plan: Plan) -> bool:
    return plan.frees_biases and not plan.sequential


def _shrunk(plan: Plan) -> list[str]:
    """Return what tells the penalty which parameters it acts on, where biases aren't among them."""
    if not _masks_biases(plan):
        return []
    note = "# The penalty leaves biases alone."
    shrunk = "params if bias else params * is_weight" if plan.turns_bias else "params * is_weight"
    arguments = ["params", *(["bias"] if plan.turns_bias else [])]
    return function("shrunk", arguments, [note, f"return {shrunk}"])


def _is_weight(plan: Plan) -> list[str]:
    recipe = plan.recipe.model
    if recipe.kind != "mlp":
        weights = recipe.degree if recipe.kind == "polynomial" else 1
        return listed("is_weight = torch.tensor(", [*[1.0] * weights, 0.0], ")")
    kinds = "torch.full((p.numel(),), float(p.dim() > 1)) for p in layers.parameters()"
    return [f"is_weight = torch.cat([{kinds}])"]


def _by_chain_rule(plan: Plan) -> list[str]:
    names, kind = plan.names, plan.recipe.model.kind
    masks = ["masks"] if plan.uses("dropout") else []
    if kind != "mlp":
        error = f"2 / len({names.y}) * ({predicted(plan, names.x)} - {names.y})"
        slopes = f"error @ powers({names.x})"
        if kind == "linear":
            slopes = f"torch.stack([{names.x}, torch.ones_like({names.x})]) @ error"
        body = [f"error = {error}", f"return {slopes}"]
        return function("grad_fn", [names.x, names.y, "params"], body)
    masked = ["        if masks:", "            error = error * masks[number - 1]"]
    body = [
        "# From the last layer to the first; `error` is the loss's slope by what a layer gives.",
        f"{names.predicted}, tape = {called('forward', [names.x, 'params', *masks])}",
        f"error = (2 / len({names.y}) * ({names.predicted} - {names.y}))[:, None]",
        "gradient = []",
        "for number, (w, _) in reversed(list(enumerate(unpacked(params)))):",
        "    gradient += [error.sum(0), (error.T @ tape[number][0]).flatten()]",
        "    if number:",
        "        units = tape[number - 1][1]",
        "        error = error @ w",
        *(masked if masks else []),
        f"        error = error * ({DERIVATIVES[plan.recipe.model.activation]})",
        "return torch.cat(gradient[::-1])",
    ]
    return function("grad_fn", [names.x, names.y, "params", *masks], body)


def _finite_difference(plan: Plan) -> list[str]:
    """Return the gradient by trying how the loss changes with each parameter."""
    names, masks = plan.names, plan.uses("dropout")
    loss = f"loss_fn({predicted(plan, names.x, 'moved', masks=masks)}, {names.y})"
    if plan.penalties:
        loss = called("penalised", [loss, under_penalty(plan, "moved"), *plan.penalties])
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
    turned = ["bias"] if plan.turns_bias else []
    given = ["delta", *(["masks"] if masks else []), *plan.penalties, *turned]
    return function("finite_difference", [names.x, names.y, "params", *given], body)
