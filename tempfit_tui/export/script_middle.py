"""What a script does in the middle of its run: changes of settings, and weights put back."""

from itertools import pairwise

from tempfit_tui.export.lines import comment, indented, listed
from tempfit_tui.export.plan import Plan, goes_on, keeps_state
from tempfit_tui.export.script_models import optimizer
from tempfit_tui.frame import EarlyStop
from tempfit_tui.recipe import Training

Block = tuple[int, list[str]]
"""Before which update, and what is done."""
STATE = 'optimizer.state_dict()["state"]'


def before_updates(plan: Plan, knobs: list[str]) -> list[str]:
    """Return what is done before certain updates, each in its own block: copies, then changes."""
    blocks = [*_best_kept(plan), *_changes(plan, knobs)]
    return [line for _, lines in sorted(blocks, key=lambda block: block[0]) for line in lines]


def _changes(plan: Plan, knobs: list[str]) -> list[Block]:
    blocks = []
    for before, after in pairwise(plan.phases):
        turned = [
            f"{knob} = {_told(after.knobs[knob])}"
            for knob in knobs
            if after.knobs[knob] != before.knobs[knob]
        ]
        turned += _switched(plan, before.training, after.training)
        if turned:
            told = comment(after.note)
            lines = [f"if epoch == {after.first!r}:", *indented([*told, *turned]), ""]
            blocks.append((after.first, lines))
    return blocks


def _told(value: float | str) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _switched(plan: Plan, before: Training, after: Training) -> list[str]:
    """Return what makes one optimizer of another, with its state where that goes on."""
    new = optimizer(plan, after)
    if new == optimizer(plan, before):
        return []
    if not goes_on(before, after):
        return [f"optimizer = {new}"]
    if before.optimizer != after.optimizer:
        return [f"kept = {STATE}", f"optimizer = {new}", *_with_state("kept")]
    names = ["lr"]
    names += ["momentum", "nesterov"] if after.optimizer == "sgd" and after.momentum else []
    names += ["weight_decay"] if after.optimizer == "adamw" else []
    return [
        f'optimizer.param_groups[0]["{name}"] = {getattr(after, name)!r}'
        for name in names
        if getattr(before, name) != getattr(after, name)
    ]


def _with_state(state: str) -> list[str]:
    """Return what gives the optimizer the state of another one, its settings apart."""
    return [
        f'state = {{**optimizer.state_dict(), "state": {state}}}',
        "optimizer.load_state_dict(state)",
    ]


def _best_kept(plan: Plan) -> list[Block]:
    """Return what keeps a copy, at the best epoch, of all that is put back later."""
    blocks = []
    for best in dict.fromkeys(stop.best_epoch for stop in plan.stops):
        later = [stop for stop in plan.stops if stop.best_epoch == best]
        kept = [_copy_of_weights(plan)]
        if any(_carries_state(plan, stop) for stop in later):
            kept += [f"best_state = copy.deepcopy({STATE})"]
        if not plan.plain and any(stop.epoch < plan.epochs for stop in later):
            kept += ["best_draws = generator.get_state()"]
        told = "# the best epoch so far"
        blocks.append((best, [f"if epoch == {best!r}:  {told}", *indented(kept), ""]))
    return blocks


def best_put_back(plan: Plan) -> list[str]:
    """Return what puts the best weights back where the run was stopped early."""
    alike: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for stop in plan.stops:
        alike.setdefault((stop.best_epoch, tuple(_put_back(plan, stop))), []).append(stop.epoch)
    lines = []
    for (best, put_back), epochs in alike.items():
        told = f"# no better validation since epoch {best!r}"
        when = [f"if epoch == {epochs[0]!r}:"]
        if len(epochs) > 1:
            when = listed("if epoch in ", epochs, ":")
        lines += ["", told, *when, *indented(put_back)]
    return lines


def _put_back(plan: Plan, stop: EarlyStop) -> list[str]:
    lines = _weights_put_back(plan)
    if stop.epoch == plan.epochs:
        # Nothing comes after.
        return lines
    now = plan.training_at(stop.epoch)
    if _carries_state(plan, stop):
        lines += _with_state("copy.deepcopy(best_state)")
    elif keeps_state(now):
        lines += [f"optimizer = {optimizer(plan, now)}"]
    return lines if plan.plain else [*lines, "generator.set_state(best_draws)"]


def copies(plan: Plan) -> bool:
    """Tell whether the module `copy` is needed."""
    whole = bool(plan.stops) and not plan.in_one_vector
    return whole or any(_carries_state(plan, stop) for stop in plan.stops)


def _carries_state(plan: Plan, stop: EarlyStop) -> bool:
    """Tell whether the optimizer goes on from its state before the best epoch's update."""
    then, now = plan.training_at(stop.best_epoch - 1), plan.training_at(stop.epoch)
    return stop.epoch < plan.epochs and keeps_state(then) and goes_on(then, now)


def _copy_of_weights(plan: Plan) -> str:
    if not plan.in_one_vector:
        return "best_weights = copy.deepcopy(model.state_dict())"
    graph = ".detach()" if plan.by_autograd and not plan.sequential else ""
    return f"best_weights = params{graph}.clone()"


def _weights_put_back(plan: Plan) -> list[str]:
    if not plan.in_one_vector:
        return ["model.load_state_dict(best_weights)"]
    if plan.by_autograd and not plan.sequential:
        return ["with torch.no_grad():", "    params.copy_(best_weights)"]
    return ["params.copy_(best_weights)"]
