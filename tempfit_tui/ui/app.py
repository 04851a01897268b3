"""The app: theme, colours and the main screen; the screen composes and routes."""

from collections.abc import Awaitable, Callable, Iterable

from textual.app import App, SystemCommand
from textual.command import CommandPalette
from textual.screen import Screen
from textual.theme import ThemeProvider

from tempfit_tui.catalogue import Opened
from tempfit_tui.engine.protocol import Engine
from tempfit_tui.ui.keys import KEYS
from tempfit_tui.ui.options import Options
from tempfit_tui.ui.output.driver import TerminalDriver
from tempfit_tui.ui.palette import DARK, LIGHT
from tempfit_tui.ui.screens.commands import CommandsScreen
from tempfit_tui.ui.screens.main import MainScreen


class TempfitApp(App[None]):
    """Watch a model learn: one main screen over one engine."""

    TITLE = "tempfit"
    CSS_PATH = "app.tcss"
    # Panes are drawn anew too often to select text in, and Textual fails where the mouse goes down
    # on what has just gone.
    ALLOW_SELECT = False

    def __init__(self, opened: Opened, engine: Engine, options: Options) -> None:
        super().__init__(driver_class=TerminalDriver)
        self.theme = "tokyo-night"
        self.animation_level = "none"  # what moves by itself is sent again and again
        self._engine = engine
        self.main = MainScreen(opened, engine, options)

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        return self.main

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours of training and validation, as `$train` and `$validation`."""
        palette = DARK if self.current_theme.dark else LIGHT
        return {"train": palette.train, "validation": palette.validation}

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return Textual's commands and every key's."""
        yield from super().get_system_commands(screen)
        if screen is self.main:
            for key in KEYS:
                words = f"{key.words} ({key.shown})"
                yield SystemCommand(words[0].upper() + words[1:], "", self._doing(key.action))

    def action_command_palette(self) -> None:
        """Show all commands by name."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandsScreen(id="--command-palette"))

    def action_suspend_process(self) -> None:
        """Suspend the app, as ctrl+z does on every screen; `fg` in the shell continues it."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.suspend()

    def restore_terminal(self) -> None:
        """Restore the terminal without waiting for it, when the process is about to be ended."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.restore()

    def search_themes(self) -> None:
        """Show all themes by name."""
        words = "Search for themes…"
        self.push_screen(CommandsScreen(providers=[ThemeProvider], placeholder=words))

    def _doing(self, action: str) -> Callable[[], Awaitable[None]]:
        async def do() -> None:
            await self.run_action(action, self.main)

        return do

    async def on_unmount(self) -> None:
        """End the engine with the app; a run that it was torn from counts as cut off."""
        await self._engine.close(left=not self.return_code)
