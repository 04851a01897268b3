"""Delimited text: its rows, its layout, its columns of numbers, and what is decided about them."""
