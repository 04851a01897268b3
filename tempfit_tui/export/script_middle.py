"""What a script does in the middle of its run: changes of settings, and weights put back."""

from itertools import pairwise

from tempfit_tui.export.code import comment, indented
from tempfit_tui.export.plan import Plan, goes_on, keeps_state
from tempfit_tui.export.script_models import optimizer
from tempfit_tui.frame import EarlyStop
from tempfit_tui.recipe import Training

STATE = 'optimizer.state_dict()["state"]'


def changes(plan: Plan, knobs: list[str]) -> list[str]:
    """Return what is done before the updates with which other settings begin."""
    lines = []
    for before, after in pairwise(plan.phases):
        turned = [
            f"{knob} = {after.knobs[knob]!r}"
            for knob in knobs
            if after.knobs[knob] != before.knobs[knob]
        ]
        turned += _switched(plan, before.training, after.training)
        if turned:
            told = [comment(after.change.note)] if after.change and after.change.note else []
            lines += [f"if epoch == {after.first!r}:", *indented([*told, *turned])]
    return lines


def _switched(plan: Plan, before: Training, after: Training) -> list[str]:
    """Return what makes one optimizer of another, with its state where that goes on."""
    new = optimizer(plan, after)
    if new == optimizer(plan, before):
        return []
    if not goes_on(before, after):
        return [f"optimizer = {new}"]
    if before.optimizer != after.optimizer:
        return [f"state = {STATE}", f"optimizer = {new}", _with_state("state")]
    names = ["lr"]
    names += ["momentum", "nesterov"] if after.optimizer == "sgd" and after.momentum else []
    names += ["weight_decay"] if after.optimizer == "adamw" else []
    return [
        f'optimizer.param_groups[0]["{name}"] = {getattr(after, name)!r}'
        for name in names
        if getattr(before, name) != getattr(after, name)
    ]


def _with_state(state: str) -> str:
    return f'optimizer.load_state_dict({{**optimizer.state_dict(), "state": {state}}})'


def best_kept(plan: Plan) -> list[str]:
    """Return what keeps a copy, at the best epoch, of all that is put back later."""
    lines = []
    for best in dict.fromkeys(stop.best_epoch for stop in plan.stops):
        later = [stop for stop in plan.stops if stop.best_epoch == best]
        kept = [_copy_of_weights(plan)]
        if any(_carries_state(plan, stop) for stop in later):
            kept += [f"best_state = copy.deepcopy({STATE})"]
        if not plan.plain and any(stop.epoch < plan.epochs for stop in later):
            kept += ["best_draws = generator.get_state()"]
        told = "# the least validation loss so far: what was trained up to here is kept"
        lines += [f"if epoch == {best!r}:  {told}", *indented(kept)]
    return lines


def best_put_back(plan: Plan) -> list[str]:
    """Return what puts the best weights back where the run was stopped early."""
    lines = []
    for stop in plan.stops:
        put_back = _weights_put_back(plan)
        if stop.epoch < plan.epochs:
            now = plan.training_at(stop.epoch)
            if _carries_state(plan, stop):
                put_back += [_with_state("copy.deepcopy(best_state)")]
            elif keeps_state(now):
                put_back += [f"optimizer = {optimizer(plan, now)}"]
            put_back += [] if plan.plain else ["generator.set_state(best_draws)"]
        told = f"# no lower one since epoch {stop.best_epoch}: its weights are put back"
        lines += ["", f"if epoch == {stop.epoch!r}:  {told}", *indented(put_back)]
    return lines


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
