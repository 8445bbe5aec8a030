"""The colours of a page: for light and for dark, told apart with any kind of colour vision.

The hues follow Okabe and Ito (2008), darker on light ground and lighter on dark ground. Figures are drawn in the
light ones; the page swaps each for its partner where the reader prefers dark.
"""

from __future__ import annotations

INK = "#1b1f24"
QUIET = "#6a7280"
GRID = "#dcdfe4"
SURFACE = "#fefefe"
HUES = ("#0072b2", "#d55e00", "#008a64", "#b0548a", "#b98300", "#4aa3dc")
SCALE = ("#00497a", "#2474ab", "#5f9bc6", "#93b9d6", "#bcd0e0")
"""From much to little, by lightness alone: the further from the ground, the more."""

DARK = {
    INK: "#e6e8eb",
    QUIET: "#9aa1ac",
    GRID: "#3a4048",
    SURFACE: "#16191d",
    "#0072b2": "#5ab0f0",
    "#d55e00": "#f28e4b",
    "#008a64": "#3cc99d",
    "#b0548a": "#e29ac4",
    "#b98300": "#f2c14e",
    "#4aa3dc": "#a8dcf5",
    "#00497a": "#cfe8ff",
    "#2474ab": "#98c6ee",
    "#5f9bc6": "#6b9fcb",
    "#93b9d6": "#4b7697",
    "#bcd0e0": "#3a5367",
}
"""The partner of each on dark ground."""
