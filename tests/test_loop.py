"""The training loop: what makes it fast changes no bit."""

import pytest
import torch
from helpers import SECTION_6, bits, run_of, table_of
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import mse_loss

import tempfit_tui.training.loop as loop_module
import tempfit_tui.training.run as run_module
from tempfit_tui.training.loop import Losses, measured

# Columns with tiny differences are refused.
CELLS = st.floats(-1e3, 1e3).map(lambda value: round(value, 6))
BY_HAND = {**SECTION_6, "training__gradient": "analytic"}


@given(
    n=st.integers(2, 300),
    m=st.integers(0, 70),
    epochs=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([1e-20, 1e-3, 1.0, 1e6, 1e18, 1e25]),
)
@settings(max_examples=200)
def test_losses_measured_at_once_are_mse_loss_s_epoch_by_epoch(n, m, epochs, seed, size):
    assert_alike(n, m, epochs, seed, size)


@pytest.mark.parametrize("n", [4_095, 4_096, 33_333, 1_000_000])
def test_so_they_are_with_many_rows(n):
    assert_alike(n, n // 4, 2, 0, 1.0)


def assert_alike(n, m, epochs, seed, size):
    drawn = torch.Generator().manual_seed(seed)
    numbers = torch.randn(epochs + 1, n + m, generator=drawn).mul_(size)
    seen, wanted = numbers[:epochs], numbers[epochs]
    y, val_y = wanted.split([n, m])
    got = measured(run_of().data._replace(y=y, val_y=val_y), seen, torch.tensor(0.0))
    train, val = zip(*(row.split([n, m]) for row in seen), strict=True)
    assert torch.equal(got.train, torch.stack([mse_loss(row, y) for row in train]))
    if m:
        assert torch.equal(got.val, torch.stack([mse_loss(row, val_y) for row in val]))


@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=3, max_size=70),
    validating=st.integers(0, 1),
    scale=st.sampled_from([1.0, 0.1, 1e-3]),
    lr=st.sampled_from([1e-6, 1e-2, 0.5, 1e3]),
    pieces=st.lists(st.integers(1, 40), min_size=1, max_size=4),
)
@settings(max_examples=100)
def test_the_straight_line_by_hand_has_the_bits_of_the_loop_for_any_model(
    rows, validating, scale, lr, pieces
):
    table = table_of(*zip(*rows, strict=True))
    made = {
        "split__validation": list(range(validating)),
        "input__scale": scale,
        "training__gradient": "analytic",
        "training__lr": lr,
    }
    quick = run_of(table, **made)
    for piece in pieces:
        quick.advance(piece)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop_module, "is_straight_line", lambda settings: False)
        plain = run_of(table, **made)
        for piece in pieces:
            plain.advance(piece)
    assert bits(quick) == bits(plain)
    if quick.last_step:
        for one, other in zip(quick.last_step, plain.last_step, strict=True):
            assert torch.equal(one.nan_to_num(7), other.nan_to_num(7))


@pytest.mark.parametrize(
    "other",
    [
        {"training__momentum": 0.9},
        {"training__optimizer": "adam"},
        {"penalty__l2": 0.1},
        {"penalty__l1": 0.1},
        {"training__batch_size": 4},
        {"input_noise__sigma": 0.1},
        {"model__kind": "polynomial"},
    ],
)
def test_nothing_else_is_taken_for_the_straight_line_by_hand(other, monkeypatch):
    line, run = run_of(**BY_HAND), run_of(**BY_HAND, **other)
    line.advance(20)
    monkeypatch.delattr(loop_module, "train_line")
    run.advance(20)
    assert not torch.equal(run.weights[:2], line.weights)


def test_the_memory_of_a_slice_is_bounded_however_many_rows(monkeypatch):
    monkeypatch.setattr(run_module, "SEEN", 100)
    longest = []

    def train(settings, model, data, parameters, optimizer, generator, epochs):
        longest.append(epochs)
        nothing = torch.zeros(epochs)
        parameters.grad = torch.zeros(2)
        return Losses(nothing, nothing, nothing[-1])

    monkeypatch.setattr(run_module, "train", train)
    run = run_of(**SECTION_6)
    run.advance(50)
    assert run.epoch == sum(longest) == 50
    assert max(longest) * 11 <= 100
