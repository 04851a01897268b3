"""The models: their gradients against float64 differences, their first weights and runs' bits."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
import torch
from helpers import RICH, THERMOMETER, recipe, recorded, run_of, trained
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import mse_loss

from tempfit_tui.recipe import Model, Penalty, Training
from tempfit_tui.training.data import prepare
from tempfit_tui.training.gradient import Batch, gradient_by, penalised, shrunk
from tempfit_tui.training.models import model_of

ACTIVATIONS = {
    "tanh": (np.tanh, nn.Tanh),
    "relu": (lambda z: np.maximum(z, 0), nn.ReLU),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), nn.Sigmoid),
}
WIDTHS = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)
MODELS = st.one_of(
    st.just(Model("linear")),
    st.builds(Model, kind=st.just("polynomial"), degree=st.integers(1, 5)),
    st.builds(
        Model,
        kind=st.just("mlp"),
        hidden=WIDTHS,
        activation=st.sampled_from([*ACTIVATIONS]),
        dropout=st.sampled_from([0.0, 0.3, 0.5]),
    ),
)
PENALTIES = st.builds(
    Penalty, l2=st.sampled_from([0.0, 0.1]), l1=st.sampled_from([0.0, 0.05]), bias=st.booleans()
)


class Case(NamedTuple):
    """A model somewhere, seen through some rows; all in float64."""

    model: Model
    parameters: np.ndarray
    x: np.ndarray
    y: np.ndarray
    masks: list

    def outputs(self, parameters):
        """Return each layer's output before it is activated, the predictions last."""
        if self.model.kind == "linear":
            return [parameters[0] * self.x + parameters[1]]
        if self.model.kind == "polynomial":
            powers = [self.x**exponent for exponent in [*range(1, self.model.degree + 1), 0]]
            return [sum(w * power for w, power in zip(parameters, powers, strict=True))]
        activate, _ = ACTIVATIONS[self.model.activation]
        fed, outputs, left = self.x[:, None], [], parameters
        for number, units in enumerate([*self.model.hidden, 1]):
            size = units * fed.shape[1]
            weights, biases = left[:size].reshape(units, -1), left[size : size + units]
            left = left[size + units :]
            outputs.append(fed @ weights.T + biases)
            fed = activate(outputs[-1])
            if self.masks and number < len(self.masks):
                fed = fed * self.masks[number]
        assert not len(left)
        return [*outputs[:-1], outputs[-1][:, 0]]

    @property
    def biases(self):
        """Return the places of the biases among the parameters."""
        if self.model.kind != "mlp":
            return [len(self.parameters) - 1]
        places, begin = [], 0
        for fed, units in pairwise([1, *self.model.hidden, 1]):
            places += range(begin + fed * units, begin + (fed + 1) * units)
            begin += (fed + 1) * units
        return places

    def error(self, parameters):
        return np.mean((self.outputs(parameters)[-1] - self.y) ** 2)

    @property
    def smooth(self):
        """Whether it is far from where relu has a kink."""
        hidden = self.outputs(self.parameters)[:-1]
        return self.model.activation != "relu" or all(abs(z).min() > 1e-3 for z in hidden)

    def batch(self, dtype):
        x, y = (torch.tensor(values, dtype=dtype) for values in (self.x, self.y))
        return Batch(x, y, [torch.tensor(mask, dtype=dtype) for mask in self.masks])


@st.composite
def cases(draw):
    made, seed, rows = draw(MODELS), draw(st.integers(0, 2**32 - 1)), draw(st.integers(2, 9))
    drawing = np.random.default_rng(seed)
    model = model_of(made)
    count = len(model.initial())
    # Well away from 0, where an L1 penalty has its kink.
    parameters = drawing.uniform(0.1, 1, count) * drawing.choice([-1, 1], count)
    x, y = drawing.uniform(-1.5, 1.5, rows), drawing.normal(0, 1, rows)
    masks = model.masks(rows, made.dropout, torch.Generator().manual_seed(seed))
    case = Case(made, parameters, x, y, [mask.double().numpy() for mask in masks])
    assume(case.smooth)
    return case


def central_differences(function, at, delta=1e-5):
    steps = delta * np.eye(len(at))
    return np.array([(function(at + s) - function(at - s)) / (2 * delta) for s in steps])


def penalty_at(penalty, parameters, biases):
    if not penalty.bias:
        parameters = np.delete(parameters, biases)
    return penalty.l2 * np.sum(parameters**2) + penalty.l1 * np.sum(abs(parameters))


