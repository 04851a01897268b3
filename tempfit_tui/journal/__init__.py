"""The journal: every run kept, in SQLite. Losses and checkpoints are bytes here."""
