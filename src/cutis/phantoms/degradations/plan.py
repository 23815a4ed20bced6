"""Which reasons a photo gets, and how severe each is."""

from __future__ import annotations

from dataclasses import dataclass

from cutis.phantoms.degradations.light import Rng
from cutis.phantoms.degradations.photo import HALVES
from cutis.phantoms.degradations.raters import VISIBLE
from cutis.phantoms.degradations.settings import LOCAL, REASONS

_CLEAN = 1 / 3  # share of photos without a reason
_SINGLE = 1 / 3  # share of photos with exactly one
_FAINT = 0.25  # chance that a reason is there, and too faint to matter
_LEAST_IN_HALF = 0.45  # fainter, nobody could tell which half it is


@dataclass(frozen=True)
class Plan:
    """What is to be done to one photo.

    Attributes:
        severities: of every reason, 0..1, to two decimals.
        half: which half alone is degraded; None for the whole photo.
    """

    severities: dict[str, float]
    half: str | None


def draw_plan(rng: Rng, *, single: bool = False, half: float = 0.0) -> Plan:
    """Draw reasons and severities.

    A third of the photos have no reason (every severity below 0.15), a third exactly one, a third two or
    three. Faint traces of other reasons are common, as they are in the best of photos.

    Args:
        rng: its state decides all.
        single: one reason at most: half of the photos have none.
        half: share of photos that are degraded in one half only.
    """
    lot = float(rng.random())
    in_half = float(rng.random()) < half
    count = 0 if lot < _CLEAN else 1 if lot < _CLEAN + _SINGLE else int(rng.integers(2, 4))
    if single:
        count = int(lot >= 0.5)
    if in_half:
        count = max(1, min(count, 2))
    possible = list(LOCAL if in_half else REASONS)
    if count > 1 and not in_half:
        possible.remove("not_skin")  # nothing else matters then
    order = [possible[place] for place in rng.permutation(len(possible))]
    severities = dict.fromkeys(REASONS, 0.0)
    for name in order[count:]:
        # A strip of something else, or dark and bright at once, is not faint but odd.
        if name != "not_skin" and float(rng.random()) < _FAINT:
            severities[name] = round(float(rng.uniform(0.02, VISIBLE - 0.01)), 2)
    least = _LEAST_IN_HALF if in_half else VISIBLE
    for place, name in enumerate(order[:count]):
        # The others of several are never as strong as the first may be, so that one of them dominates.
        most = 1.0 if place == 0 else 0.65
        severities[name] = (
            1.0 if name == "not_skin" else round(float(rng.uniform(least, max(most, least + 0.1))), 2)
        )
    _disentangle(severities)
    return Plan(severities, str(rng.choice(HALVES)) if in_half else None)


def _disentangle(severities: dict[str, float]) -> None:
    """Dark and bright undo each other: the weaker one goes, and no photo has both."""
    weaker = min(("dark", "bright"), key=lambda name: severities[name])
    severities[weaker] = 0.0
