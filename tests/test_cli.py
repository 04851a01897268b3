"""The command line: what it offers, and one line for whatever a person got wrong."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tempfit_tui import __version__

TEMPFIT = [sys.executable, "-m", "tempfit_tui"]
ALL = (
    "finite-difference, raw, too-fast, scaled, autograd, underfit, overfit, penalty, more-data, "
    "noise, simpler, early-stop, split"
)
OUT_OF_RANGE = "is not in the range 1<=x<=1000000000000. (see tempfit-tui --help)"
OPTIONS = (
    *("--x", "--y", "--missing", "--decimal", "--set", "--start", "--speed", "--fps", "--ascii"),
    *("--version", "--help"),
)


def started(*arguments, **streams):
    return subprocess.Popen(
        [*TEMPFIT, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **streams,
    )


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_tells_the_app_s_options_and_the_commands(tempfit, flag):
    code, out, err = tempfit(flag)
    assert (code, err) == (0, "")
    assert out.startswith("Usage: tempfit-tui [OPTIONS] [RECIPE] | COMMAND\n")
    listed = [line.split()[0].rstrip(",") for line in out.splitlines() if line.startswith("  ")]
    assert [*OPTIONS[:-1], "-h", "recipes", "run"] == [
        name for name in listed if name.startswith("-") or name in ("run", "recipes")
    ]
    assert "[RECIPE]\n" not in out.partition("Options:")[2]


@pytest.mark.parametrize("command", ["run", "recipes", "runs", "replay", "export"])
def test_each_command_has_help(tempfit, command):
    code, out, _ = tempfit(command, "--help")
    assert code == 0
    assert out.startswith(f"Usage: tempfit-tui {command} [OPTIONS]")


def test_help_of_run_tells_its_options_and_exit_codes(tempfit):
    _, out, _ = tempfit("run", "--help")
    for option in ("--epochs", "--set", "--every", "--json", "--x", "--y"):
        assert option in out
    words = "1 when training diverged or was diverging at its end, 2 for bad input."
    assert f"Exits with 0 when done, {words}" in " ".join(out.split())


def test_the_version(tempfit):
    assert tempfit("--version") == (0, f"tempfit-tui, version {__version__}\n", "")


def test_the_bundled_recipes_are_listed(tempfit):
    code, out, err = tempfit("recipes")
    assert (code, err) == (0, "")
    assert out == (
        "finite-difference    A gradient by trying\n"
        "raw                  By hand, raw input\n"
        "too-fast             Too large a learning rate\n"
        "scaled               By hand, input times 0.1\n"
        "autograd             Autograd and SGD\n"
        "underfit             A line through a curve\n"
        "overfit              Too rich a model\n"
        "penalty              A penalty on large parameters\n"
        "more-data            More observations\n"
        "noise                Noise on the inputs\n"
        "simpler              A simpler model\n"
        "early-stop           Stopped at the best epoch\n"
        "split                Training and validation\n"
    )


@pytest.mark.parametrize(
    "arguments", [[], ["raw"], ["app"], ["--start"], ["split", "--speed", "full", "--fps", 5]]
)
def test_the_app_needs_a_terminal(tempfit, arguments):
    assert tempfit(*arguments) == (
        2,
        "",
        "tempfit-tui: the app needs a terminal; `tempfit-tui run` trains without one\n",
    )


SETTINGS = [
    ("training.lr", "--set training.lr: write it as section.key=value, as in training.lr=0.001"),
    ("training.lrr=1", "--set: training.lrr: unknown key; did you mean lr?"),
    ("training.lr=0", "--set: training.lr = 0: give a number above 0"),
    ("training.lr=nan", "--set: training.lr = nan: give a finite number"),
    ("training.lr=", "--set: training.lr = '': give a number above 0"),
    (
        f"training.lr={'9' * 5000}",
        f"--set: training.lr = '{'9' * 36}...: give a number above 0",
    ),
    (
        "training.optimizer=adamm",
        "--set: training.optimizer = 'adamm': give one of adagrad, adam, adamw, rmsprop, sgd; "
        "did you mean adam?",
    ),
    ("split.validation=[99]", "split.validation: there is no row 99; rows go from 0 to 10"),
    ("data.path=/", "/: this is a folder; name a CSV file in it"),
]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *((["split", "--set", setting], message) for setting, message in SETTINGS),
        (["splt"], "splt: no bundled recipe, and no file of that name; did you mean split?"),
        (["zzz"], f"zzz: no bundled recipe, and no file of that name; bundled are {ALL}"),
        (["no.toml"], "no.toml: No such file or directory; name a recipe that is there"),
        (
            ["no.csv"],
            "no.csv: can't be read (No such file or directory); check its name, folder and "
            "permissions",
        ),
        (
            ["split", "--x", "t_x"],
            "thermometer.csv: there is no column 't_x'; did you mean 't_u'?",
        ),
        (
            ["a\x1b[2J\nb"],
            f"a\\x1b[2J\\nb: no bundled recipe, and no file of that name; bundled are {ALL}",
        ),
        (
            ["split", "--epochs", "0"],
            f"Invalid value for '--epochs': 0 {OUT_OF_RANGE}",
        ),
        (
            ["split", "--every", "0"],
            f"Invalid value for '--every': 0 {OUT_OF_RANGE}",
        ),
        (
            ["split", "--epochs", f"1{'0' * 400}"],
            f"Invalid value for '--epochs': 1{'0' * 400} {OUT_OF_RANGE}",
        ),
        (
            ["split", "--epochs", "x"],
            "Invalid value for '--epochs': 'x' is not a valid integer range. "
            "(see tempfit-tui --help)",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tempfit, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert tempfit("run", *arguments) == (2, "", f"tempfit-tui: {message}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--nope"],
        ["run", "raw", "scaled"],
        ["run", "--json=3"],
        ["recipes", "raw"],
        ["--speed", "7"],
        ["--fps", "0"],
        ["--nope"],
        ["raw", "scaled"],
        ["run", "a" * 5000],
        ["run", "a" * 5000 + ".csv"],
        ["run", "raw", "a" * 30000],
        ["run", "\0"],
        ["run", "\udcff.csv"],
    ],
    ids=lambda arguments: " ".join(arguments)[:20].encode("unicode_escape").decode(),
)
def test_whatever_else_is_wrong_is_one_line_too(tempfit, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, out, err = tempfit(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("tempfit-tui: ")
    assert err.count("\n") == 1
    assert err[:-1].isprintable()
    assert len(err) < 1100


def test_a_file_s_markup_and_escapes_are_harmless_in_messages(tempfit, tmp_path):
    (tmp_path / "mine.csv").write_text("[red]a,\x1b]0;b\x07\n1,2\n3,[/]\x1b[2J\n")
    code, _, err = tempfit("run", tmp_path / "mine.csv")
    assert code == 2
    assert err == (
        "tempfit-tui: mine.csv, line 3: '[/]\\x1b[2J' in column \\x1b]0;b\\x07 is text, not a "
        "number; write a number such as 12.5, or empty the cell to leave its row out\n"
    )


MISSING_WAYS = (
    "give leave-out, refuse, or values that stand for missing ones, as in --missing=-200,-999"
)
ONCE = "only one column can be used for now; give it once"
CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("tab-thousands.csv", [], (198.717, 9786.62)),
        ("tab-thousands.csv", ["--decimal", "."], (198.717, 9786.62)),
        ("missing-cells.csv", [], (-0.168279, 41.2361)),
        ("sentinel-200.csv", ["--missing=-200"], (-2.640625, 72.578125)),
        ("sentinel-200.csv", ["--missing", "-200,-999"], (-2.640625, 72.578125)),
        ("sentinel-200.csv", ["--missing=-999", "--missing=-200"], (-2.640625, 72.578125)),
        ("sentinel-200.csv", ["--missing", "leave-out"], (-0.3399518, -7.0295425)),
    ],
)
def test_the_options_of_a_table_decide_what_is_trained_on(tempfit, name, options, line):
    everything = ["--set", "split.fraction=0", "--set", "target.transform=standardise"]
    code, out, _ = tempfit("run", CASES / name, *options, *everything, "--json", "--epochs", 3000)
    result = json.loads(out.splitlines()[-1])
    intercept, slope = sorted(result["raw_parameters"], key=lambda value: abs(value - line[1]))
    assert code == 0
    assert (slope, intercept) == pytest.approx(line, rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--missing", "refuse"],
         "missing-cells.csv, line 4: '?' in column hp stands for a missing value; write a number, "
         "or use --missing leave-out"),
        (["--missing", "none"], f"--missing none: {MISSING_WAYS}"),
        (["--missing", "refuse", "--missing=-200"], f"--missing refuse, -200: {MISSING_WAYS}"),
        (["--missing=nan"], f"--missing nan: {MISSING_WAYS}"),
        (["--decimal", ";"],
         "Invalid value for '--decimal': ';' is not one of 'auto', ',', '.'. (see tempfit-tui "
         "--help)"),
        (["--x", "hp", "--x", "mpg"], f"--x is given twice (hp, mpg): {ONCE}"),
        (["--y", "hp", "--y", "mpg"], f"--y is given twice (hp, mpg): {ONCE}"),
        (["--set", "data.missing=leave"],
         "--set: data.missing = 'leave': give a list of 0 to 100, each of it a number, or "
         "one of leave-out, refuse; did you mean leave-out?"),
        (["--set", "data.missing=['a']"], "--set: data.missing[0] = 'a': give a number"),
        (["--set", "data.decimal=;"], "--set: data.decimal = ';': give one of ',', '.', auto"),
    ],
)  # fmt: skip
def test_options_of_a_table_that_can_t_be_are_refused(tempfit, options, message):
    outcome = tempfit("run", CASES / "missing-cells.csv", *options)
    assert outcome == (2, "", f"tempfit-tui: {message}\n")


def test_a_csv_of_one_s_own_is_trained_on(tempfit, tmp_path):
    (tmp_path / "mine.csv").write_text("t;out;in\n1;2,5;1\n2;4,5;2\n3;6,5;3\n4;8,5;4\n")
    code, out, err = tempfit(
        "run", tmp_path / "mine.csv", "--x", "in", "--y", "out", "--epochs", 400
    )
    # out = 2 in + 0.5; 4 rows are too few for a fraction of 0.2 to validate.
    assert "out = 2.0000 in + 0.5000" in out.splitlines()
    assert out.splitlines()[1].split()[2] == "—"
    assert code == 0
    assert err.splitlines() == [
        "mine.csv: input x: in, target y: out",
        "mine.csv: not used: t",
        "mine.csv: the comma is the decimal sign in out: 2,5 is read as 2.5",
        "mine.csv: 4 rows are too few for a fraction of 0.2: none validates",
    ]


def test_a_real_process_has_no_traceback_and_exits_with_2():
    with started("run", "split", "--set", "training.lr=0") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err == "tempfit-tui: --set: training.lr = 0: give a number above 0\n"


def test_a_real_process_exits_with_1_when_training_diverged():
    with started("run", "too-fast", "--json") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(out.splitlines()) == 5
    assert err.startswith("tempfit-tui: diverged at epoch 11: lr 0.01 is above 0.0003399, ")
    assert err.count("\n") == 1


def test_whoever_has_read_enough_ends_it_quietly():
    with started("run", "split", "--json", "--every", "1", "--epochs", "100000000") as process:
        assert process.stdout.readline().startswith('{"type":"epoch","epoch":1,')
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 1


def test_ctrl_c_ends_it_with_one_line():
    with started("run", "split", "--json", "--epochs", "1000000000") as process:
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, "tempfit-tui: interrupted")


def test_an_output_that_can_t_be_written_is_told_in_one_line(tmp_path):
    with (tmp_path / "out").open("w") as file:
        # A file may hold no byte: what a full disk does to a process, on any system.
        done = subprocess.run(
            ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *TEMPFIT, "run", "split", "--epochs", "3"],
            stdout=file,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            text=True,
            timeout=60,
            check=False,
        )
    journal, output = done.stderr.splitlines()
    assert journal.endswith("runs are kept in memory only, until you quit")
    assert (done.returncode, output) == (2, "tempfit-tui: File too large")
