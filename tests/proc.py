"""What a process holds, from /proc: Linux only."""

import os
from pathlib import Path

PROC = Path("/proc")


def descriptors(process="self"):
    """Return how many files a process has open; 0 where that can't be told."""
    return _count(process, "fd")


def threads(process="self"):
    """Return how many threads a process has; 0 where that can't be told."""
    return _count(process, "task")


def megabytes(process, kind="Rss"):
    """Return a process's memory: `Rss`, or `Pss` with its share of what others have too."""
    for line in (PROC / str(process) / "smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"no {kind} of process {process}")


def processor_seconds(process):
    """Return how long a process has had a processor."""
    fields = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    user, system = map(int, fields[11:13])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def _count(process, what):
    folder = PROC / str(process) / what
    return len([*folder.iterdir()]) if folder.is_dir() else 0
