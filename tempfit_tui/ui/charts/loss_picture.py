"""What the loss chart is given to show."""

from typing import NamedTuple

from tempfit_tui.frame import Change, Curve

NO_CURVE = Curve()


class Looked(NamedTuple):
    """An epoch looked back on, with its losses."""

    epoch: int
    train_loss: float | None
    val_loss: float | None


class Foreseen(NamedTuple):
    """How the losses will go on."""

    epochs: list[int]
    train: list[float]
    val: list[float]
    """Empty without validation rows."""
    settles_at: int | None
    """Where the training loss comes within 1 % of where it ends."""


class LossPicture(NamedTuple):
    """All that the loss chart shows; losses in the file's units squared."""

    train: Curve
    val: Curve
    changes: list[Change]
    best: tuple[int, float] | None
    """The epoch of the least validation loss, and that loss."""
    floor: float | None
    """The training loss that no line can get below."""
    log: bool
    """Whether losses are on a log axis."""
    first_epoch: int
    last_epoch: int
    """The window shown, both ends included."""
    ghost: Curve = NO_CURVE
    """The validation loss of the run without the last remedy."""
    ghost_epoch: int = 0
    """The epoch that run is at."""
    ghost_label: str = ""
    looked_at: Looked | None = None
    """The epoch looked back on."""
    cursor: Looked | None = None
    """An epoch whose exact losses are read off."""
    foreseen: Foreseen | None = None
    """How the losses will go on."""
    computed: list[tuple[int, int]] = []
    """The stretches, both ends included, that were computed and not trained."""
    axis_end: int = 0
    """How far the epochs' axis goes, where that is beyond the last."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no loss to draw yet."""
        return not (self.train.epochs or self.val.epochs)
