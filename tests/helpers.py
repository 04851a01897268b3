"""The article's data, and what it comes to, worked out apart from the package, in float64."""

import subprocess
import sys
import time
from array import array

import msgspec
import numpy as np
import torch

from tempfit_tui.recipe import Recipe, Split
from tempfit_tui.session.session import Session
from tempfit_tui.settings import live_settings, with_settings
from tempfit_tui.table import Table
from tempfit_tui.training.baseline import least_squares_line
from tempfit_tui.training.optimizer import state_of
from tempfit_tui.training.run import Run

T_U = (35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4)
T_C = (0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0)

SCALED = {"input__transform": "scale"}
SECTION_6 = {
    **SCALED,
    "split__validation": [0, 3],
    "split__train": [9, 2, 10, 8, 5, 1, 6, 4, 7],
}
GRADIENTS = ("finite-difference", "doubly-averaged", "analytic", "autograd")
STANDARDISED = {"input__transform": "standardise", "target__transform": "standardise"}
RICH = {
    "split__validation": [0, 3],
    **STANDARDISED,
    "model__kind": "mlp",
    "training__optimizer": "adam",
    "training__lr": 1e-3,
}
"""The default recipe: the article's own split, and a model too rich for it."""
TURNING = {**RICH, "model__hidden": [8], "training__lr": 3e-2}
"""Its validation loss is least at epoch 103 and rises from there."""
OPTIMIZERS = {
    "sgd": {},
    "momentum": {"training__momentum": 0.9},
    "nesterov": {"training__momentum": 0.9, "training__nesterov": True},
    "adam": {"training__optimizer": "adam"},
    "adamw": {"training__optimizer": "adamw"},
}


def table_of(x, y, source="thermometer.csv"):
    return Table(source, "t_u", "t_c", array("d", x), array("d", y))


THERMOMETER = table_of(T_U, T_C)


def recipe(**settings):
    """Return a recipe with settings as in training__lr=0.1; it has no validation rows otherwise."""
    dotted = {name.replace("__", "."): value for name, value in settings.items()}
    return with_settings(Recipe(split=Split(validation=[])), dotted)


def is_near_zero(pairs):
    """Return whether both columns of a table are trained on as they are, by their spread.

    A column without a spread is; one that is far from 0 beside its spread has an offset taken out,
    and one whose spread is tiny is refused.
    """
    columns = [np.array(column) for column in zip(*pairs, strict=True)]
    return all(np.ptp(c) == 0 or np.ptp(c) > max(1e-9, np.abs(c).max() / 99) for c in columns)


def run_of(table=THERMOMETER, **settings):
    return Run(recipe(**settings), table)


def session_of(table=THERMOMETER, **settings):
    """Return a session of a run that is kept in memory."""
    return Session(recipe(**settings), table)


def recorded(history):
    """Return the losses of all epochs, of a history short enough to be exact."""
    return history.curve(None, history.epochs, 1.0).low


def bits(run):
    """Return all that the next epochs depend on, and all that was recorded, bit for bit."""
    state = {name: part.numpy().tobytes() for name, part in state_of(run.optimizer).items()}
    drawing = run.generator.get_state().numpy().tobytes()
    losses = recorded(run.train_losses), recorded(run.val_losses)
    weights, live = run.weights.numpy().tobytes(), live_settings(run.now)
    return run.epoch, weights, state, drawing, live, losses, run.stopped


def design(x):
    x = np.asarray(x, dtype=np.float64)
    return np.stack([x, np.ones_like(x)], axis=1)


def hessian(x):
    return 2 / len(x) * design(x).T @ design(x)


def least_squares(x, y):
    return np.linalg.lstsq(design(x), np.asarray(y, dtype=np.float64), rcond=None)[0]


def mean_squared_error(parameters, x, y):
    return float(np.mean((design(x) @ parameters - np.asarray(y, dtype=np.float64)) ** 2))


def after_updates(updates, lr, x, y, start=(1.0, 0.0)):
    """Return w* + (I - lr H)^k (w_0 - w*), the parameters that k updates of plain SGD make."""
    best = least_squares(x, y)
    shrinking = np.linalg.matrix_power(np.eye(2) - lr * hessian(x), updates)
    return best + shrinking @ (np.asarray(start) - best)


def plain_torch(make_optimizer, x, y, epochs):
    """Return the article's loop as a script does it: each epoch's loss, and the last parameters."""
    parameters = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = make_optimizer([parameters])
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(parameters[0] * x + parameters[1], y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses, parameters.detach()


def first_near_floor(run):
    """Return the first epoch, from 1, within a hundredth of the line's floor; None for none."""
    near = 1.01 * least_squares_line(run.data).train
    losses = recorded(run.train_losses)
    return next((epoch for epoch, loss in enumerate(losses, 1) if loss <= near), None)


def trained(epochs, table=THERMOMETER, **settings):
    """Return a run of so many epochs."""
    run = run_of(table, **settings)
    run.advance(epochs)
    return run


def lived(run, end, changes, cuts):
    """Train `run` to `end`, changing settings before their epochs; stop at `cuts` as well.

    Where it is stopped early it goes on.
    """
    for stop in sorted({*cuts, *(epoch - 1 for epoch in changes), end}):
        while run.epoch < min(stop, end) and not run.stopped:
            run.advance(min(stop, end) - run.epoch)
        if run.epoch == stop and stop + 1 in changes:
            run.change(changes[stop + 1])
    return run


def alike(frame):
    """Return a frame without what differs between two runs that are the same: the journal's ids."""
    setup = frame.setup and msgspec.structs.replace(frame.setup, parent=None)
    return msgspec.structs.replace(frame, run=None, setup=setup)


def complaint(error, call, *arguments):
    """Return what `call` complains of by raising `error`; None where it doesn't."""
    try:
        call(*arguments)
    except error as raised:
        return str(raised)
    return None


def python(code, *arguments):
    """Return a finished fresh interpreter that ran `code`."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def until(condition, what, seconds=30):
    """Wait for `condition`; fail with `what` when it doesn't come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.005)
