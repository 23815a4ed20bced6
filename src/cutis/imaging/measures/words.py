"""Each measure in one plain sentence."""

from __future__ import annotations

from cutis.imaging.measures.tone import ita_class

TITLES = {
    "ita": "Skin tone",
    "fitzpatrick": "Fitzpatrick type",
    "monk": "Monk tone",
    "erythema_index": "Redness",
    "melanin_index": "Melanin",
    "spot_count": "Spots",
    "spot_area": "Spotted area",
    "wrinkle_length": "Wrinkles",
    "wrinkle_depth": "Wrinkle depth",
    "pore_count": "Pores",
    "pore_area": "Pore area",
    "roughness": "Roughness",
    "shine": "Shine",
}
_ROMAN = ("I", "II", "III", "IV", "V", "VI")


def sentence(name: str, value: float, low: float, high: float, card: bool) -> str:
    """The result of a measure for a reader who has not read how it works."""
    if name == "ita":
        trust = "with a colour card" if card else "a guess without a colour card: brightness moves it"
        return f"Skin tone is {ita_class(value)}: typology angle {value:.0f} degrees ({trust})."
    if name == "fitzpatrick":
        return (
            f"Looks like Fitzpatrick type {_ROMAN[round(value) - 1]} ({_ROMAN[round(low) - 1]} to "
            f"{_ROMAN[round(high) - 1]}); an estimate from a photo, as the type is about burning and tanning."
        )
    if name == "monk":
        return f"Nearest to Monk tone {value:.0f} ({low:.0f} to {high:.0f}); an estimate from a photo."
    return _SENTENCES[name].format(value=value, low=low, high=high)


_SENTENCES = {
    "erythema_index": "Blood takes up {value:.1f} more of light than in the palest skin of the photo, as 100 "
    "times the logarithm; more is redder.",
    "melanin_index": "Melanin takes up {value:.1f} of light, as 100 times the logarithm; more is browner.",
    "spot_count": "{value:.2f} brown spots on each square centimetre.",
    "spot_area": "{value:.1f} % of the skin is browner than the skin around it.",
    "wrinkle_length": "{value:.1f} mm of lines on each square centimetre.",
    "wrinkle_depth": "The lines are {value:.1f} % darker than the skin beside them.",
    "pore_count": "{value:.0f} visible pores on each square centimetre.",
    "pore_area": "Visible pores cover {value:.1f} % of the skin.",
    "roughness": "Texture stands out by {value:.2f} % of light.",
    "shine": "{value:.0f} % of the skin shines.",
}
