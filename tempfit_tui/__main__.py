"""`python -m tempfit_tui` is `tempfit-tui`."""

from tempfit_tui.cli import main

main()
