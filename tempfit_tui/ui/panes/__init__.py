"""The panes and bars of the main screen. They announce; the screen decides."""
