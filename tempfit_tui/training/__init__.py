"""Torch: data, models, gradients, optimizers and the run. No files, processes or clocks."""
