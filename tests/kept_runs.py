"""Whether a journal is whole: no run lost, all of them readable, each the same trained again."""

from tempfit_tui.journal.journal import opened
from tempfit_tui.session.past import losses_of
from tempfit_tui.session.replaying import replay

REPLAYED_EPOCHS = 300_000
"""So many epochs are trained again, of as many runs as that is."""


def kept(home):
    """Return the runs that the journal has."""
    journal = opened(home)
    try:
        return journal.read.summaries()
    finally:
        journal.close()


def check_journal(home, seen, deleted, rng):
    """Find every run `seen` in the journal, read all there are, and train some of them again.

    `seen` are epochs by run, what is `deleted` apart. Return what there was.
    """
    journal = opened(home)
    runs = {run.id: run for run in journal.read.summaries()}
    assert journal.read.count() == len(runs), "some runs are damaged"
    assert not runs.keys() & deleted, "a deleted run is back"
    for run, epochs in seen.items():
        assert run in runs or run in deleted, f"run {run} is lost"
        assert run in deleted or runs[run].epochs >= epochs, f"run {run} has lost epochs"
    assert {run.state for run in runs.values()} <= {"left"}
    for run in runs.values():
        kept = journal.read.losses(run.id, run.epochs)
        assert len(losses_of(kept.train)) == run.epochs
        assert all(journal.read.states(run.id, run.epochs))
    left, replayed = REPLAYED_EPOCHS, 0
    for run in rng.sample(sorted(runs), len(runs)):
        if runs[run].epochs <= left:
            assert replay(journal.read, run).differs_at is None, f"run {run} replays otherwise"
            left, replayed = left - runs[run].epochs, replayed + 1
    journal.close()
    return {
        "runs": len(runs),
        "runs deleted": len(deleted),
        "runs replayed": replayed,
        "epochs replayed": REPLAYED_EPOCHS - left,
        "branches": sum(run.parent is not None for run in runs.values()),
        "longest run": max((run.epochs for run in runs.values()), default=0),
    }
