"""The signs on the screen, and what stands for them where only ASCII can be shown."""

_ASCII = str.maketrans(
    {
        "●": "o", "◆": "x", "↻": "@", "−": "-", "‹": "<", "›": ">", "▰": "#", "▱": ".",
        "·": "|", "→": ">", "▶": ">", "‖": "=", "■": "#", "✖": "!", "×": "x", "∂": "d",
        "—": "-", "…": "~", "²": "^2", "°": " ", "–": "-",
    }
)  # fmt: skip


class Glyphs:
    """Writes text as the terminal can show it."""

    def __init__(self, ascii_only: bool) -> None:
        self.ascii_only = ascii_only

    def __call__(self, text: str) -> str:
        """Return `text`, in ASCII if that is all there is."""
        if not self.ascii_only:
            return text
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
