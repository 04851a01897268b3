"""The Textual app. It never imports torch: training is behind the engine's door."""

import os

# Textual looks for something to draw so many times a second, and reads it when first imported. A
# key is mostly shown by the second look; of looks that find nothing there are none.
os.environ.setdefault("TEXTUAL_FPS", "250")
