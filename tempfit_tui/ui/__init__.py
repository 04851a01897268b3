"""The Textual app. It never imports torch: training is behind the engine's door."""
