"""Command lines to fuzz with."""

from itertools import chain

from fuzz_journals import small_journal
from fuzzing import Case, called, check_told
from hypothesis import strategies as st

from tempfit_tui.journal.journal import FILE

WORDS = st.sampled_from(
    ["run", "recipes", "runs", "replay", "export", "app", "last", "split", "overfit", "too-fast",
     "splt", "mine.csv", "mine.toml", "no.csv", "bad.toml", "--json", "--json=1", "--x", "--y",
     "t_u", "t_c", "--set", "training.lr=0.1", "training.lr=nan", "training.lr", "=", "a.b.c=1",
     "model.kind=mlp", "split.validation=[99]", "changes=[]", "data.path=mine.csv", "--every",
     "--epochs", "0", "-1", "3", "1e3", "1" + "0" * 400, "٣", "--to", "script", "csv", "svg",
     "recipe", "png", "--out", "out.txt", ".", "--start", "--speed", "full", "7", "--fps",
     "--ascii", "--help", "--version", "-h", "--", "-", "", "\0", "\udcff", "\x1b[2J", "a" * 5000,
     "deadbeef"]
)  # fmt: skip
# Nothing outside of the folder is written to, and no run is long.
HARMLESS = st.text(max_size=6).filter(lambda word: not set(word) & set("/.") and not _long(word))
ODD_WORDS = st.lists(WORDS | HARMLESS, max_size=2)
COMMANDS = st.sampled_from(
    [
        ["run", "split"],
        ["run", "mine.csv"],
        ["run", "mine.toml"],
        ["runs"],
        ["replay", "last"],
        ["export", "last", "--to", "csv"],
        ["export", "last", "--to", "script"],
        ["recipes"],
        ["run"],
        [],
    ]
)
OPTIONS = st.sampled_from(
    [["--json"], ["--every", "1"], ["--epochs", "3"], ["--out", "out.txt"], ["--x", "t_c"],
     ["--set", "training.lr=0.1"], ["--set", "model.kind=mlp"], ["--set", "training.lr=1e9"],
     ["--set", "input.transform=standardise"], ["--set", "split.validation=[1]"], ["--y", "t_u"]]
)  # fmt: skip
MINE = {
    "mine.csv": b"t_u,t_c\n" + b"".join(b"%d,%d\n" % (row, 2 * row) for row in range(9)),
    "mine.toml": b"[training]\nlr = 0.001\n",
    "bad.toml": b"[training]\nlr = 0\n",
}


def _long(word):
    return word.strip().lstrip("+").isdecimal() and len(word.strip()) > 2


@st.composite
def line_cases(draw):
    likely = draw(COMMANDS)
    words = [*likely, *chain(*draw(st.lists(OPTIONS | OPTIONS | ODD_WORDS, max_size=4)))]
    files = dict(MINE)
    if not {"replay", "export", "runs"}.isdisjoint(words):
        files[FILE] = small_journal()[FILE]
    # Where a run isn't given an end it is a long one.
    return Case(files, [words[0], "--epochs", "2", *words[1:]] if words[:1] == ["run"] else words)


def check_command(case, folder):
    """Call a command line."""
    return check_told(called(case.arguments, folder))
