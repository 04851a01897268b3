"""Output in encodings that lack signs: plain signs, no traceback, and valid JSON."""

import io
import json
import os
import subprocess
import sys

import pytest

from tempfit_tui.cli import main
from tempfit_tui.json_lines import json_line
from tempfit_tui.streams import encodes, use_plain_signs

ENCODINGS = ["ascii", "latin-1", "cp437", "cp1252", "utf-8"]
CHINESE = "\N{CJK UNIFIED IDEOGRAPH-6807}"


@pytest.fixture
def streams(monkeypatch):
    """Return standard output and error in an encoding, as the program has them."""

    def opened(encoding):
        made = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        monkeypatch.setattr(sys, "stdout", made[0])
        monkeypatch.setattr(sys, "stderr", made[1])
        return made

    return opened


def written(stream):
    stream.flush()
    return stream.buffer.getvalue()


@pytest.fixture
def told(streams, exit_code):
    """Run a command line in an encoding; return its exit code and what it wrote, decoded."""

    def run(encoding, *arguments):
        made = streams(encoding)
        code = exit_code(*arguments)
        return code, *(written(stream).decode(encoding) for stream in made)

    return run


@pytest.mark.parametrize(
    ("encoding", "plain"),
    [
        ("ascii", 'a - b -> ... "q" x ^2 deg \\xe9 \\u6807 \\udcff'),
        ("latin-1", 'a - b -> ... "q" × ² ° é \\u6807 \\udcff'),
        ("cp437", 'a - b -> ... "q" x ² ° é \\u6807 \\udcff'),
        ("cp1252", "a — b -> … “q” × ² ° é \\u6807 \\udcff"),
        ("utf-8", f"a — b → … “q” × ² ° é {CHINESE} \\udcff"),
    ],
)
def test_what_an_encoding_lacks_is_written_in_plain_signs(streams, encoding, plain):
    made = streams(encoding)
    use_plain_signs()
    for stream in made:
        stream.write(f"a — b → … “q” × ² ° é {CHINESE} \udcff")
        assert written(stream).decode(encoding) == plain


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_command_writes_in_any_encoding(told, encoding, tmp_path):
    rows = "".join(f"{x},{2 * x + 0.5}\n" for x in range(1, 5))
    (tmp_path / f"{CHINESE}é.csv").write_text(f"in — {CHINESE},out\n{rows}")
    code, out, err = told(encoding, "run", tmp_path / f"{CHINESE}é.csv", "--epochs", 3)
    dash = "—" if encoding in ("utf-8", "cp1252") else "-"
    named = CHINESE if encoding == "utf-8" else r"\u6807"
    assert code == 0
    assert err.splitlines()[0].endswith(f"input x: in {dash} {named}, target y: out")
    # Too few rows to validate: a dash in the table.
    assert [line.split()[2] for line in out.splitlines()[1:4]] == [dash] * 3
    code, out, _ = told(encoding, "runs")
    assert (code, out.split()[-1]) == (0, dash)
    code, out, _ = told(encoding, "runs", "--json")
    assert (code, json.loads(out)["name"]) == (0, f"{CHINESE}é.csv")
    for arguments in (["recipes"], ["replay", "last"], ["--help"], ["--version"]):
        assert told(encoding, *arguments)[0] == 0
    code, out, err = told(encoding, "run", f"no — {CHINESE}")
    assert (code, out) == (2, "")
    assert err.startswith("tempfit-tui: no ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind", ["script", "csv", "recipe"])
def test_an_export_is_utf_8_in_any_encoding(told, streams, kind, tmp_path):
    (tmp_path / "é.csv").write_text("é,ü\n1,2\n2,4.5\n3,6\n4,8\n")
    assert told("latin-1", "run", tmp_path / "é.csv", "--epochs", 2)[0] == 0
    assert told("latin-1", "export", "last", "--to", kind, "--out", tmp_path / "out")[0] == 0
    in_file = (tmp_path / "out").read_bytes()
    made = streams("latin-1")
    sys.argv[1:] = ["export", "last", "--to", kind]
    main()
    if kind != "recipe":  # which names its table from where it is
        assert written(made[0]) == in_file
    assert ("é" in in_file.decode()) == (kind != "csv")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_a_real_process_writes_no_traceback(encoding):
    done = subprocess.run(
        [sys.executable, "-m", "tempfit_tui", "run", "a — b"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"tempfit-tui: a - b: no bundled recipe")
    assert done.stderr.count(b"\n") == 1


def test_json_is_ascii_and_reads_back():
    value = {"name": f"— é {CHINESE} \N{GRINNING FACE} \u2028", "loss": 1.5, "none": float("nan")}
    line = json_line(value)
    assert line.isascii()
    assert json.loads(line) == {**value, "none": None}


def test_whether_the_terminal_has_signs_is_told(streams):
    for encoding, known in [("ascii", False), ("cp437", False), ("utf-8", True)]:
        streams(encoding)
        use_plain_signs()
        assert encodes("╭─●⣿") is known
