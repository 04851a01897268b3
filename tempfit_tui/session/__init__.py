"""A run being lived: training for a budget, going back, and being seen."""

import tempfit_tui.training  # noqa: F401 - before torch: it silences a warning
