"""The least that a Textual app can be: one line of text."""

from textual.app import App
from textual.widgets import Static


class BareApp(App):
    """Shows a word."""

    def compose(self):
        yield Static("bare")


if __name__ == "__main__":
    BareApp().run()
