"""The charts: widgets that draw what they are given, and the arithmetic under them."""
