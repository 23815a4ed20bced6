"""The first of two steps of facial analysis: noise, colour and local contrast, and what was done in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.imaging.chromophores import check
from cutis.imaging.colour_card import PITCH_MM, Card, Edition, correction, search_card
from cutis.imaging.colour_card.correct import apply
from cutis.imaging.enhance.balance import balance_colour, illuminant
from cutis.imaging.enhance.contrast import limit_contrast
from cutis.imaging.enhance.denoise import QUIET, need_strength, reduce_noise
from cutis.imaging.enhance.noise_level import noise_level

CardUse = Literal["auto", "off"]


@dataclass(frozen=True)
class Enhancement:
    """What is to be done. Strengths of 0 leave a photo as it is.

    Attributes:
        noise: 0 to 3; 1 is meant for the noise that is measured.
        colour: 0 to 1, of the cast that is estimated, or of the card's correction.
        contrast: 0 to 1, of local contrast.
        card: ``auto`` looks for a 24-patch card and uses it, ``off`` doesn't.
        pitch_mm: from patch to patch on the card; 44 on the card of 279 x 216 mm.
        edition: of the card's colours: ``2014`` for cards made since November 2014, else ``2005``.
    """

    noise: float = 1.0
    colour: float = 1.0
    contrast: float = 0.3
    card: CardUse = "auto"
    pitch_mm: float = PITCH_MM
    edition: Edition = "2014"

    def __post_init__(self) -> None:
        """Raise CutisError where a value means nothing."""
        need_strength("noise", self.noise, 3.0)
        need_strength("colour", self.colour, 1.0)
        need_strength("contrast", self.contrast, 1.0)
        if self.card not in ("auto", "off"):
            raise CutisError(f"card is '{self.card}', not auto or off.")
        if not 1 <= self.pitch_mm <= 500:
            raise CutisError(f"the card's pitch is {self.pitch_mm:g} mm, not within 1 to 500.")


@dataclass(frozen=True, eq=False)
class Enhanced:
    """A photo after enhancement, and what was done to it.

    Attributes:
        image: (height, width, 3) sRGB.
        noise_before, noise_after: standard deviation in display values, before and after noise reduction.
        illuminant: (3,) colour of the light that was taken out, linear, green 1; of the card's grey patches
            when there is one.
        card: the colour card, where one was used.
        colour_error_before, colour_error_after: mean CIEDE2000 on the card's patches, after by leave-one-out;
            None without a card.
        clipped_before, clipped_after: share of pixels with a channel at an end of the scale.
        words: what was done, one sentence each.
    """

    image: NDArray[np.uint8]
    noise_before: float
    noise_after: float
    illuminant: tuple[float, float, float]
    card: Card | None
    colour_error_before: float | None
    colour_error_after: float | None
    clipped_before: float
    clipped_after: float
    words: tuple[str, ...]


def enhance(rgb: NDArray[np.uint8], enhancement: Enhancement | None = None) -> Enhanced:
    """Reduce noise, correct colour, and raise local contrast, each as much as asked and as needed.

    Args:
        rgb: (height, width, 3) sRGB.
        enhancement: what is to be done; default: `Enhancement()`.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    check(rgb)
    wanted = enhancement or Enhancement()
    words: list[str] = []
    before = noise_level(rgb)
    calm = reduce_noise(rgb, wanted.noise, level=before)
    after = before.both if calm is rgb else noise_level(calm).both
    words.append(_about_noise(before.both, after, wanted.noise, changed=calm is not rgb))
    coloured, light, card, errors = _coloured(rgb, calm, wanted, words)
    image = limit_contrast(coloured, wanted.contrast)
    if wanted.contrast > 0:
        words.append(
            f"Local contrast was raised with strength {wanted.contrast:g}; hue and chroma were kept."
        )
    clipped = clipped_share(rgb), clipped_share(image)
    if clipped[1] > clipped[0] + 0.005:
        words.append(f"Clipped pixels rose from {_percent(clipped[0])} to {_percent(clipped[1])}.")
    return Enhanced(image, before.both, after, light, card, *errors, *clipped, tuple(words))


def clipped_share(rgb: NDArray[np.uint8]) -> float:
    """Share of pixels with a channel at 0 or 255, of at most some hundred thousand.

    Args:
        rgb: (height, width, 3).
    """
    step = max(1, int(np.sqrt(rgb.shape[0] * rgb.shape[1] / 2e5)))
    seen = rgb[::step, ::step]
    return float(((seen == 0) | (seen == 255)).any(axis=2).mean())


def _coloured(
    rgb: NDArray[np.uint8], calm: NDArray[np.uint8], wanted: Enhancement, words: list[str]
) -> tuple[NDArray[np.uint8], tuple[float, float, float], Card | None, tuple[float | None, float | None]]:
    """The photo with its colours corrected: by a card, else by what faces and rooms look like."""
    none = (1.0, 1.0, 1.0)
    if wanted.colour == 0:
        words.append("Colours were left as they are.")
        return calm, none, None, (None, None)
    if wanted.card == "auto":
        found = search_card(rgb, pitch_mm=wanted.pitch_mm, edition=wanted.edition)
        if found.card is not None:
            card = found.card
            done = correction(card)
            words.append(
                f"{found.words} The colours were corrected by it: colour difference on its patches "
                f"{done.before:.1f} before, {done.after:.1f} after (CIEDE2000, patch by patch left out)."
            )
            words += card.notes
            grey = (
                card.light[19:23][card.usable[19:23]].mean(axis=0) if card.usable[19:23].any() else np.ones(3)
            )
            light = (float(grey[0] / grey[1]), 1.0, float(grey[2] / grey[1]))
            return apply(calm, done.fit, wanted.colour), light, card, (done.before, done.after)
        if not found.words.startswith("No "):
            words.append(found.words)
    cast = illuminant(calm)
    if np.ptp(cast) == 0:
        words.append(
            "No colour cast was found that could be told from the skin's own colour; none was taken out."
        )
        return calm, none, None, (None, None)
    words.append(f"{_about_cast(cast)} {_percent(wanted.colour)} of it was taken out, without a card.")
    light = (float(cast[0]), 1.0, float(cast[2]))
    return balance_colour(calm, wanted.colour, light=cast), light, None, (None, None)


def _about_noise(before: float, after: float, strength: float, *, changed: bool) -> str:
    measured = f"Noise of {before:.1f} of 255 levels was measured"
    if changed:
        return f"{measured} and reduced to {after:.1f}."
    if strength == 0:
        return f"{measured} and left as it is."
    return f"{measured}: nothing was smoothed, since less than {QUIET:g} cannot be told from texture."


def _about_cast(cast: NDArray[np.float64]) -> str:
    """A cast in words: the colour it has, and how strong."""
    red, blue = np.log(cast[0]), np.log(cast[2])
    angle = np.degrees(np.arctan2(red + blue, red - blue)) % 360
    names = ("red-yellow", "magenta", "blue", "green")
    name = names[int(((angle + 45) % 360) // 90)]
    strength = "slight" if np.hypot(red, blue) < 0.15 else "clear" if np.hypot(red, blue) < 0.4 else "strong"
    return f"A {strength} {name} cast was found (red {cast[0]:.2f}, green 1, blue {cast[2]:.2f})."


def _percent(share: float) -> str:
    return f"{100 * share:.{0 if share >= 0.1 or share == 0 else 1}f}%"
