"""The program: the `tempfit-tui` script and `python -m tempfit_tui` both begin here."""

from tempfit_tui.signals import end_at_once

# Before the rest is imported: while it is, a signal would end in a traceback.
end_at_once()

from tempfit_tui.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
