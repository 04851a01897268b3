"""How often the verdict is wrong, over all 55 splits of the thermometer; run by hand.

    python tests/verdict_table.py [--epochs 10000]

A run's truth is the loss to be expected on fresh readings: its mean squared error against the
relation that the readings stand for, C = (F - 32) 5/9, on an even grid over their span, and the
readings' own variance about it. The 55 runs of a variant are lanes of one batched computation,
apart from the package's own loop.
"""

import argparse
from collections import Counter
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
import torch
from helpers import SCALED, T_C, T_U, THERMOMETER, design, hessian, least_squares, recipe

from tempfit_tui.training import baseline
from tempfit_tui.training.baseline import baseline_of
from tempfit_tui.training.data import prepare
from tempfit_tui.training.evidence import series
from tempfit_tui.training.history import History
from tempfit_tui.training.models import model_of
from tempfit_tui.training.verdict import NEAR_LINE, Evidence, verdict_on

PAIRS = tuple(combinations(range(len(T_U)), 2))
STANDARDISED = {
    "input__transform": "standardise",
    "target__transform": "standardise",
    "model__kind": "mlp",
    "training__optimizer": "adam",
    "training__lr": 1e-3,
}
VARIANTS = {
    "mlp 32,32, no remedy": {},
    "L2 1e-2": {"penalty__l2": 1e-2},
    "L2 1e-3": {"penalty__l2": 1e-3},
    "hidden 2": {"model__hidden": (2,)},
    "hidden 4": {"model__hidden": (4,)},
    "hidden 8": {"model__hidden": (8,)},
    "noise 0.3": {"input_noise__sigma": 0.3},
    "dropout 0.1": {"model__dropout": 0.1},
    "100 more observations": {"more_data__rows": 100},
}
LINEAR_EPOCHS = (500, 1000, 3000, 5000, 20000)
ACCUSED, RISING = "overfitting", "rising"
ROSE = 1.25
"""The loss on fresh readings rose if it is so many times its least."""
EVERY = 10
"""It is measured once in so many epochs."""


def true_celsius(fahrenheit):
    """Return what a thermometer without noise reads."""
    return (fahrenheit - 32) * 5 / 9


VARIANCE = float(np.mean((true_celsius(np.array(T_U)) - np.array(T_C)) ** 2))
"""Of the readings about the true relation: 3.2685."""


def linear_losses(train, validation, epochs, lr=0.01, scale=0.1):
    """Return both losses of every epoch of plain SGD from (1, 0), and the last parameters.

    w_k = w* + (I - lr H)^k (w_0 - w*), in float64; record k is measured at w_(k-1).
    """
    x, y = scale * np.array(T_U), np.array(T_C)
    best = least_squares(x[train], y[train])
    values, vectors = np.linalg.eigh(hessian(x[train]))
    start = vectors.T @ (np.array([1.0, 0.0]) - best)
    shrunk = (1 - lr * values) ** np.arange(epochs + 1)[:, None] * start
    parameters = best + shrunk @ vectors.T
    errors = (parameters @ design(x).T - y)[:-1] ** 2
    val = errors[:, validation].mean(1) if validation else None
    return errors[:, train].mean(1), val, parameters[-1]


def evidence_from(data, train, val, predicted):
    """Return the evidence on a run with these losses, which predicts so for the training rows.

    `val` is None without validation rows.
    """

    def seen(losses):
        history = History()
        history.extend(torch.as_tensor(losses, dtype=torch.float64))
        return series(history, data.loss_unit)

    order = data.x.argsort()
    return Evidence(
        epoch=len(train),
        train=seen(train),
        val=None if val is None else seen(val),
        baseline=baseline_of(data),
        best_epoch=None if val is None else int(torch.as_tensor(val).argmin()) + 1,
        best_loss=None if val is None else float(torch.as_tensor(val).min()) * data.loss_unit,
        durbin_watson=baseline.durbin_watson((torch.as_tensor(predicted) - data.y)[order]),
    )


def linear_evidence(pair, epochs):
    """Return the evidence on the article's run with `pair` as its validation rows."""
    validation = list(pair)
    train = [row for row in range(len(T_U)) if row not in pair]
    *losses, (slope, intercept) = linear_losses(train, validation, epochs)
    data = prepare(recipe(**SCALED, split__validation=validation), THERMOMETER)
    return evidence_from(data, *losses, slope * data.x.double() + intercept)


class Lanes(NamedTuple):
    """Runs side by side, lane by lane."""

    data: list
    train: torch.Tensor
    """Every epoch's loss in transformed units, shape (epochs, lanes)."""
    val: torch.Tensor
    true: torch.Tensor
    """The loss on fresh readings, once in EVERY epochs, in °C²."""
    predicted: torch.Tensor
    """Of the training rows at the end, shape (lanes, rows)."""


