"""Watch a model learn, in a terminal."""

__version__ = "0.1.0"
