"""The optimizers, bit for bit against plain torch scripts, and against the lab's table."""

import pytest
import torch
from helpers import OPTIMIZERS, SCALED, T_C, T_U, plain_torch, recorded, run_of

from tempfit_tui.recipe import Training
from tempfit_tui.training import theory
from tempfit_tui.training.optimizer import PlainSGD, fits, optimizer_for, state_of, with_state

Y = torch.tensor(T_C)
X = {"raw": torch.tensor(T_U), "x0.1": 0.1 * torch.tensor(T_U)}
EPOCHS = 1_000


@pytest.mark.parametrize(
    ("name", "lr", "script"),
    [
        ("sgd", 1e-2, lambda p: torch.optim.SGD(p, lr=1e-2)),
        ("momentum", 1e-3, lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9)),
        ("adam", 1e-1, lambda p: torch.optim.Adam(p, lr=1e-1)),
    ],
)
def test_a_run_has_the_bits_of_a_plain_torch_script(name, lr, script):
    run = run_of(**SCALED, **OPTIMIZERS[name], training__lr=lr)
    run.advance(EPOCHS)
    losses, parameters = plain_torch(script, X["x0.1"], Y, EPOCHS)
    assert recorded(run.train_losses) == losses
    assert torch.equal(run.weights, parameters)


def test_plain_sgd_has_the_bits_of_torch_s_sgd_on_the_raw_input_too():
    run = run_of(training__lr=1e-4)
    run.advance(EPOCHS)
    losses, parameters = plain_torch(lambda p: torch.optim.SGD(p, lr=1e-4), X["raw"], Y, EPOCHS)
    assert isinstance(run.optimizer, PlainSGD)
    assert recorded(run.train_losses) == losses
    assert torch.equal(run.weights, parameters)


@pytest.mark.parametrize(
    ("optimizer", "lr", "epoch"),
    # lab-numbers.md, Optimizers, x0.1, all rows: first epoch within 1 % of the floor.
    [
        ("sgd", 1e-2, 2_008),
        ("momentum", 1e-3, 1_986),
        ("momentum", 1e-2, 175),
        ("adam", 1e-2, 3_633),
        ("adam", 1e-1, 508),
        ("adam", 1.0, 71),
    ],
)
def test_the_first_epoch_within_a_hundredth_of_the_floor(optimizer, lr, epoch):
    run = run_of(**SCALED, **OPTIMIZERS[optimizer], training__lr=lr)
    run.advance(epoch + 5)
    near = 1.01 * theory.floor(run.data)
    losses = recorded(run.train_losses)
    assert 1 + next(i for i, loss in enumerate(losses) if loss <= near) == epoch


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("lr", [1e-1, 1.0])
def test_what_the_lab_saw_diverge_diverges(optimizer, lr):
    run = run_of(**SCALED, **OPTIMIZERS[optimizer], training__lr=lr)
    run.advance(2_000)
    assert run.stopped is not None
    assert run.stopped.epoch == run.epoch < 2_000


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("momentum", lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9)),
        ("adam", lambda p: torch.optim.Adam(p, lr=1e-1)),
    ],
)
def test_a_new_lr_goes_on_with_the_optimizer_s_state(name, make):
    lr = {"momentum": 1e-3, "adam": 1e-1}[name]
    run = run_of(**SCALED, **OPTIMIZERS[name], training__lr=lr)
    run.advance(100)
    run.change({"training.lr": lr / 10})
    run.advance(100)

    parameters = torch.tensor([1.0, 0.0], requires_grad=True)
    script = make([parameters])
    for epoch in range(200):
        if epoch == 100:
            script.param_groups[0]["lr"] = lr / 10
        script.zero_grad()
        torch.nn.functional.mse_loss(parameters[0] * X["x0.1"] + parameters[1], Y).backward()
        script.step()
    assert torch.equal(run.weights, parameters.detach())


def test_another_optimizer_starts_without_state():
    run = run_of(**SCALED)
    run.advance(10)
    start = run.weights.clone()
    run.change({"training.optimizer": "adam"})
    assert state_of(run.optimizer) == {}
    run.advance(1)
    # Adam's first step is the lr along the gradient's sign.
    assert (run.weights - start).abs().tolist() == pytest.approx([0.01, 0.01], rel=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_moves_from_one_optimizer_to_the_next(name):
    settings = run_of(**OPTIMIZERS[name]).recipe.training
    old, new = (torch.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    for parameters in (old, new):
        parameters.grad = torch.tensor([0.5, -3.0])
    optimizer = optimizer_for(settings, old)
    optimizer.step()
    new.detach().copy_(old.detach())
    twin = with_state(optimizer_for(settings, new), state_of(optimizer))
    for each in (optimizer, twin):
        each.step()
    assert torch.equal(old, new)


def test_a_copied_state_is_the_copier_s_own():
    run = run_of(**SCALED, **OPTIMIZERS["adam"])
    run.advance(1)
    copied = state_of(run.optimizer)["exp_avg"]
    before = copied.clone()
    run.advance(1)
    assert torch.equal(copied, before)


@pytest.mark.parametrize(
    ("state", "fitting"),
    [
        ({}, True),
        ({"step": torch.tensor(3.0), "exp_avg": torch.ones(2), "exp_avg_sq": torch.ones(2)}, True),
        ({"exp_avg": torch.ones(2)}, False),
        ({"step": torch.ones(2), "exp_avg": torch.ones(2), "exp_avg_sq": torch.ones(2)}, False),
        ({"step": torch.tensor(3.0), "exp_avg": torch.ones(3), "exp_avg_sq": torch.ones(2)}, False),
    ],
)
def test_a_state_fits_when_the_optimizer_can_go_on_from_it(state, fitting):
    assert fits(state, Training(optimizer="adam"), torch.zeros(2)) is fitting
