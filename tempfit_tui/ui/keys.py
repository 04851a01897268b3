"""The keys, in one table: bindings, footer, help, palette and README all come from it."""

from typing import NamedTuple

from textual.binding import Binding


class Key(NamedTuple):
    """A key of the main screen."""

    key: str
    """By Textual's name."""
    shown: str
    """As a person reads it."""
    action: str
    words: str
    """What it does, as in help and palette."""
    footer: str = ""
    """In the footer, where it is shown at all."""


KEYS = (
    Key("space", "space", "pause", "start or pause training", "train"),
    Key("n", "n", "step", "train one epoch", "step"),
    Key("plus,equals_sign", "+", "faster_learning", "raise the learning rate, x10^(1/4)", "lr up"),
    Key("minus", "-", "slower_learning", "lower the learning rate", "lr down"),
    Key("greater_than_sign", ">", "speed_up", "train more epochs a second", "speed"),
    Key("less_than_sign", "<", "speed_down", "train fewer epochs a second"),
    Key("r", "r", "reset", "back to the start: the same first weights", "reset"),
    Key("R", "R", "new_seed", "other first weights, and start anew"),
    Key("p", "p", "new_split", "draw other validation rows, and start anew", "new split"),
    Key("l", "l", "log_axis", "loss on a logarithmic or a linear axis", "log"),
    Key("s", "s", "smooth", "smooth the loss curves, or not", "smooth"),
    Key("z", "z", "window", "all epochs, the last 1,000 or the last 100", "window"),
    Key("w", "w", "best", "back to the best weights", "best"),
    Key("left_square_bracket", "[", "scrub(-1)", "look back, a column of the loss chart", "back"),
    Key("right_square_bracket", "]", "scrub(1)", "a column later again", "forth"),
    Key("left_curly_bracket", "{", "scrub_one(-1)", "look one epoch back"),
    Key("right_curly_bracket", "}", "scrub_one(1)", "one epoch later again"),
    Key("escape", "Esc", "present", "back to the present, or out of a dialog", "present"),
    Key("b", "b", "branch", "begin another run at the epoch shown", "branch"),
    Key("g", "g", "ghost", "show the run without the last change, or not", "ghost"),
    Key("f", "f", "forecast", "forecast the rest in closed form, or not", "forecast"),
    Key("1", "1", "pane('dataset')", "go to the dataset"),
    Key("2", "2", "pane('hyperparameters')", "go to the hyperparameters", "settings"),
    Key("3", "3", "pane('loss')", "go to the loss chart"),
    Key("4", "4", "pane('fit')", "go to the fit; once more: its next tab", "next tab"),
    Key("enter", "Enter", "remedy", "what can be done about the verdict", "remedies"),
    Key("o", "o", "recipes", "open another recipe", "recipes"),
    Key("u", "u", "runs", "all runs: compare, open, delete", "runs"),
    Key("x", "x", "experiments", "experiments: find a learning rate", "experiments"),
    Key("e", "e", "export", "export: script, losses, picture, recipe", "export"),
    Key("question_mark", "?", "help", "show the keys", "help"),
    Key("ctrl+z", "ctrl+z", "app.suspend_process", "suspend; fg in the shell continues"),
    Key("q", "q", "leave", "quit", "quit"),
)
"""Tab and the arrows are the widgets' own; ctrl+p is Textual's."""

FOOTERS = {
    "dataset": "space n p + - r o u e 2 > ? q",
    "hyperparameters": "space n + - r o u e > ? q",
    "loss": "space n + - [ o u e r 2 x f w l z s > ? q",
    "fit": "space n + - 4 [ o u e r 2 x f > ? q",
    "past": "[ ] b Esc 4 z l u e ? q",
}
"""The keys that matter in each pane; the first of them have a place on a narrow screen."""


def bindings() -> list[Binding]:
    """Return the table as Textual's bindings."""
    return [Binding(key.key, key.action, key.words, show=False) for key in KEYS]


def footer_keys(pane: str) -> list[Key]:
    """Return the keys of the footer while `pane` has the focus, the most useful first."""
    by_name = {key.shown: key for key in KEYS}
    return [by_name[name] for name in FOOTERS[pane].split()]


def keys_table() -> str:
    """Return the table in Markdown, as it stands in the README."""
    rows = [f"| `{key.shown}` | {key.words} |" for key in KEYS]
    return "\n".join(
        [
            "| key | does |",
            "|---|---|",
            *rows,
            "| `Tab` | next pane |",
            "| `ctrl+p` | all commands by name |",
        ]
    )