class Stack:
    """The weights of one perceptron a lane, in one tensor, shape (lanes, parameters)."""

    def __init__(self, made, lanes):
        widths = [1, *made.model.hidden, 1]
        self._layers = list(pairwise(widths))
        self.weights = model_of(made.model).initial().repeat(lanes, 1).requires_grad_()

    def __call__(self, x, dropout=0.0, generator=None):
        """Return predictions for `x`, shape (lanes, rows) like them."""
        sizes = [size for fed, units in self._layers for size in (fed * units, units)]
        parts, fed = torch.split(self.weights, sizes, 1), x[:, :, None]
        for number, (width, units) in enumerate(self._layers):
            weight = parts[2 * number].view(-1, units, width).transpose(1, 2)
            fed = torch.baddbmm(parts[2 * number + 1][:, None], fed, weight)
            if number < len(self._layers) - 1:
                fed = fed.tanh()
                if dropout:
                    fed = fed * (torch.rand(fed.shape, generator=generator) >= dropout)
                    fed = fed / (1 - dropout)
        return fed[:, :, 0]


def trained(settings, epochs, pairs=PAIRS, seed=0):
    """Train a lane for each pair of validation rows."""
    recipes = [
        recipe(**STANDARDISED, **settings, model__seed=seed, split__validation=list(pair))
        for pair in pairs
    ]
    made, data = recipes[0], [prepare(each, THERMOMETER) for each in recipes]
    x, y, val_x, val_y = (
        torch.stack([getattr(each, name) for each in data]) for name in ("x", "y", "val_x", "val_y")
    )
    grid = torch.linspace(min(T_U), max(T_U), 101, dtype=torch.float64)
    grid_x = torch.stack([each.input(grid) for each in data])
    grid_y = torch.stack([each.target(true_celsius(grid)) for each in data])
    unit = torch.tensor([each.loss_unit for each in data])
    stack, generator = Stack(made, len(pairs)), torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam([stack.weights], lr=made.training.lr, fused=True)
    sigma, dropout, l2 = made.input_noise.sigma, made.model.dropout, made.penalty.l2
    losses, true, rows = [], [], y.shape[1]
    both_x, both_y = torch.cat([x, val_x], 1), torch.cat([y, val_y], 1)
    for epoch in range(epochs):
        with torch.set_grad_enabled(not (sigma or dropout)):
            errors = (stack(both_x) - both_y).square()
        losses.append(torch.stack([errors[:, :rows].mean(1), errors[:, rows:].mean(1)]).detach())
        if sigma or dropout:
            noisy = x + sigma * torch.randn(x.shape, generator=generator)
            loss = (stack(noisy, dropout, generator) - y).square().mean(1).sum()
        else:
            loss = errors[:, :rows].mean(1).sum()
        if l2:
            loss = loss + l2 * stack.weights.square().sum()
        if epoch % EVERY == EVERY - 1:
            with torch.no_grad():
                true.append((stack(grid_x) - grid_y).square().mean(1) * unit + VARIANCE)
        adam.zero_grad()
        loss.backward()
        adam.step()
    train, val = torch.stack(losses, 1)
    return Lanes(data, train, val, torch.stack(true), stack(x).detach())


def got_worse(evidence, true):
    """Tell whether the loss on fresh readings rose from its least to the end.

    As for the verdict, the least counts from where the training loss came near the line's.
    """
    near = (evidence.train.smooth() <= NEAR_LINE * evidence.baseline.floor).nonzero()
    if not len(near):
        return False
    first = min(int(evidence.train.epochs[near[0]]) // EVERY, len(true) - 1)
    truth = evidence.train._replace(values=true.double())
    return truth.end >= ROSE * float(truth.smooth()[first:].min())


def judged(lanes):
    """Give each lane's verdict, and whether it got worse in truth."""
    for lane, data in enumerate(lanes.data):
        evidence = evidence_from(
            data, lanes.train[:, lane], lanes.val[:, lane], lanes.predicted[lane]
        )
        yield verdict_on(evidence), got_worse(evidence, lanes.true[:, lane])


def row(name, verdicts):
    """Return a line of the table."""
    count = Counter()
    for verdict, worse in verdicts:
        count["worse"] += worse
        if verdict.kind == RISING:
            count["rising, worse" if worse else "rising, not"] += 1
        elif verdict.kind == ACCUSED:
            count["right" if worse else "false"] += 1
        else:
            count["missed" if worse else "right"] += 1
    cells = ("worse", "right", "false", "missed", "rising, worse", "rising, not")
    return f"| {name} | " + " | ".join(str(count[cell]) for cell in cells) + " |"


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--epochs", type=int, default=10000, help="of the perceptrons")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print("| the straight line, epochs | overfitting | rising, too few rows |\n|---|---|---|")
    for epochs in LINEAR_EPOCHS:
        kinds = Counter(verdict_on(linear_evidence(pair, epochs)).kind for pair in PAIRS)
        print(f"| {epochs:,} | {kinds[ACCUSED]} | {kinds[RISING]} |", flush=True)
    cells = ("worse in truth", "rightly judged", "false alarms", "missed")
    told = (f"{chosen.epochs:,} epochs", *cells, "rising: worse", "rising: not worse")
    print(f"\n| {' | '.join(told)} |\n{len(told) * '|---'}|")
    for name, settings in VARIANTS.items():
        print(row(name, judged(trained(settings, chosen.epochs))), flush=True)


if __name__ == "__main__":
    main()