def gradient(case, penalty, way, dtype=torch.float64, delta=1e-4):
    """Return the package's gradient of the penalised loss."""
    model, batch = model_of(case.model), case.batch(dtype)
    leaf = torch.tensor(case.parameters, dtype=dtype, requires_grad=True)
    forward = model.forward(model.parts(leaf), batch.x, batch.masks)
    acted_on = shrunk(leaf, model.is_weight, penalty)
    loss = penalised(mse_loss(forward.predicted, batch.y), acted_on, penalty)
    by = gradient_by(Training(gradient=way, delta=delta), model, penalty)
    return by(leaf, batch, forward, loss).detach().double().numpy()


@given(case=cases())
def test_a_forward_pass_is_the_one_written_out_in_numpy(case):
    batch, parameters = case.batch(torch.float64), torch.tensor(case.parameters)
    model = model_of(case.model)
    forward = model.forward(model.parts(parameters), batch.x, batch.masks)
    expected = case.outputs(case.parameters)[-1]
    assert forward.predicted.numpy() == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("way", ["analytic", "autograd", "finite-difference"])
@given(case=cases(), penalty=PENALTIES)
@settings(max_examples=150)
def test_gradients_agree_with_float64_central_differences(way, case, penalty):
    expected = central_differences(
        lambda at: case.error(at) + penalty_at(penalty, at, case.biases), case.parameters
    )
    # Differences over 1e-5 in float64 are right to 1e-9; the package's own are over 1e-4.
    tolerance = 1e-5 if way == "finite-difference" else 1e-7
    scale = 1 + abs(expected).max()
    assert gradient(case, penalty, way) == pytest.approx(expected, abs=tolerance * scale)


@given(case=cases(), penalty=PENALTIES)
def test_the_doubly_averaged_gradient_divides_the_data_s_part_only(case, penalty):
    of_data = central_differences(case.error, case.parameters)
    of_penalty = central_differences(
        lambda at: penalty_at(penalty, at, case.biases), case.parameters
    )
    expected = of_data / len(case.x) + of_penalty
    scale = 1 + abs(expected).max()
    found = gradient(case, penalty, "doubly-averaged")
    assert found == pytest.approx(expected, abs=1e-7 * scale)


@given(case=cases(), penalty=PENALTIES)
def test_in_float32_the_analytic_gradient_is_autograd_s(case, penalty):
    by_hand, by_torch = (
        gradient(case, penalty, way, torch.float32) for way in ("analytic", "autograd")
    )
    # Sums of a few terms about 1 may cancel out.
    assert np.abs(by_hand - by_torch).max() <= 1e-5 * (0.1 + np.abs(by_torch).max())


def layers(widths, activation=None):
    made = []
    for fed, units in pairwise(widths):
        made += [nn.Linear(fed, units), *([activation()] if activation else [])]
    return nn.Sequential(*(made[:-1] if activation else made))


def flat(net):
    return torch.cat([part.detach().flatten() for part in net.parameters()])


@pytest.mark.parametrize("seed", [0, 1, 7, 2**53])
@pytest.mark.parametrize(
    ("model", "widths"),
    [
        ({"kind": "polynomial", "degree": 1}, [1, 1]),
        ({"kind": "polynomial", "degree": 7}, [7, 1]),
        ({"kind": "mlp", "hidden": (32, 32)}, [1, 32, 32, 1]),
        ({"kind": "mlp", "hidden": (1,)}, [1, 1, 1]),
        ({"kind": "mlp", "hidden": (3, 8, 2, 5), "activation": "relu"}, [1, 3, 8, 2, 5, 1]),
    ],
)
def test_the_first_weights_are_pytorch_s_default_with_the_seed_set_before(model, widths, seed):
    torch.manual_seed(seed)
    expected = flat(layers(widths))
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert torch.equal(model_of(Model(**model, seed=seed)).initial(), expected)
    # Drawing them is no one else's business.
    assert torch.equal(torch.get_rng_state(), before)


def test_the_linear_model_starts_where_it_is_told():
    assert model_of(Model(initial=(2.0, -1.5))).initial().tolist() == [2.0, -1.5]


def test_training_leaves_torch_s_own_random_numbers_alone():
    before = torch.get_rng_state()
    drawing = {"input_noise__sigma": 0.1, "model__dropout": 0.1, "training__batch_size": 4}
    trained(5, **RICH, **drawing, more_data__rows=10)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("degree", [1, 2, 7])
