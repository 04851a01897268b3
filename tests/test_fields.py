"""The hyperparameters' names, steps and words, without a screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.engine.messages import ChangeSettings, packed
from tempfit_tui.recipe import Input, Recipe, Training
from tempfit_tui.settings import is_live, with_settings
from tempfit_tui.text import setting
from tempfit_tui.ui.fields import FIELD, FIELDS, lr_step, settings_of

LR, STOP, MOMENTUM = FIELD["training.lr"], FIELD["training.epochs"], FIELD["training.momentum"]
VALUE = float | int | str | bool | tuple | None
GRID = st.integers(-60, 60).map(lambda place: float(f"{10 ** (place / 4):.4g}"))


@given(GRID, st.sampled_from([1, -1]))
def test_a_step_and_a_step_back_are_nothing_on_the_grid(lr, direction):
    assert lr_step(lr_step(lr, direction), -direction) == lr


@given(st.floats(1e-17, 1e17), st.sampled_from([1, -1]))
def test_a_step_is_a_quarter_of_a_power_of_ten(lr, direction):
    assert lr_step(lr, direction) / lr == pytest.approx(10 ** (direction / 4), rel=2e-3)


@given(st.floats(1e-17, 1e17), st.sampled_from([1, -1]))
def test_the_learning_rate_shown_is_the_one_used(lr, direction):
    stepped = lr_step(lr, direction)
    assert float(LR.words(stepped).replace(",", "")) == stepped
    assert LR.parsed(LR.words(stepped)) == stepped


def test_the_grid_from_a_hundredth_to_a_tenth():
    steps = [0.01]
    for _ in range(4):
        steps.append(lr_step(steps[-1], 1))
    assert steps == [0.01, 0.01778, 0.03162, 0.05623, 0.1]


@pytest.mark.parametrize("lr", [1e18, 5e-324])
def test_a_step_beyond_all_bounds_is_left_to_be_refused(lr):
    for direction in (1, -1):
        assert isinstance(lr_step(lr, direction), float)


@pytest.mark.parametrize(
    ("field", "value", "up", "down"),
    [
        ("training.momentum", 0.0, 0.5, 0.0),
        ("training.momentum", 0.85, 0.9, 0.8),
        ("training.momentum", 0.99, 0.99, 0.95),
        ("training.delta", 0.1, 1.0, 0.01),
        ("input.scale", 0.1, 1.0, 0.01),
        ("training.epochs", None, 100, None),
        ("training.epochs", 100, 500, None),
        ("training.epochs", 3000, 4000, 2000),
        ("training.epochs", 1_000_000, 1_000_000, 100_000),
        ("training.optimizer", "sgd", "adam", "adagrad"),
        ("training.gradient", "autograd", "finite-difference", "analytic"),
        ("input.transform", "none", "scale", "standardise"),
        ("model.kind", "linear", "polynomial", "mlp"),
        ("model.degree", 1, 2, 1),
        ("model.degree", 12, 12, 11),
        ("model.hidden", (32, 32), (64, 64), (16, 16)),
        ("model.hidden", (2,), (4,), (2,)),
        ("model.hidden", (5, 5), (32,), (8,)),
        ("model.seed", 0, 1, 0),
        ("training.nesterov", False, True, True),
        ("training.weight_decay", 0.01, 0.03, 0.003),
        ("penalty.l2", 0.0, 1e-4, 0.0),
        ("penalty.l2", 0.02, 0.03, 0.01),
        ("input_noise.sigma", 0.3, 0.5, 0.2),
        ("more_data.rows", 0, 10, 0),
        ("training.batch_size", 0, 1, 0),
        ("training.patience", 200, 500, 100),
    ],
)
def test_the_next_value_up_and_down(field, value, up, down):
    assert FIELD[field].stepped(value, 1) == up
    assert FIELD[field].stepped(value, -1) == down


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.05", 0.05),
        (" 1e-3 ", 1e-3),
        ("1,000", 1000),
        ("1,5", "1,5"),
        ("0,01", "0,01"),
        ("abc", "abc"),
        ("[1]", "[1]"),
        ("{a = 1}", "{a = 1}"),
        ("1979-05-27", "1979-05-27"),
        ("", ""),
    ],
)
def test_what_is_written_is_a_number_or_the_words_themselves(written, value):
    assert LR.parsed(written) == value


@given(st.text() | st.integers(-(10**400), 10**400).map(str))
def test_whatever_is_written_can_be_sent(written):
    for field in FIELDS:
        value = field.parsed(written)
        assert isinstance(value, VALUE)
        assert packed(ChangeSettings({field.name: value}))


@pytest.mark.parametrize("written", ["", " ", "never"])
def test_a_number_may_be_absent(written):
    assert STOP.parsed(written) is None
    assert STOP.words(None) == "never"
    assert MOMENTUM.parsed(written) is not None


@pytest.mark.parametrize(
    ("written", "value"),
    [("32,32", (32, 32)), (" [8] ", (8,)), ("4, 4, 2", (4, 4, 2)), ("a,b", "a,b"), ("", "")],
)
def test_hidden_layers_are_written_as_their_widths(written, value):
    assert FIELD["model.hidden"].parsed(written) == value


@given(st.lists(st.integers(1, 1024), min_size=1, max_size=32).map(tuple))
def test_hidden_layers_read_back_as_shown(hidden):
    field = FIELD["model.hidden"]
    assert field.parsed(field.words(hidden)) == hidden


@pytest.mark.parametrize(
    ("field", "word"), [("training.batch_size", "all rows"), ("training.patience", "off")]
)
def test_zero_has_a_word_where_it_is_no_number(field, word):
    assert FIELD[field].words(0) == word
    assert FIELD[field].parsed(word) == 0
    assert FIELD[field].words(8) == "8"


def test_the_noise_of_more_data_may_be_left_to_the_data():
    field = FIELD["more_data.noise"]
    assert field.words(None) == "auto"
    assert [field.parsed(word) for word in ("auto", "auto (1.71)", "", "1.7")] == [None] * 3 + [1.7]
    assert [field.stepped(value, 1) for value in (None, 0.0, 1.71)] == [0.0, 0.5, 3.0]
    assert [field.stepped(value, -1) for value in (None, 0.0, 0.5)] == [None, None, 0.0]


def test_whether_biases_are_penalised_is_asked_only_where_a_penalty_is_in_force():
    field = FIELD["penalty.bias"]
    for name in ("penalty.l2", "penalty.l1"):
        settings = settings_of(Recipe(), {name: 0.1})
        assert field.shown(settings)
        assert field.note(settings) == "shrinks the intercept too"
        assert field.note({**settings, "penalty.bias": False}) == "leaves the intercept alone"
    assert not field.shown(settings_of(Recipe()))
    assert (field.stepped(True, 1), field.stepped(False, 1)) == (False, True)


def test_a_field_needs_a_new_start_unless_it_is_live():
    assert all(field.anew is not is_live(field.name) for field in FIELDS)


def test_every_choice_is_a_recipes_own():
    for field in FIELDS:
        value = settings_of(Recipe())[field.name]
        for _ in field.choices:
            value = field.stepped(value, 1)
            assert settings_of(with_settings(Recipe(), {field.name: value}))[field.name] == value
        assert value == settings_of(Recipe())[field.name] or not field.choices


@pytest.mark.parametrize(
    ("field", "setting_name", "shown_for"),
    [
        ("input.scale", "input.transform", "scale"),
        ("training.delta", "training.gradient", "finite-difference"),
        ("training.momentum", "training.optimizer", "sgd"),
        ("training.weight_decay", "training.optimizer", "adamw"),
        ("model.degree", "model.kind", "polynomial"),
        ("model.hidden", "model.kind", "mlp"),
        ("model.dropout", "model.kind", "mlp"),
    ],
)
def test_a_field_that_has_no_effect_is_hidden(field, setting_name, shown_for):
    for choice in FIELD[setting_name].choices:
        assert FIELD[field].shown({setting_name: choice}) is (choice == shown_for)


def test_live_settings_win_over_the_recipes():
    recipe = Recipe(input=Input(transform="scale"), training=Training(lr=0.5, epochs=7))
    settings = settings_of(recipe, {"training.lr": 0.25})
    assert settings["training.lr"] == 0.25
    assert settings["training.epochs"] == 7
    assert settings["input.transform"] == "scale"
    assert set(settings) == set(FIELD)
    assert setting(settings["input.scale"]) == "0.1"
