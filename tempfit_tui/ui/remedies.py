"""What can be done about a verdict: the article's remedies, and the ways back from a divergence."""

from typing import NamedTuple

from tempfit_tui.frame import MOST_LEAP, Frame, RewindTo, Value
from tempfit_tui.recipe import Data, Recipe
from tempfit_tui.settings import setting_of
from tempfit_tui.text import number, setting
from tempfit_tui.ui.fields import FIELD, lr_step, numeric
from tempfit_tui.ui.trainer import Seen

THERMOMETER = Data().path
"""The article's own file: its law is known."""
THERMOMETER_NOISE = 1.7
"""The deviation of its eleven observations from that law."""
LR = "training.lr"
SIMPLE_HIDDEN = (2,)
"""The hidden layer of a simpler mlp."""
STANDARDISED_LR = 0.1
"""The learning rate for a standardised input, where that is stable."""
MORE_ROWS = 100
PATIENCE = 200


class Answer(NamedTuple):
    """One way to answer, and what it does to the run."""

    name: str
    words: str
    why: str = ""
    """One line on what it does."""
    rewind: RewindTo | None = None
    """Where it goes back to."""
    settings: dict[str, Value] = {}
    """What it changes then."""
    anew: bool = False
    """Whether it starts anew with them."""
    leap: int = 0
    """How many epochs are computed instead of trained."""


def remedies(seen: Seen, recipe: Recipe) -> tuple[str, list[Answer]]:
    """Return what to ask after the verdict on `seen`, and the answers; no answers for no trouble.

    `recipe` is the one opened last; the settings in force are in the frame. While a forecast is
    in sight the jumps to what it foresees are among the answers.
    """
    question, answers = _after_verdict(seen, recipe)
    jumps = jumps_ahead(seen.frame)
    if jumps and not answers:
        return "The rest of this run is known in closed form:", jumps
    return question, [*answers, *jumps]


def jumps_ahead(frame: Frame) -> list[Answer]:
    """Return the jumps that the forecast in sight makes possible; none where there is none."""
    forecast = frame.forecast
    if forecast is None or forecast.why_not or forecast.diverges or frame.is_past:
        return []
    most = MOST_LEAP
    if forecast.until is not None:
        most = min(most, forecast.until - frame.epoch)
    why = "computed in closed form, not trained; the journal says so"
    answers = []
    if forecast.settles_at and 0 < (ahead := forecast.settles_at - frame.epoch) <= most:
        words = f"jump to epoch {forecast.settles_at:,}, within 1 % of where it ends"
        answers.append(Answer("jump", words, why, leap=ahead))
    if most > 0:
        words = "jump a million epochs ahead" if most == 10**6 else f"jump {most:,} epochs ahead"
        answers.append(Answer("far", words, why, leap=most))
    return answers


def _after_verdict(seen: Seen, recipe: Recipe) -> tuple[str, list[Answer]]:
    frame = seen.frame
    match frame.verdict.kind:
        case "diverging":
            at = f"Diverged at epoch {frame.epoch:,}" if frame.stopped else "Diverging"
            return f"{at}: where to?", ways_back(seen)
        case "overfitting" | "rising":
            question = "Against overfitting (↻ starts anew, the others apply at once):"
            return question, against_overfitting(seen, recipe)
        case "underfitting":
            return "Against underfitting:", [*_richer(recipe), *_quicker(seen, recipe)]
        case "learning":
            return "It is still learning. To hurry it:", _quicker(seen, recipe)
        case _:
            return "", []


def against_overfitting(seen: Seen, recipe: Recipe) -> list[Answer]:
    """Return the four remedies of the article's section 4.2, then the best weights there were."""
    return [
        _more_data(seen, recipe),
        _penalty(seen),
        _noise(seen),
        *_simpler(recipe),
        *_best(seen),
    ]


def _more_data(seen: Seen, recipe: Recipe) -> Answer:
    rows = recipe.more_data.rows * 3 or MORE_ROWS
    known = recipe.data.path == THERMOMETER
    noise = THERMOMETER_NOISE if known else recipe.more_data.noise
    of_data = seen.setup.more_noise or (seen.setup.floor or 0.0) ** 0.5
    deviation = number(of_data, 3) if noise is None else setting(noise)
    what = "drawn on the fitted law" if known else "jittered copies of training rows"
    return Answer(
        "more-data",
        f"more data: {rows} more observations",
        f"{what}, noise {deviation}: less room to bend between points",
        settings={"more_data.rows": rows, "more_data.noise": noise},
        anew=True,
    )


def _penalty(seen: Seen) -> Answer:
    l2 = seen.frame.settings["penalty.l2"]
    ghost = seen.frame.ghost
    too_strong = bool(ghost and ghost.outcome and ghost.outcome.kind == "no cure")
    new = FIELD["penalty.l2"].stepped(l2, -1 if too_strong else 1) if l2 else 1e-2
    parts = "parameters" if seen.frame.settings["penalty.bias"] else "weights"
    weaker = "a weaker " if numeric(new) < numeric(l2) else "a stronger " if l2 else ""
    return Answer(
        "penalty",
        f"{weaker}L2 penalty {setting(new)}",
        f"adds {setting(new)} times the {parts}' squares to the loss: bends cost",
        settings={"penalty.l2": new},
    )