def test_a_polynomial_s_design_is_the_powers_of_its_input_the_zeroth_last(degree):
    x = torch.tensor([-1.5, 0.0, 0.5, 2.0], dtype=torch.float64)
    design = model_of(Model("polynomial", degree=degree)).design(x)
    expected = np.vander(x.numpy(), degree + 1, increasing=True)
    assert design.numpy() == pytest.approx(np.roll(expected, -1, axis=1))


def test_an_mlp_has_no_design_and_only_an_mlp_drops_units():
    generator = torch.Generator()
    assert model_of(Model("mlp")).design(torch.zeros(3)) is None
    assert model_of(Model("polynomial")).masks(3, 0.5, generator) == []
    assert model_of(Model()).masks(3, 0.5, generator) == []


def test_dropped_units_are_drawn_at_their_share_and_the_others_scaled_up():
    generator = torch.Generator().manual_seed(0)
    first, second = model_of(Model("mlp", hidden=(40, 25))).masks(1_000, 0.2, generator)
    assert (first.shape, second.shape) == ((1_000, 40), (1_000, 25))
    for mask in (first, second):
        assert mask.unique().tolist() == [0, 1.25]
        # 25,000 draws: the share's deviation is 0.0025.
        assert float((mask == 0).float().mean()) == pytest.approx(0.2, abs=0.01)


SCRIPTS = {
    "plain sgd": ({}, lambda p: torch.optim.SGD(p, lr=1e-2)),
    "momentum": (
        {"training__momentum": 0.9},
        lambda p: torch.optim.SGD(p, lr=1e-2, momentum=0.9),
    ),
    "nesterov": (
        {"training__momentum": 0.9, "training__nesterov": True},
        lambda p: torch.optim.SGD(p, lr=1e-2, momentum=0.9, nesterov=True),
    ),
    "adam": ({"training__optimizer": "adam"}, lambda p: torch.optim.Adam(p, lr=1e-2)),
    "adamw": ({"training__optimizer": "adamw"}, lambda p: torch.optim.AdamW(p, lr=1e-2)),
    "adamw's weight decay": (
        {"training__optimizer": "adamw", "training__weight_decay": 0.5},
        lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.5),
    ),
    "rmsprop": ({"training__optimizer": "rmsprop"}, lambda p: torch.optim.RMSprop(p, lr=1e-2)),
    "adagrad": ({"training__optimizer": "adagrad"}, lambda p: torch.optim.Adagrad(p, lr=1e-2)),
}


def script(net, optimizer, data, epochs):
    """Return the training losses of a plain PyTorch script; `net` is trained by it."""
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = mse_loss(net(data.x[:, None])[:, 0], data.y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses


@pytest.mark.parametrize(("kind", "make"), SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_mlp_has_the_bits_of_a_plain_pytorch_script(kind, make, activation):
    wanted = {**RICH, "training__optimizer": "sgd", "training__lr": 1e-2, **kind}
    run = trained(200, **wanted, model__activation=activation)
    torch.manual_seed(0)
    net = layers([1, 32, 32, 1], ACTIVATIONS[activation][1])
    losses = script(net, make(net.parameters()), prepare(recipe(**wanted), THERMOMETER), 200)
    assert recorded(run.train_losses) == losses
    assert torch.equal(run.weights, flat(net))


def test_an_l2_penalty_is_the_weight_decay_of_torch_s_sgd_doubled():
    wanted = {**RICH, "training__optimizer": "sgd", "training__lr": 1e-2}
    run = trained(200, **wanted, penalty__l2=1e-2)
    torch.manual_seed(0)
    net = layers([1, 32, 32, 1], nn.Tanh)
    decaying = torch.optim.SGD(net.parameters(), lr=1e-2, weight_decay=2e-2)
    losses = script(net, decaying, run.data, 200)
    # The decay is added to the gradient, not the squares to the loss: other roundings.
    assert recorded(run.train_losses) == pytest.approx(losses, rel=1e-6)


@pytest.mark.parametrize("way", ["analytic", "autograd"])
@pytest.mark.parametrize("size", [9, 10, 2**53])
def test_a_batch_of_all_rows_is_no_mini_batch(way, size):
    by_batch = trained(50, **RICH, training__gradient=way, training__batch_size=size)
    plain = trained(50, **RICH, training__gradient=way)
    assert torch.equal(by_batch.weights, plain.weights)
    assert torch.equal(by_batch.generator.get_state(), run_of(**RICH).generator.get_state())
