"""The 24-patch colour card: found in a photo, measured, and used to correct colour, exposure and scale."""

from cutis.imaging.colour_card.card import Card, Search
from cutis.imaging.colour_card.correct import Correction, correct, correction
from cutis.imaging.colour_card.detect import find_card, search_card
from cutis.imaging.colour_card.reference import PITCH_MM, Edition
from cutis.imaging.colour_card.spaces import difference, lab_of_light, light_of_lab, to_display, to_light

__all__ = [
    "PITCH_MM",
    "Card",
    "Correction",
    "Edition",
    "Search",
    "correct",
    "correction",
    "difference",
    "find_card",
    "lab_of_light",
    "light_of_lab",
    "search_card",
    "to_display",
    "to_light",
]
