"""Runs taken away: as a script, a table of losses, a picture, a recipe."""
