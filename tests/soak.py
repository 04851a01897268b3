"""The real program at full speed for long: memory, rate, descriptors and threads, tenth by tenth.

`python tests/soak.py --minutes 30`. A few keys are pressed at the beginning of each minute, but for
the fourth quarter, which nobody touches. Linux only: it looks into /proc.
"""

import argparse
import statistics
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

import proc
from terminal import Terminal, children_of

PROGRAM = (
    *("split", "--start", "--speed", "full"),
    *("--set", "training.gradient=analytic", "--set", "training.epochs=1000000000"),
)
SAMPLE_SECONDS = 10.0
KEY_SECONDS = 1.0
"""From one key to the next."""
ROUNDS = (
    # Each of them leaves it training, at the same learning rate.
    ("l", "l", "z", "z", "z", "s", "s"),
    ("+", "-"),
    ("[", "[", "escape", "space"),
    ("space", "space", "4", "4", "3", "?", "escape"),
    ("u", "escape", "space"),
)
FLAT = 1.1
"""Memory may be so many times what it was, and the rate so many times less."""
TENTHS = 10
RATE = "epochs a second of the engine's processor"


def sample(terminal, engine, home, before):
    """Return what there is now, by name, and what it was measured from; read till the next."""
    app, (at, epoch, used, written) = terminal.pid, before
    now, reached, output = time.monotonic(), terminal.epoch, len(terminal.output)
    processor = proc.processor_seconds(engine)
    journal = sum(file.stat().st_size for file in home.glob("journal.db*"))
    seen = {
        "app: MB": proc.megabytes(app),
        "engine: MB": proc.megabytes(engine),
        "app: descriptors": proc.descriptors(app),
        "engine: descriptors": proc.descriptors(engine),
        "app: threads": proc.threads(app),
        "engine: threads": proc.threads(engine),
        "epochs/s": (reached - epoch) / (now - at),
        # However busy the machine is with other things.
        RATE: (reached - epoch) / max(0.01, processor - used),
        "KB/s to the terminal": (output - written) / (now - at) / 1000,
        "journal: MB": journal / 2**20,
    }
    return seen, (now, reached, processor, output)


def soaked(terminal, home, seconds):
    """Return a sample for every stretch of so many seconds."""
    terminal.wait_for(lambda: (terminal.epoch or 0) > 1000)
    (engine,) = children_of(terminal.pid)
    began, samples = time.monotonic(), []
    keys = _keys(began, seconds)
    before = began, terminal.epoch, proc.processor_seconds(engine), len(terminal.output)
    while (passed := time.monotonic() - began) < seconds:
        next_sample = began + (len(samples) + 1) * SAMPLE_SECONDS
        while time.monotonic() < next_sample:
            if key := next(keys):
                terminal.press(key)
            terminal.reads_for(min(KEY_SECONDS, max(0.0, next_sample - time.monotonic())))
        terminal.wait_for(lambda: terminal.epoch is not None)
        seen, before = sample(terminal, engine, home, before)
        samples.append(seen)
        told = f"{passed / 60:.1f} of {seconds / 60:.0f} min, {terminal.epoch:,} epochs"
        print(f"\r{told:<60}", end="", file=sys.stderr, flush=True)
    print(f"\r{'':<60}\r", end="", file=sys.stderr, flush=True)
    terminal.press("q")
    assert terminal.ended() == 0
    return samples


def _keys(began, seconds):
    """Yield the key to press now, if any: a round of them at the beginning of each minute."""
    rounds, minute = cycle(ROUNDS), -1
    while True:
        passed = time.monotonic() - began
        touched = passed < 0.75 * seconds
        if touched and passed // 60 > minute:
            minute = passed // 60
            yield from next(rounds)
        yield None


def table(samples):
    """Print each figure's least, median and greatest by tenth of the time."""
    tenths = [tenth(samples, number) for number in range(TENTHS)]
    heads = [f"{number * 10}-{number * 10 + 10} %" for number in range(TENTHS)]
    print(f"| min / median / max | {' | '.join(heads)} |\n|---{'|---:' * TENTHS}|")
    for name in samples[0]:
        cells = [_cell([seen[name] for seen in part]) for part in tenths]
        print(f"| {name} | {' | '.join(cells)} |")


def tenth(samples, number):
    size = len(samples) / TENTHS
    return samples[int(number * size) : max(int(number * size) + 1, int((number + 1) * size))]


def _cell(values):
    return " / ".join(f"{f(values):,.4g}" for f in (min, statistics.median, max))


def verdict(samples):
    """Print what is as it should be; return whether all is."""
    second, last = tenth(samples, 1), tenth(samples, TENTHS - 1)
    sound = True
    for name in ("app: MB", "engine: MB", RATE):
        then, now = (statistics.median(seen[name] for seen in part) for part in (second, last))
        flat = now / then <= FLAT if name.endswith("MB") else now / then >= 1 / FLAT
        print(f"- {name}, last tenth / second: {now / then:.3f}: {'flat' if flat else 'NOT FLAT'}")
        sound &= flat
    first_minute = samples[: max(1, round(60 / SAMPLE_SECONDS))][-1]
    for name in first_minute:
        if name.endswith(("descriptors", "threads")):
            then, now = first_minute[name], samples[-1][name]
            kept = now <= then
            told = f"at the end / after a minute: {now} / {then}: {'no more' if kept else 'MORE'}"
            print(f"- {name}, {told}")
            sound &= kept
    return sound


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    given = parser.parse_args()
    if not proc.PROC.is_dir():
        print("it looks into /proc, which only Linux has", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Terminal(*PROGRAM, home=folder) as terminal,
    ):
        samples = soaked(terminal, Path(folder), 60 * given.minutes)
    print(f"`python tests/soak.py --minutes {given.minutes:g}`\n")
    table(samples)
    print()
    return 0 if verdict(samples) else 1


if __name__ == "__main__":
    sys.exit(main())
