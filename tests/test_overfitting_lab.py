"""The overfitting lab on the screen: losses that part, the verdict, remedies that are tried."""

import pytest
from screen import sitting_at

from tempfit_tui.catalogue import open_named
from tempfit_tui.engine.child import ChildEngine

ANALYTIC = {"training.gradient": "analytic"}
"""The same numbers to a digit or so, sooner."""


BEST = (379, 380)
"""The epoch of the least validation loss, 1.978: the last bit of the machine's sums decides."""


async def trained_to(person, epoch):
    """Train to exactly that epoch."""
    await person.pilot.pause()
    engine, trainer = person.trainer._engine, person.trainer
    await trainer._line.show(engine.advance(epochs=epoch - person.epoch))
    await person.pilot.pause()


async def overfitted(person, epoch=1200):
    await trained_to(person, epoch)
    assert "overfitting since epoch" in person.verdict


def lab(recipe="overfit", **options):
    return sitting_at(recipe, **{"speed": None, "settings": ANALYTIC, **options})


# --- the headline


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_person_who_only_presses_space_sees_overfitting_set_in(size, tmp_path):
    engine = ChildEngine(tmp_path / "engine.log")
    async with sitting_at(None, size=size, engine=engine, speed=None) as person:
        assert "Too rich a model" in person.title
        await person.press("space")
        await person.sees("overfitting since epoch", "Enter: remedies", ": 1.978")
        best = person.frame.best_epoch
        assert best in BEST
        assert f"overfitting since epoch {best}" in person.text
        assert f"best {best}: 1.978" in person.text
        assert person.epoch < 2_000
        await person.press("space")
        await person.stands()
        assert "validation rose 1.978 →" in person.verdict
        assert "on these 2 rows" in person.verdict


async def test_the_default_speed_shows_it_within_twenty_seconds():
    async with sitting_at(None) as person:
        assert person.trainer.speed == 500
        epochs = person.trainer.recipe.training.epochs
        assert epochs is not None
        assert epochs <= 20 * 500  # and the verdict comes before epoch 2,000: above


async def test_the_model_beats_the_line_at_its_best_epoch():
    async with lab() as person:
        await trained_to(person, 379)
        best = person.frame.best_loss
        assert best < person.trainer.seen.setup.floor
        assert "fits" in person.verdict or "still learning" in person.verdict


# --- remedies


async def test_enter_offers_the_articles_remedies():
    async with lab() as person:
        await overfitted(person)
        assert person.frame.best_epoch in BEST
        await person.press("enter")
        await person.sees(
            "Against overfitting",
            "1 more data: 100 more observations ↻",
            "2 L2 penalty 0.01",
            "3 noise 0.1 on the inputs",
            "4 a simpler model: hidden 32,32 → 2 ↻",
            f"5 back to the best weights, of epoch {person.frame.best_epoch}",
            "6 early stopping: patience 200 ↻",
        )
        epoch = person.epoch
        await person.press("escape")
        await person.misses("Against overfitting")
        assert person.epoch == epoch


async def test_an_l2_penalty_applies_at_once_and_helps_and_the_app_says_so():
    async with lab() as person:
        await overfitted(person, 1800)
        await person.press("enter", "2")
        await person.sees("L2 penalty 0.01 ")
        assert person.frame.settings["penalty.l2"] == 0.01
        assert "paused" in person.title
        assert person.frame.ghost.outcome.kind == "too early"
        begun = person.epoch
        await trained_to(person, begun + 1500)
        await person.sees("without it", "l2 0→0.01")
        assert "L2 penalty 0.01 helped: validation 3." in person.verdict
        assert "overfitting" not in person.verdict
        assert person.frame.ghost.last_epoch == person.epoch


async def test_noise_does_not_help_on_this_split_and_the_app_says_so():
    async with lab() as person:
        await overfitted(person)
        await person.press("enter", "3")
        await trained_to(person, person.epoch + 2500)
        assert person.frame.ghost.outcome.kind in ("no help", "no cure")
        assert "noise 0.1 on the inputs" in person.verdict
        assert "helped" not in person.verdict


async def test_more_data_starts_anew_beside_the_run_without_it_and_helps():
    async with lab() as person:
        await overfitted(person)
        await person.press("enter", "1")
        await person.sees("epoch 0 ", "9 train + 100 drawn")
        assert person.frame.ghost.last_epoch >= 1200
        await trained_to(person, person.frame.ghost.last_epoch + 800)
        await person.sees("without it")
        assert "more data: 100 more observations helped" in person.verdict


async def test_a_simpler_model_starts_anew_and_trains_on_where_training_was_under_way():
    settings = ANALYTIC | {"training.epochs": None}
    async with lab(settings=settings, speed=100) as person:
        await overfitted(person)
        await person.press("space", "enter", "4")
        await person.sees("mlp 1-2-1 tanh", "running")
        await person.trained(50)
        assert "running" in person.title


async def test_w_goes_back_to_the_best_weights_and_what_came_after_stays_in_sight():
    async with lab() as person:
        await overfitted(person)
        fit, best = person.frame.fit, person.frame.best_epoch
        assert best in BEST
        await person.press("w")
        await person.sees(f"epoch {best - 1} ", "what came after")
        assert person.frame.best_epoch < best
        assert person.frame.fit != fit
        await trained_to(person, 1000)
        assert person.frame.best_epoch == best


async def test_w_at_the_start_is_explained():
    async with lab() as person:
        await person.press("w")
        await person.sees("there are no better weights to go back to")


