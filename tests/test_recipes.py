"""Every bundled recipe: it opens, its words are there and short, and their figures come out."""

from functools import cache

import pytest

from tempfit_tui.catalogue import bundled_recipes, open_named
from tempfit_tui.training.evidence import Witness, series
from tempfit_tui.training.run import Run
from tempfit_tui.training.verdict import verdict_on

ORDER = [
    "finite-difference",
    "raw",
    "too-fast",
    "scaled",
    "autograd",
    "underfit",
    "overfit",
    "penalty",
    "more-data",
    "noise",
    "simpler",
    "early-stop",
    "split",
]


class Trained:
    """A bundled recipe's run, its losses in the file's units squared."""

    def __init__(self, name, **settings):
        dotted = {key.replace("__", "."): value for key, value in settings.items()}
        opened = open_named(name, settings=dotted)
        self.run = Run(opened.recipe, opened.table)
        self.witness = Witness(self.run)

    def to(self, epoch):
        self.run.advance(epoch - self.run.epoch)
        return self

    @property
    def unit(self):
        return self.run.data.loss_unit

    @property
    def train(self):
        return series(self.run.train_losses, self.unit).values[-1].item()

    @property
    def val(self):
        return series(self.run.val_losses, self.unit).values[-1].item()

    @property
    def best(self):
        return self.run.best.epoch, round(self.run.best.loss * self.unit, 2)

    @property
    def evidence(self):
        return self.witness.evidence(self.run)

    @property
    def verdict(self):
        return verdict_on(self.evidence).words


@cache
def at_its_best():
    """Return what the model without a remedy has at its best."""
    return Trained("overfit").to(400).best[1]


def test_the_order_is_the_article_s():
    assert list(bundled_recipes()) == ORDER


def test_the_files_are_numbered_from_1_without_a_gap():
    names = [file.name for file in bundled_recipes().values()]
    assert names == [f"{number:02}-{name}.toml" for number, name in enumerate(ORDER, 1)]


@pytest.mark.parametrize("name", ORDER)
def test_its_words_are_there_and_short(name):
    recipe = open_named(name).recipe
    assert 0 < len(recipe.title) <= 32
    lines = recipe.commentary.split("\n")
    assert len(lines) == 2
    assert all(0 < len(line) <= 110 for line in lines)
    assert 0 < len(recipe.watch) <= 160
    assert "\n" not in recipe.watch
    for words in (recipe.title, *lines, recipe.watch):
        assert words.isascii()
        assert words == words.strip()


def test_no_two_have_the_same_title():
    assert len({open_named(name).recipe.title for name in ORDER}) == len(ORDER)


@pytest.mark.parametrize("name", ["penalty", "more-data", "noise", "simpler", "early-stop"])
def test_a_remedy_is_one_change_of_the_model_that_is_too_rich(name):
    remedies = {
        "penalty": {"penalty.l2": 0.01},
        "more-data": {"more_data.rows": 100, "more_data.noise": 1.7},
        "noise": {"input_noise.sigma": 0.3},
        "simpler": {"model.hidden": [2]},
        "early-stop": {"training.patience": 200},
    }
    remedied = open_named("overfit", settings=remedies[name]).recipe
    recipe = open_named(name).recipe
    for field in recipe.__struct_fields__:
        if field not in ("title", "commentary", "watch"):
            assert getattr(recipe, field) == getattr(remedied, field)


def test_a_gradient_by_trying_throws_the_weight_and_then_sticks():
    trained = Trained("finite-difference").to(1)
    assert f"{trained.run.weights[0].item():.4f}" == "-44.1730"
    # Differences of losses near 1e10: what they lose in rounding depends on the processor.
    assert 1e17 < trained.to(5).train < 3e17
    assert trained.to(50).train == trained.to(60).train


