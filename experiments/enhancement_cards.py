"""How often a colour card is found, and what it does to colours and to skin tone.

    python experiments/enhancement_cards.py --out DIR [--cards N]

Rendered photos, usual and hard; each at 80, 100 and 120 % of its exposure. Prints and writes
``enhancement_cards.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.colour_card import correct, correction, find_card, lab_of_light, to_light
from cutis.phantoms.colour_card import Scene, Shot, draw_placing, draw_shot, render
from enhancement import Photo, Table, report, write


def tone(image: Photo, mask: NDArray[np.bool_]) -> float:
    """Individual typology angle of the mean colour, degrees."""
    lightness, _, yellow = lab_of_light(to_light(image[mask]).astype(np.float64).mean(axis=0))
    return float(np.degrees(np.arctan2(lightness - 50, yellow)))


def cards(count: int) -> Table:
    """Cards in usual photos and in hard ones: found, colour error held out, skin tone."""
    hard: dict[str, Callable[[Shot], Shot]] = {
        "usual": lambda shot: shot,
        "blurred (2 pixels)": lambda shot: replace(shot, blur=2.0),
        "noisy (12)": lambda shot: replace(shot, noise=12.0),
        "JPEG 50": lambda shot: replace(shot, jpeg=50),
        "half in shade": lambda shot: replace(shot, shade=0.5, shade_edge=0.5),
        "lamp": lambda shot: replace(shot, light=(1.35, 1.0, 0.55)),
    }
    found: Table = {}
    for name, change in hard.items():
        rows = [one_card(index, change) for index in range(count)]
        seen = np.array([row for row in rows if row is not None])
        found[name] = {"found": len(seen) / count, "other_software": other_found(count, change)}
        if len(seen):
            keys = ("error_before", "error_after", "tone_raw", "tone", "tone_change_raw", "tone_change")
            found[name] |= dict(zip(keys, seen.mean(axis=0).tolist(), strict=True))
            found[name]["tone_worst"] = float(seen[:, 3].max())
            found[name]["tone_change_worst"] = float(seen[:, 5].max())
    return found


def one_card(index: int, change: Callable[[Shot], Shot]) -> list[float] | None:
    """Colour error before and after; worst error of tone, then its change over exposures: raw, corrected."""
    rng = np.random.default_rng([11, index])
    placing, shot = draw_placing(rng), change(replace(draw_shot(rng), exposure=0.72))
    raw, fixed, errors = [], [], (0.0, 0.0)
    for exposure in (0.8, 1.0, 1.2):
        taken = replace(shot, exposure=0.72 * exposure)
        rendered = render(np.random.default_rng(index), Scene(skin_type=index % 6 + 1), placing, taken)
        card = find_card(rendered.image)
        if card is None:
            return None
        lit = rendered.mask.copy()
        if shot.shade:
            lit[:, : round(shot.shade_edge * lit.shape[1]) + 8] = False
        raw.append(tone(rendered.image, lit) - rendered.truth["ita"])
        fixed.append(tone(correct(rendered.image, card), lit) - rendered.truth["ita"])
        if exposure == 1.0:
            done = correction(card)
            errors = done.before, done.after
    worst_raw, worst = np.abs(raw).max(), np.abs(fixed).max()
    return [*errors, float(worst_raw), float(worst), float(np.ptp(raw)), float(np.ptp(fixed))]


def other_found(count: int, change: Callable[[Shot], Shot]) -> float:
    """Share that OpenCV's detector finds in the same photos, at twice the size, which suits it better."""
    import cv2

    if not hasattr(cv2, "mcc"):
        return float("nan")
    hits = 0
    for index in range(min(count, 6)):
        rng = np.random.default_rng([11, index])
        placing, shot = draw_placing(rng), change(replace(draw_shot(rng), exposure=0.72))
        image = render(np.random.default_rng(index), Scene(skin_type=index % 6 + 1), placing, shot).image
        detector = cv2.mcc.CCheckerDetector.create()
        large = cv2.resize(image[..., ::-1], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        hits += bool(detector.process(np.ascontiguousarray(large)))
    return hits / min(count, 6)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cards", type=int, default=24, help="photos with a card, per difficulty")
    given = parser.parse_args()
    found = {"cards": cards(given.cards)}
    report("cards", found["cards"])
    write(given.out / "enhancement_cards.json", found)


if __name__ == "__main__":
    main()