async def test_early_stopping_ends_by_itself_with_the_best_weights():
    async with lab() as person:
        await overfitted(person)
        best = person.frame.best_epoch
        assert best in BEST
        await person.press("enter", "6", "space")
        await person.sees("stopped early", f"the best weights, of epoch {best}, are back")
        assert person.epoch == best + 200
        assert "running" not in person.title
        await person.press("space")
        await person.trained(best + 201)
        # It goes on from the best weights: the next loss is the best one again.
        assert person.frame.best_loss == pytest.approx(1.98, abs=0.01)


async def test_g_hides_the_ghost_and_brings_it_back():
    async with lab() as person:
        await overfitted(person)
        await person.press("enter", "2")
        await trained_to(person, person.epoch + 300)
        await person.sees("without it")
        await person.press("g")
        await person.misses("without it")
        await person.press("g")
        await person.sees("without it")


async def test_a_second_penalty_is_a_stronger_one():
    async with lab(settings=ANALYTIC | {"penalty.l2": 0.001}) as person:
        await overfitted(person, 4000)
        await person.press("enter")
        await person.sees("a stronger L2 penalty 0.003")


# --- underfitting


async def test_a_line_through_a_curve_underfits_until_a_parabola_is_taken():
    async with lab("underfit", settings={}) as person:
        await trained_to(person, 300)
        assert "underfitting" in person.verdict
        await person.press("enter")
        await person.sees("Against underfitting", "1 a richer model: degree 2: a parabola ↻")
        await person.press("1")
        await person.sees("polynomial of degree 2", "epoch 0 ")
        await trained_to(person, 1000)
        assert "underfitting" not in person.verdict
        assert person.frame.train_loss < 0.1 * person.trainer.seen.setup.floor


async def test_what_crawls_is_hurried():
    crawling = {"training.lr": 1e-5, "training.gradient": "analytic", "training.epochs": None}
    async with lab("raw", settings=crawling) as person:
        await trained_to(person, 500)
        await person.press("enter")
        await person.sees("lr 0.00017", "standardise the input, lr 0.1 ↻")


async def test_where_all_is_well_there_is_nothing_to_mend():
    async with lab("autograd", settings=ANALYTIC) as person:
        await trained_to(person, 5000)
        await person.press("enter")
        await person.sees("nothing to mend: fits")
        await person.press("n")
        await person.misses("nothing to mend")


# --- settings of the lab


async def test_switching_the_optimizer_says_what_became_of_its_state():
    async with lab() as person:
        await person.steps(3)
        await person.click("optimizer")
        await person.press("left")
        await person.sees("the moments of the gradient (adam) forgotten, sgd keeps nothing")
        await person.press("right", "right")
        await person.sees("adamw goes on with the moments of the gradient", "decay      0.01")
        await person.press("n")
        await person.misses("goes on with")


async def test_R_draws_other_first_weights():  # noqa: N802 - the key
    async with lab() as person:
        fit = person.frame.fit
        await person.press("R")
        await person.sees("seed       1 ")
        await person.until(lambda: person.frame.fit != fit, "other first weights")
        await person.steps(1)
        await person.press("R")
        await person.sees("Draw other first weights (seed 2)? It starts anew from epoch 0.")
        await person.press("enter")
        await person.sees("seed       2 ", "epoch 0 ")


async def test_the_linear_model_has_no_seed():
    async with sitting_at("split") as person:
        await person.press("R")
        await person.sees("it draws nothing by a seed")


async def test_dropout_penalty_noise_and_batches_apply_between_two_epochs():
    async with lab() as person:
        await person.steps(2)
        for label, shown in (
            ("L1 penalty", "0.0001"),
            ("noise", "0.01"),
            ("dropout", "0.05"),
            ("batch", "1 "),
            ("patience", "50"),
        ):
            await person.click(label)
            await person.press("right")
            await person.sees(f"{label:<10} {shown}")
        await person.steps(2)
        assert set(person.frame.changes[-1].after) == {
            "penalty.l1",
            "input_noise.sigma",
            "model.dropout",
            "training.batch_size",
            "training.patience",
        }


async def test_hidden_layers_are_typed():
    async with lab() as person:
        await person.click("hidden")
        await person.press("enter", *"8,4", "enter")
        await person.sees("mlp 1-8-4-1 tanh", "hidden     8,4 ")
        await person.press("enter", *"0,4", "enter")
        await person.sees("model.hidden[0] = 0: give a")


# --- other recipes


async def test_o_opens_another_recipe_on_the_same_engine():
    async with lab() as person:
        await person.steps(2)
        await person.press("o")
        await person.sees("By hand, raw input", "A line through a curve")
        await person.press("home", "enter")
        await person.until(lambda: "A gradient by trying" in person.title, "the other recipe")
        await person.until(lambda: person.trainer.seen, "its first frame")
        await person.press("n")
        await person.sees("epoch 1 ", "-44.17")
        await person.press("o", "escape")
        await person.misses("By hand, raw input")
        assert person.epoch == 1


async def test_e_saves_a_run_that_opens_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with lab() as person:
        await person.steps(3)
        await person.press("plus")
        await person.steps(2)
        lived = person.frame
        for file in ("overfit-1.toml", "overfit-2.toml"):
            await person.press("e")
            await person.sees("Take this run away as:")
            await person.press("4")
            await person.sees(file)
    saved = str(tmp_path / "overfit-1.toml")
    assert open_named(saved).recipe.changes[0].epoch == 4
    async with lab(saved, settings={}) as person:
        await person.steps(5)
        assert person.frame.train_loss == lived.train_loss
        assert person.frame.fit == lived.fit
        assert person.frame.changes == lived.changes
