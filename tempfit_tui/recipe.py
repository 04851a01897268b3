"""What to train: the recipe, as frozen structs whose types hold what each value may be.

Their names and defaults are those of the TOML file; `settings` reads and changes them.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Seed = Annotated[int, Meta(ge=0, le=2**53)]
Row = Annotated[int, Meta(ge=0, le=2**53)]
# float32 ends at 3.4e38: these bounds leave room for a product.
Finite = Annotated[float, Meta(ge=-1e18, le=1e18)]
Positive = Annotated[float, Meta(gt=0, le=1e18)]

Missing = Annotated[list[Finite], Meta(min_length=0, max_length=100)]
Gradient = Literal["finite-difference", "doubly-averaged", "analytic", "autograd"]
Optimizer = Literal["sgd", "adam", "adamw", "rmsprop", "adagrad"]
Kind = Literal["linear", "polynomial", "mlp"]
Activation = Literal["tanh", "relu", "sigmoid"]
Width = Annotated[int, Meta(ge=1, le=1024)]
Share = Annotated[float, Meta(ge=0, lt=1)]
Strength = Annotated[float, Meta(ge=0, le=1e6)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of the recipe."""


class Data(Section, frozen=True):
    """Where the observations come from."""

    path: str = "thermometer.csv"
    """A bundled name, or a path relative to the recipe."""
    x: str | None = None
    """The input's column; where absent the first numeric one that doesn't number the rows."""
    y: str | None = None
    """The target's; the second numeric one."""
    missing: Literal["leave-out", "refuse"] | Missing = "leave-out"
    """Rows with a missing value are left out, or refused; a list: values that mean one, too."""
    decimal: Literal["auto", ",", "."] = "auto"
    """The decimal sign of the table."""


class Split(Section, frozen=True):
    """Which rows validate. Rows count from 0."""

    validation: list[Row] | None = None
    """Wins over `fraction`; [] for none."""
    train: list[Row] | None = None
    """The order of the training rows; float32 sums depend on it. Ascending where absent."""
    fraction: Annotated[float, Meta(ge=0, lt=1)] = 0.2
    """As the article splits: randperm, the last int(fraction * n) rows validate."""
    seed: Seed = 0


class Input(Section, frozen=True):
    """What is done to the inputs before training."""

    transform: Literal["none", "scale", "standardise"] = "none"
    """`standardise` by the training rows' mean and population deviation."""
    scale: Positive = 0.1


class Target(Section, frozen=True):
    """What is done to the targets before training; losses are told in the file's units anyway."""

    transform: Literal["none", "standardise"] = "none"


class Model(Section, frozen=True):
    """The family of functions that is fitted, in transformed units."""

    kind: Kind = "linear"
    initial: tuple[Finite, Finite] = (1.0, 0.0)
    """Of linear: the first weight and bias."""
    degree: Annotated[int, Meta(ge=1, le=12)] = 3
    """Of polynomial."""
    hidden: Annotated[tuple[Width, ...], Meta(min_length=1, max_length=32)] = (32, 32)
    """Of mlp: the width of each hidden layer."""
    activation: Activation = "tanh"
    """Of mlp."""
    dropout: Share = 0.0
    """Of mlp, live: the share of hidden units left out of a training pass, drawn each time."""
    seed: Seed = 0
    """Of the first weights, where they are drawn, and of all that is drawn while training."""

    @property
    def words(self) -> str:
        """The model in few words, as in `mlp 1-32-32-1 tanh`."""
        match self.kind:
            case "polynomial":
                return f"polynomial of degree {self.degree}"
            case "mlp":
                return f"mlp {'-'.join(map(str, (1, *self.hidden, 1)))} {self.activation}"
            case _:
                return self.kind


class Training(Section, frozen=True):
    """How the parameters are moved. All of it is live: it can change between two epochs."""

    gradient: Gradient = "autograd"
    delta: Positive = 0.1
    """The finite difference's step, in parameter units."""
    optimizer: Optimizer = "sgd"
    momentum: Share = 0.0
    """Of sgd."""
    nesterov: bool = False
    """Of sgd with momentum."""
    weight_decay: Strength = 0.01
    """Of adamw."""
    lr: Positive = 0.01
    batch_size: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """Rows in an update; 0 for all. An epoch goes through all rows once, shuffled."""
    epochs: Annotated[int, Meta(ge=1, le=10**12)] | None = None
    """Where a headless run ends and the app pauses."""
    patience: Annotated[int, Meta(ge=0, le=10**12)] = 0
    """Early stopping: after so many epochs without a lower validation loss; 0 for off."""


class Penalty(Section, frozen=True):
    """What is added to the training loss as it is optimised; the losses told are without it."""

    l2: Strength = 0.0
    """Times the sum of the squares of the parameters."""
    l1: Strength = 0.0
    """Times the sum of their absolute values."""
    bias: bool = True
    """Whether biases are among them: the penalty then shrinks the intercept too."""


class InputNoise(Section, frozen=True):
    """Noise on the training inputs, drawn anew each epoch."""

    sigma: Strength = 0.0
    """Its deviation, in transformed units."""


class MoreData(Section, frozen=True):
    """Observations drawn in addition, for training."""

    rows: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    noise: Annotated[float, Meta(ge=0, le=1e300)] | None = None
    """The deviation of their targets, in the file's units.

    Where absent, the root of the mean squared residual of the least-squares line through the
    file's training rows.
    """
    seed: Seed = 0


class PlannedChange(Section, frozen=True):
    """Live settings to change before update `epoch`."""

    epoch: Annotated[int, Meta(ge=1, le=10**12)]
    set: dict[str, Any]
    """New values by dotted names, as in `training.lr`."""


class Recipe(Section, frozen=True):
    """All that a run depends on, but for the observations themselves."""

    title: str = ""
    commentary: str = ""
    watch: str = ""
    data: Data = Data()
    split: Split = Split()
    input: Input = Input()
    target: Target = Target()
    model: Model = Model()
    training: Training = Training()
    penalty: Penalty = Penalty()
    input_noise: InputNoise = InputNoise()
    more_data: MoreData = MoreData()
    changes: list[PlannedChange] = []
