"""What is looked at of an epoch beside its losses; what isn't in sight costs nothing."""

from collections.abc import Callable
from typing import NamedTuple

from tempfit_tui.frame import View
from tempfit_tui.insight import Landscape, Lens
from tempfit_tui.session.surveying import Surveyor
from tempfit_tui.session.work import Pieces, Turn, Work
from tempfit_tui.training.checkpoint import State
from tempfit_tui.training.lens import taken_apart
from tempfit_tui.training.moment import LastStep
from tempfit_tui.training.run import Run


class Look(NamedTuple):
    """What there is to be seen."""

    lens: Lens | None = None
    landscape: Landscape | None = None
    unfinished: bool = False
    """Whether it is still of another epoch, or not all there yet."""


class _Taken(NamedTuple):
    of: LastStep | None
    lens: Lens


class Looker:
    """Looks at one run; `kept` returns the latest state that the journal has up to an epoch."""

    def __init__(self, kept: Callable[[int], State | None]) -> None:
        self._lens: Work[_Taken] = Work()
        self._surveyor = Surveyor(kept)
        self.loss_at = self._surveyor.loss_at

    def look(self, shown: Run, run: Run, view: View, turn: Turn) -> Look:
        """Return what `view` asks for of `shown`, which is `run` or was, after a turn of work."""
        match view.tab:
            case "lens":
                whole = self._lens.go_on(
                    lambda taken: taken.of is shown.last_step, lambda: _taken(shown), turn
                )
                taken = self._lens.done
                return Look(lens=taken.lens if taken else None, unfinished=not whole)
            case "landscape":
                landscape, whole = self._surveyor.survey(shown, run, view, turn)
                return Look(landscape=landscape, unfinished=not whole)
            case _:
                return Look()


def _taken(run: Run) -> Pieces[_Taken]:
    of = run.last_step
    for lens in taken_apart(run):
        yield None if lens is None else _Taken(of, lens)
