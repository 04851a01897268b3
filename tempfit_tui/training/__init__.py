"""Torch: data, models, gradients, optimizers and the run. No files, processes or clocks."""

import warnings

# torch does without NumPy, and so does all that is here.
warnings.filterwarnings("ignore", "Failed to initialize NumPy")
