"""Where the app keeps what it keeps."""

import os
from pathlib import Path


def home() -> Path:
    """Return the folder of the journal and the log: TEMPFIT_HOME, else the user's data folder."""
    if named := os.environ.get("TEMPFIT_HOME"):
        return Path(named)
    import platformdirs  # noqa: PLC0415 - not for the first frame

    return platformdirs.user_data_path("tempfit-tui")
