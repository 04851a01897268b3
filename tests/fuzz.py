"""Feed CSV files, recipes, command lines and journals of every kind, most of them damaged.

`python tests/fuzz.py --inputs 100000 --seed 1`. Each is read right or refused in one line; what
must hold of each kind is in `fuzz_*.py`. One in a thousand goes through a process of its own.
"""

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

from fuzz_journals import check_journal, journal_cases
from fuzz_lines import check_command, line_cases
from fuzz_recipes import check_recipe, recipe_cases
from fuzz_tables import check_table, table_cases
from fuzzing import SECONDS, Case, Told, bounded, check_told, put
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

BATCH = 500
"""So many inputs have a seed of their own, to be tried again by themselves."""


class Kind(NamedTuple):
    """A kind of input."""

    cases: SearchStrategy
    check: Callable[[Case, Path], str]
    """(case, folder) -> what it came to; fails where that is wrong."""
    share: float
    """Of all inputs."""


KINDS = {
    "csv": Kind(table_cases(), check_table, 0.5),
    "recipe": Kind(recipe_cases(), check_recipe, 0.25),
    "command line": Kind(line_cases(), check_command, 0.15),
    "journal": Kind(journal_cases(), check_journal, 0.1),
}


def tried(kind, case):
    """Try a case in a folder of its own, within bounds; return what it came to."""
    with TemporaryDirectory() as name:
        put(case.files, Path(name))
        with bounded():
            return KINDS[kind].check(case, Path(name))


def really_tried(case):
    """Call a case's command line in a process of its own; return what it came to."""
    with TemporaryDirectory() as name:
        put(case.files, Path(name))
        done = subprocess.run(
            [sys.executable, "-m", "tempfit_tui", *case.arguments],
            cwd=name,
            env={**os.environ, "TEMPFIT_HOME": name},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        return check_told(Told(done.returncode, out, err))


def batch(kind, count, number, outcomes, *, real=False):
    """Try so many inputs of a kind, the same ones for the same number; count what they came to.

    One of them is tried in a process of its own as well where it is `real`.
    """

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind].cases)
    def one(case):
        outcomes[kind, tried(kind, case)] += 1
        trials[0] += 1
        if real and trials == [count // 2]:
            outcomes[kind, f"in a process of its own: {really_tried(case)}"] += 1

    trials = [0]
    one()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, help="This kind alone.")
    options = parser.parse_args()
    began, outcomes = time.monotonic(), Counter()
    shares = {options.kind: 1.0} if options.kind else {name: k.share for name, k in KINDS.items()}
    try:
        for kind, share in shares.items():
            wanted = round(options.inputs * share)
            for number, done in enumerate(range(0, wanted, BATCH)):
                at = options.seed + number
                print(f"\r{kind}: {done:,} of {wanted:,}   ", end="", file=sys.stderr, flush=True)
                try:
                    batch(kind, min(BATCH, wanted - done), at, outcomes, real=number % 2 == 0)
                except BaseException:
                    again = f"--kind '{kind}' --seed {at} --inputs {BATCH}"
                    print(f"\nFAILED; to see it again: python tests/fuzz.py {again}")
                    raise
    finally:
        tell(outcomes, time.monotonic() - began)


def tell(outcomes, seconds):
    """Print how many inputs of each kind came to what."""
    print(f"\r{outcomes.total():,} inputs in {seconds:.0f} s")
    for kind in KINDS:
        for (of, outcome), count in sorted(outcomes.items()):
            if of == kind:
                print(f"{kind:>14}  {count:>7,}  {outcome}")


if __name__ == "__main__":
    main()
