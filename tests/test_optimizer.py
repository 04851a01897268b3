"""The optimizers, bit for bit against plain torch scripts, and against the lab's table."""

import pytest
import torch
from helpers import OPTIMIZERS, SCALED, T_C, T_U, plain_torch, recorded, run_of

from tempfit_tui.recipe import Training
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
        ("adamw", 1e-1, lambda p: torch.optim.AdamW(p, lr=1e-1, weight_decay=0.01)),
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


MOMENTS = {"step", "exp_avg", "exp_avg_sq"}
BUFFER = {"momentum_buffer"}
ADAM = {"training.optimizer": "adam"}
MOMENTS_WORDS = "the moments of the gradient"
SGD = {"training.optimizer": "sgd"}


@pytest.mark.parametrize(
    ("before", "after", "note", "kept"),
    [
        (ADAM, {"training.optimizer": "adamw"}, f"adamw goes on with {MOMENTS_WORDS}", MOMENTS),
        ({"training.optimizer": "adamw"}, ADAM, f"adam goes on with {MOMENTS_WORDS}", MOMENTS),
        (ADAM, SGD, f"{MOMENTS_WORDS} (adam) forgotten, sgd keeps nothing", set()),
        (
            ADAM,
            {**SGD, "training.momentum": 0.9},
            f"{MOMENTS_WORDS} (adam) forgotten, sgd starts without momentum",
            set(),
        ),
        (
            {"training.momentum": 0.9},
            ADAM,
            f"momentum (sgd) forgotten, adam starts without {MOMENTS_WORDS}",
            set(),
        ),
        (SGD, ADAM, f"adam starts without {MOMENTS_WORDS}", set()),
        (
            {"training.optimizer": "rmsprop"},
            {"training.optimizer": "adagrad"},
            "the mean square of the gradient (rmsprop) forgotten, "
            "adagrad starts without the sum of the gradient's squares",
            # Adagrad has its state from the start.
            {"step", "sum"},
        ),
        (SGD, {"training.momentum": 0.9}, "sgd starts without momentum", set()),
        (
            {"training.momentum": 0.9},
            {"training.momentum": 0.0},
            "momentum (sgd) forgotten, sgd keeps nothing",
            set(),
        ),
        ({"training.momentum": 0.9}, {"training.momentum": 0.5}, "", BUFFER),
        ({"training.momentum": 0.9}, {"training.nesterov": True}, "", BUFFER),
        (ADAM, {"training.lr": 0.5}, "", MOMENTS),
        (ADAM, {"penalty.l2": 0.5}, "", MOMENTS),
    ],
)
def test_a_change_says_what_became_of_the_optimizer_s_state(before, after, note, kept):
    run = run_of(**SCALED, **{name.replace(".", "__"): value for name, value in before.items()})
    run.advance(10)
    state = state_of(run.optimizer)
    run.change(after)
    assert run.changes[-1].note == note
    now = state_of(run.optimizer)
    assert set(now) == kept
    if "goes on" in note or not note:
        assert all(torch.equal(now[name], state[name]) for name in kept)


def test_a_note_is_on_the_state_of_the_last_update_whatever_was_tried_in_between():
    run = run_of(**SCALED, training__optimizer="adam")
    run.advance(10)
    run.change(SGD)
    run.change({"training.optimizer": "adamw"})
    assert run.changes[-1].note == f"adamw goes on with {MOMENTS_WORDS}"
    assert set(state_of(run.optimizer)) == MOMENTS


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