def _noise(seen: Seen) -> Answer:
    sigma = seen.frame.settings["input_noise.sigma"]
    new = FIELD["input_noise.sigma"].stepped(sigma, 1) if sigma else 0.1
    return Answer(
        "noise",
        f"noise {setting(new)} on the inputs",
        "each epoch moves every input a little: no point is learnt by heart",
        settings={"input_noise.sigma": new},
    )


def _simpler(recipe: Recipe) -> list[Answer]:
    model = recipe.model
    if model.kind == "mlp" and model.hidden != SIMPLE_HIDDEN:
        settings: dict[str, Value] = {"model.hidden": SIMPLE_HIDDEN}
        arrow = f"{setting(model.hidden)} → {setting(SIMPLE_HIDDEN)}"
        words = f"a simpler model: hidden {arrow}"
    elif model.kind == "polynomial" and model.degree > 2:
        settings, words = {"model.degree": 2}, f"a simpler model: degree {model.degree} → 2"
    elif model.kind != "linear":
        settings, words = {"model.kind": "linear"}, "a simpler model: the straight line"
    else:
        return []
    why = "fewer parameters can't bend to every point"
    return [Answer("simpler", words, why, settings=settings, anew=True)]


def _best(seen: Seen) -> list[Answer]:
    frame = seen.frame
    answers = []
    if frame.best_epoch and frame.best_epoch < frame.epoch:
        answers.append(
            Answer(
                "best",
                f"back to the best weights, of epoch {frame.best_epoch:,} (w)",
                f"validation was {number(frame.best_loss, 3)}; what came after stays in sight",
                rewind="best",
            )
        )
    if not frame.settings["training.patience"]:
        answers.append(
            Answer(
                "early-stopping",
                f"early stopping: patience {PATIENCE}",
                f"ends {PATIENCE} epochs after the best, and keeps the best weights",
                settings={"training.patience": PATIENCE},
                anew=True,
            )
        )
    return answers


def _richer(recipe: Recipe) -> list[Answer]:
    """Return a model with more parameters: the article's section 4.1."""
    model = recipe.model
    settings: dict[str, Value]
    match model.kind:
        case "linear":
            settings, words = (
                {"model.kind": "polynomial", "model.degree": 2},
                "degree 2: a parabola",
            )
        case "polynomial" if model.degree < 12:
            settings, words = {"model.degree": model.degree + 1}, f"degree {model.degree + 1}"
        case "mlp":
            hidden = FIELD["model.hidden"].stepped(model.hidden, 1)
            settings, words = {"model.hidden": hidden}, f"hidden {setting(hidden)}"
        case _:
            return []
    if all(setting_of(recipe, name) == value for name, value in settings.items()):
        return []
    why = "more parameters bend further; if that is no help, nor is the data"
    return [Answer("richer", f"a richer model: {words}", why, settings=settings, anew=True)]


def _quicker(seen: Seen, recipe: Recipe) -> list[Answer]:
    """Return what makes the training loss fall faster."""
    answers = []
    lr, limit = numeric(seen.frame.settings[LR]), seen.frame.limit.lr
    calm = calm_lr(seen)
    new = calm if calm is not None else lr_step(lr_step(lr, 1), 1)
    if numeric(new) > lr:
        of = f"half of {number(limit, 3)}, the largest stable one" if limit else "about three times"
        answers.append(Answer("faster", f"lr {setting(new)}", of, settings={LR: new}))
    if recipe.input.transform != "standardise":
        condition = number(seen.setup.condition_number, 3)
        why = f"weight and bias on one scale: the condition number is {condition} now"
        standardise: dict[str, Value] = {"input.transform": "standardise"}
        words = "standardise the input"
        if (half := _half(seen.frame.limit.standardised)) is not None:
            standardise[LR] = min(STANDARDISED_LR, half)
            words += f", lr {setting(standardise[LR])}"
        answers.append(Answer("standardise", words, why, settings=standardise, anew=True))
    return answers


def ways_back(seen: Seen) -> list[Answer]:
    """Return what can be done after training diverged, the gentlest way first."""
    frame, answers = seen.frame, []
    last = frame.changes[-1] if frame.changes else None
    failed = numeric((last.after if last else {}).get(LR, frame.settings[LR]))
    # A learning rate no smaller than the one that failed is not offered.
    if last and frame.can_take_back and numeric(last.before.get(LR, 0.0)) < failed:
        undone = ", ".join(f"{_key(name)} {setting(was)}" for name, was in last.before.items())
        answers.append(
            Answer(
                "before-change",
                f"back to epoch {last.epoch - 1:,}, before the last change",
                f"with {undone} again; the epochs up to there are kept",
                rewind="before-change",
            )
        )
    if (calm := calm_lr(seen)) is not None:
        of = "half the largest stable lr"
        if calm >= failed:
            calm, of = float(f"{failed / 10:.2g}"), "a tenth of the lr that diverged"
        answers.append(
            Answer(
                "calm",
                f"back to the start with lr {setting(calm)}",
                f"{of}, from the same first weights",
                rewind="start",
                settings={LR: calm},
            )
        )
    answers.append(
        Answer(
            "start",
            "back to the start",
            "the same first weights, the settings as they are",
            rewind="start",
        )
    )
    return answers


def calm_lr(seen: Seen) -> float | None:
    """Return half the largest stable learning rate, to two digits; None where there is none."""
    return _half(seen.frame.limit.lr)


def _half(limit: float | None) -> float | None:
    return None if limit is None else float(f"{limit / 2:.2g}")


def _key(name: str) -> str:
    return name.partition(".")[2]