def test_by_hand_on_the_raw_input_the_loss_stalls():
    trained = Trained("raw")
    weight, bias = trained.to(1).run.last_step.gradient.tolist()
    assert round(weight / bias) == 55
    trained.to(10_000)
    assert f"{trained.train:.2f}" == "28.29"
    assert abs(trained.run.weights[1].item()) < 0.3


def test_too_large_a_learning_rate_grows_some_three_thousand_times_an_epoch():
    trained = Trained("too-fast").to(3)
    second = trained.train
    assert 3000 < trained.to(4).train / second < 3500
    assert trained.to(50).run.stopped.epoch == 11
    assert "above 0.0003399" in trained.run.stopped.reason
    assert int(0.01 / 0.0003399) == 29


def test_autograd_and_sgd_reach_the_floor():
    trained = Trained("autograd").to(10_000)
    assert f"{trained.train:.4f}" == "2.9276"
    assert [f"{value:.4f}" for value in trained.run.weights.tolist()] == ["5.3676", "-17.3042"]


def test_a_line_through_a_curve_underfits_until_it_may_bend():
    trained = Trained("underfit")
    assert len(trained.run.data.y) == 11
    lowest = trained.to(50).train
    assert trained.to(500).train == pytest.approx(lowest, rel=1e-6)
    assert f"{lowest:.2f}" == "1.25"
    assert f"{trained.evidence.durbin_watson:.2f}" == "0.38"
    assert trained.verdict == "underfitting"
    bent = Trained("underfit", model__kind="polynomial", model__degree=2).to(500)
    assert bent.train < 1e-4
    assert bent.verdict == "fits"


def test_too_rich_a_model_beats_the_line_and_then_overfits():
    trained = Trained("overfit").to(400)
    line = trained.witness.baseline
    assert len(trained.run.weights) == 1153
    assert trained.best == (379, 1.98)
    assert trained.train < line.line_train
    assert trained.val < line.line_val
    trained.to(1000)
    assert trained.verdict == "overfitting since epoch 379"
    assert f"{trained.to(2000).val:.1f}" == "6.6"
    assert trained.to(5000).val > 25
    assert trained.train < 1e-3
    assert trained.best == (379, 1.98)


def test_the_penalty_keeps_validation_down():
    trained = Trained("penalty").to(4000)
    assert f"{trained.val:.1f}" == "3.4"
    assert trained.best[1] > at_its_best()
    assert trained.verdict == "fits"


def test_more_observations_keep_validation_below_4():
    trained = Trained("more-data").to(400)
    assert len(trained.run.data.y) == 109
    while trained.run.epoch < 5000:
        assert trained.val < 4
        trained.to(trained.run.epoch + 100)
    assert 1 < trained.val < 1.3


def test_noise_on_the_inputs_makes_it_worse_here():
    trained = Trained("noise").to(2500)
    assert trained.best == (1804, 8.01)
    assert trained.best[1] > at_its_best()
    table = open_named("noise").table
    hottest = max(table.x)
    assert table.x[3] == hottest > trained.run.data.input.undone(trained.run.data.x).max().item()


def test_a_simpler_model_is_slow():
    trained = Trained("simpler").to(3500)
    assert len(trained.run.weights) == 7
    assert round(trained.best[1]) == 10
    # Its end at 10,000, 5.8, is in test_lab.py.
    assert 12 < trained.to(5500).val < 13


def test_early_stopping_puts_the_best_weights_back():
    trained = Trained("early-stop").to(10_000)
    assert (trained.run.early_stop.epoch, trained.run.early_stop.best_epoch) == (579, 379)
    assert trained.best == (379, 1.98)
    assert f"{trained.witness.baseline.line_val:.2f}" == "5.05"


def test_with_a_line_both_losses_fall():
    trained, before = Trained("split").to(100), None
    while trained.run.epoch < 4000:
        now = trained.to(trained.run.epoch + 100)
        assert now.val > now.train
        assert before is None or (now.train <= before[0] and now.val <= before[1])
        before = now.train, now.val
    assert trained.verdict == "fits"
