"""What four people would say of a photo that is degraded by known amounts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cutis.phantoms.degradations.light import Rng
from cutis.phantoms.degradations.settings import REASONS

GRADES = ("1", "2", "3", "4")  # unusable, poor, acceptable, good
GOOD = 3  # grades from here on count as a good photo
VISIBLE = 0.15  # a severity below is no reason

# How much higher each one grades, and the deviation of one rating, in grades.
_RATERS = {
    "rater_a": (-0.30, 0.40),
    "rater_b": (-0.05, 0.45),
    "rater_c": (0.05, 0.60),
    "rater_d": (0.25, 0.45),
}
RATERS = tuple(_RATERS)
_OTHERS = 0.3  # weight of the other reasons beside the worst one
_FULLY_FELT = 0.3  # from this severity on a reason counts in full; below, the less the fainter it is
_MISSING = 0.08  # share of ratings that were not given
_HALF = 0.8  # weight of what concerns one half only


def latent_quality(severities: Mapping[str, float], *, half: bool = False) -> float:
    """Quality on the raters' scale, before anybody rates: 4 without a fault, 1 or less for an unusable photo.

    ``4 - 3 (worst + 0.3 sum of the others)``: a single reason at 0.5 gives 2.5, the border between a poor and
    an acceptable photo. A severity s below 0.3 counts as s * s / 0.3, as nobody minds what is hardly seen.
    What concerns one half only counts four fifths. A photo of something else is at most 1.

    Args:
        severities: by reason, 0..1.
        half: whether only one half is degraded.
    """
    given = [severities.get(name, 0.0) for name in REASONS]
    values = sorted((value * min(1.0, value / _FULLY_FELT) for value in given), reverse=True)
    burden = values[0] + _OTHERS * sum(values[1:])
    quality = max(4.0 - 3.0 * burden * (_HALF if half else 1.0), 0.0)
    return float(min(quality, 1.0) if severities.get("not_skin", 0.0) >= VISIBLE else quality)


def rate(severities: Mapping[str, float], rng: Rng, *, half: bool = False) -> dict[str, int | None]:
    """Ratings 1..4 by rater; None where a rater did not rate. At least two did.

    Args:
        severities: by reason, 0..1.
        rng: draws each rater's error, and who did not rate.
        half: whether only one half is degraded.
    """
    quality = latent_quality(severities, half=half)
    error, lots = rng.standard_normal(len(_RATERS)), rng.random(len(_RATERS))
    surely_there = np.argsort(lots)[-2:]
    elsewhere = severities.get("not_skin", 0.0) >= VISIBLE
    ratings: dict[str, int | None] = {}
    for index, (name, (bias, deviation)) in enumerate(_RATERS.items()):
        seen = 1.0 if elsewhere else quality + bias + deviation * error[index]
        given = lots[index] >= _MISSING or index in surely_there
        ratings[name] = int(np.clip(np.rint(seen), 1, 4)) if given else None
    return ratings


def majority(ratings: Mapping[str, int | None]) -> int:
    """The grade that most raters gave; of several, the lowest: a doubtful photo had better be taken again."""
    given = [rating for rating in ratings.values() if rating is not None]
    return min(set(given), key=lambda grade: (-given.count(grade), grade))


def dominant(severities: Mapping[str, float]) -> str | None:
    """The reason with the greatest severity, or None where nothing is visible."""
    name = max(REASONS, key=lambda reason: severities.get(reason, 0.0))
    return name if severities.get(name, 0.0) >= VISIBLE else None
