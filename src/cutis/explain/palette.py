"""Colours and marks of classes: told apart by colour-blind eyes, on white and black, and in grey by shape.

The eight colours of each theme were searched for the largest smallest difference as people with normal sight,
protanopia and deuteranopia see them (Machado et al. 2009), with a contrast of at least 3:1 with the ground.
"""

from __future__ import annotations

LIGHT = ("#0077ee", "#997722", "#cc1177", "#006633", "#1199aa", "#880000", "#772299", "#cc7777")
DARK = ("#4488bb", "#eedd55", "#dd3355", "#66ee99", "#22eeff", "#dd7722", "#6666dd", "#dd99bb")
# Seven shapes against eight colours: 56 classes before a pair comes again.
MARKS = ("circle", "square", "triangle", "diamond", "cross", "down", "plus")
MATPLOTLIB_MARKS = {
    "circle": "o",
    "square": "s",
    "triangle": "^",
    "diamond": "D",
    "cross": "X",
    "down": "v",
    "plus": "P",
}
UNKNOWN = ("#5a6769", "#9aa7a9")  # no label: quiet text of the light and the dark theme


def style(number: int) -> dict[str, str]:
    """Colours and mark of the class of that number."""
    place = number % len(LIGHT)
    return {"light": LIGHT[place], "dark": DARK[place], "mark": MARKS[number % len(MARKS)]}
