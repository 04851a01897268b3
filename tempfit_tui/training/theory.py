"""What is known without training, in float64: eigenvalues."""

import torch

from tempfit_tui.training.data import Dataset
from tempfit_tui.training.models import Model


def hessian_eigenvalues(data: Dataset, model: Model) -> tuple[float, float] | None:
    """Return the least and the largest eigenvalue of the mean squared error's Hessian.

    Where the model is linear in its parameters the Hessian is (2 / n) X'X, with a row of X for
    each observation: its inputs to the parameters, as in (x, 1). It is the same at all parameters.
    None for other models, and where its numbers are too large.
    """
    design = model.design(data.exact.x)
    if design is None:
        return None
    hessian = 2 / len(design) * design.T @ design
    if not bool(hessian.isfinite().all()):
        return None
    least, *_, largest = torch.linalg.eigvalsh(hessian).tolist()
    return max(least, 0.0), largest
