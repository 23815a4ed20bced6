"""What the classical measures of facial skin are worth, on rendered areas whose truth is known.

    python experiments/measures.py [truth|redness|mixed|tones|repeat|speed|sheets ...]
                                   [--first SEED ...] [--each N ...]

Constants were chosen on seeds below 1000; figures that are reported come from fresh ones (--first 9000).
Several draws (`--first 9000 9600 --each 60 150`) count together.
With a colour card in view: `measures_card.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.measures import NAMES, measure
from cutis.phantoms.facial import AREAS, BY_NAME, draw_grades, draw_person, render_area
from cutis.stats.change import repeatability
from cutis.stats.icc import intraclass_correlations

Pixels = NDArray[np.uint8]
Array = NDArray[np.float64]

ANYWHERE = ("usual", "shifted")  # together: photos of any phone and light
SETTINGS = (*ANYWHERE, "stand")
TRUTH = {
    "ita": "true_ita",
    "fitzpatrick": "skin_type",
    "monk": "true_ita",
    "melanin_index": "true_melanin",
    "spot_count": "true_spot_count",
    "spot_area": "true_spot_area",
    "wrinkle_length": "true_wrinkle_length",
    "wrinkle_depth": "true_wrinkle_depth",
    "pore_count": "true_pore_count",
    "pore_area": "true_pore_area",
    "roughness": "true_roughness",
    "shine": "true_shine_area",
}
# Which measures answer to which conditions, rendered alone.
ALONE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "wrinkles": (("wrinkles",), ("wrinkle_length", "wrinkle_depth")),
    "pores": (("pores",), ("pore_count", "pore_area")),
    "spots": (("lentigo", "ephelides"), ("spot_count", "spot_area")),
    "texture": (("texture",), ("roughness",)),
    "oil": ((), ("shine", "ita", "fitzpatrick", "monk", "melanin_index")),
    "redness": (("dermatitis",), ("erythema_index",)),
}
ORDER = ("truth", "redness", "repeat", "speed", "mixed", "tones")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("what", nargs="*", default=list(ORDER))
    options.add_argument("--first", type=int, nargs="+", default=[9000], help="first seed of each draw")
    options.add_argument("--each", type=int, nargs="+", default=[30], help="areas per condition and settings")
    options.add_argument("--out", type=Path, default=Path("measures"), help="folder of contact sheets")
    given = options.parse_args()
    import cv2

    cv2.setNumThreads(1)
    if len(given.first) != len(given.each):
        options.error("--first and --each need as many numbers: a first seed and how many, for each draw")
    draws = zip(given.first, given.each, strict=True)
    seeds = [seed for first, each in draws for seed in range(first, first + each)]
    steps = dict(zip(ORDER, (truth, redness, repeat, speed, mixed, tones), strict=True))
    for what in given.what:
        if what == "sheets":
            sheets(seeds[0], given.out)
        else:
            steps[what](seeds)


def draw(kind: str, seed: int, settings: str) -> Any:
    """One rendered area: a condition of any grade alone, or ``mixed``: what people have together."""
    rng = np.random.default_rng([seed, SETTINGS.index(settings), *kind.encode()])
    person = draw_person(rng, BY_NAME[settings].types)
    conditions = ALONE[kind][0] if kind in ALONE else ()
    areas = [name for name, area in AREAS.items() if all(one in area.conditions for one in conditions)]
    if kind == "oil":
        person = dataclasses.replace(person, oil=float(rng.uniform(0.03, 1)))
        areas = ["forehead", "glabella", "nose", "cheek_left", "cheek_right", "chin"]
    area = areas[int(rng.integers(len(areas)))]
    grades = {name: int(rng.integers(5)) for name in conditions}
    if kind == "mixed":
        grades = draw_grades(area, person, rng)
    return render_area(area, grades, person, rng, settings=settings)


def found(rendered: Any, names: tuple[str, ...], mm: float = 0.15) -> list[float]:
    usable = rendered.truth["skin"] > 0.5
    return [one.value for one in measure(rendered.image, usable, mm, names)]


def rank(true: NDArray[Any], seen: NDArray[Any]) -> float:
    from scipy.stats import spearmanr

    known = np.isfinite(seen)
    return float(spearmanr(true[known], seen[known])[0]) if known.sum() > 3 else float("nan")


def true(rendered: Any, name: str) -> float:
    """What a measure should say, in a unit of its own."""
    if name == "erythema_index":
        return redder(rendered)
    return float(rendered.truth[TRUTH[name]])


def redder(rendered: Any) -> float:
    """Blood above that of the palest skin of the area, of which a tenth counts: what the index is of."""
    blood = np.asarray(rendered.truth["haemoglobin"])[rendered.truth["skin"] > 0.5]
    return float(blood.mean() - 0.9 * np.quantile(blood, 0.05))


def table(kind: str, names: tuple[str, ...], seeds: list[int]) -> None:
    values: dict[str, tuple[Array, Array]] = {}
    blood: dict[str, Array] = {}
    for settings in SETTINGS:
        rendered = [draw(kind, seed, settings) for seed in seeds]
        seen = np.array([found(one, names) for one in rendered])
        values[settings] = np.array([[true(one, name) for name in names] for one in rendered]), seen
        blood[settings] = np.array([float(one.truth["true_haemoglobin"]) for one in rendered])
    for n, name in enumerate(names):
        row(f"{kind:9} {name:15}", {s: (values[s][0][:, n], values[s][1][:, n]) for s in SETTINGS})
        if name == "erythema_index":
            row(f"{'':9} {'of all blood':15}", {s: (blood[s], values[s][1][:, n]) for s in SETTINGS})


def row(title: str, values: dict[str, tuple[Array, Array]]) -> None:
    """Ranks in each settings and anywhere, the interval of usual ones, means."""
    ranks = [abs(rank(*values[s])) for s in SETTINGS]
    right, seen = (np.concatenate([values[s][part] for s in ANYWHERE]) for part in (0, 1))
    nought = float(np.nanmean(seen[right == 0])) if (right == 0).any() else float("nan")
    low, high = interval(*values["usual"])
    print(
        f"{title} {ranks[0]:6.3f} ({low:.3f}-{high:.3f}) {ranks[1]:8.2f} {abs(rank(right, seen)):6.2f}"
        f" {ranks[2]:6.2f}   {right.mean():8.2f} {np.nanmean(seen):8.2f} {nought:8.2f}",
        flush=True,
    )


def interval(right: Array, seen: Array, draws: int = 500) -> tuple[float, float]:
    """95 % of ranks of resampled areas, without their sign."""
    rng = np.random.default_rng(0)
    some = [rng.integers(0, len(right), len(right)) for _ in range(draws)]
    ranks = [abs(rank(right[one], seen[one])) for one in some]
    low, high = np.percentile(ranks, [2.5, 97.5])
    return float(low), float(high)


def truth(seeds: list[int]) -> None:
    """Rank correlation with the truth, one condition at a time."""
    print(
        "\none condition at a time: rank correlation, mean truth, mean measure, measure where the truth is 0"
    )
    print("rendered  measure         usual (95 % interval)  shifted   both  stand    true   found  at none")
    for kind, (_, names) in ALONE.items():
        table(kind, names, seeds)


def mixed(seeds: list[int]) -> None:
    """Rank correlation with the truth, all eight conditions as people have them together."""
    print("\nall conditions together")
    table("mixed", NAMES, seeds)


def tones(seeds: list[int]) -> None:
    """Spots by Fitzpatrick type: rank of the spotted area with the truth, and how much of it is found."""
    print("\nspotted area by skin type: rank correlation, share of the true area that is found")
    areas = [name for name, area in AREAS.items() if all(c in area.conditions for c in ALONE["spots"][0])]
    for settings in ("usual", "stand"):
        for skin_type in range(1, 7):
            only = tuple(float(other == skin_type) for other in range(1, 7))
            pairs = []
            for seed in seeds:
                rng = np.random.default_rng([seed, 70, skin_type])
                person = draw_person(rng, only)
                grades = {name: int(rng.integers(5)) for name in ALONE["spots"][0]}
                area = areas[int(rng.integers(len(areas)))]
                one = render_area(area, grades, person, rng, settings=settings)
                pairs.append((float(one.truth["true_spot_area"]), found(one, ("spot_area",))[0]))
            true, seen = np.array(pairs).T
            print(f"{settings:9} type {skin_type}  {rank(true, seen):5.2f}  {seen.mean() / true.mean():5.2f}")


def redness(seeds: list[int]) -> None:
    """The erythema index against blood within a person: over one photo, and as more dermatitis comes."""
    print("\nerythema index within a person: map against blood (median), change against change")
    for settings in SETTINGS:
        maps, true, seen = [], [], []
        for seed in seeds:
            rng = np.random.default_rng([seed, 60])
            person = draw_person(rng, BY_NAME[settings].types)
            area = ("forehead", "cheek_left", "cheek_right", "chin")[int(rng.integers(4))]
            pair = []
            for grade in (0, int(rng.integers(0, 5))):
                light = np.random.default_rng([seed, 61])
                one = render_area(area, {"dermatitis": grade}, person, light, settings=settings)
                got = measure(one.image, one.truth["skin"] > 0.5, 0.15, ("erythema_index",))[0]
                pair.append((float(one.truth["true_haemoglobin"]), got.value))
            true.append(pair[1][0] - pair[0][0])
            seen.append(pair[1][1] - pair[0][1])
            if grade >= 2 and got.map is not None:
                known = np.isfinite(got.map)
                maps.append(rank(np.asarray(one.truth["haemoglobin"])[known][::7], got.map[known][::7]))
        print(f"{settings:9} map {np.median(maps):.2f}  change {rank(np.array(true), np.array(seen)):.2f}")


def repeat(seeds: list[int]) -> None:
    """The same skin photographed ten times: other light, noise, place, and distance within 5 %."""
    people = seeds[: max(4, len(seeds) // 3)]
    everything = []
    print("\nten photos of the same skin: deviation within, smallest detectable change, ICC")
    print("area          measure          mean     within     SDC      ICC (2,1)")
    for area in ("forehead", "cheek_left", "periorbital_left", "nose"):
        values = np.array([_repeated(area, seed) for seed in people])
        everything.append(values)
        _print_repeats(area, values)
    _print_repeats("all", np.concatenate(everything))


def _repeated(area: str, seed: int) -> list[list[float]]:
    rng = np.random.default_rng([seed, 40, *area.encode()])
    person = draw_person(rng)
    grades = draw_grades(area, person, rng)
    severity = {name: max(grade + float(rng.uniform(-0.3, 0.3)), 0.0) for name, grade in grades.items()}
    rows = []
    for _ in range(10):
        size = round(240 * float(rng.uniform(0.95, 1.05)))
        one = render_area(area, grades, person, rng, size=size, severity=severity)
        rows.append(found(one, NAMES))
    return rows


def _print_repeats(area: str, values: NDArray[np.float64]) -> None:
    for n, name in enumerate(NAMES):
        those = values[:, :, n]
        if np.ptp(those) == 0:
            continue
        known = repeatability(those)
        icc = intraclass_correlations(those)["icc_2_1"].value
        grows = f"{known.grows:5.2f}"
        print(
            f"{area:13} {name:15} {those.mean():7.2f} {known.sem.value:8.2f}"
            f" {known.smallest_change.value:8.2f} {icc:8.2f}   grows with the mean {grows}",
            flush=True,
        )


def speed(seeds: list[int]) -> None:
    """All measures of one area."""
    one = draw("mixed", seeds[0], "usual")
    image = np.asarray(np.resize(one.image, (240, 320, 3)), dtype=np.uint8)
    mask = np.ones((240, 320), np.bool_)
    measure(image, mask)
    spent = []
    for _ in seeds:
        start = time.process_time()
        measure(image, mask)
        spent.append(time.process_time() - start)
    print(f"\nall measures of 320 x 240 pixels: {1000 * float(np.median(spent)):.0f} ms of processor time")


def sheets(first: int, out: Path) -> None:
    """A contact sheet per measure: areas, and its map over them."""
    import cv2

    out.mkdir(parents=True, exist_ok=True)
    for kind, (_, names) in ALONE.items():
        rendered = [draw(kind, first + n, SETTINGS[n % 2]) for n in range(8)]
        for name in names:
            rows = []
            for one in rendered:
                got = measure(one.image, one.truth["skin"] > 0.5, 0.15, (name,))[0]
                if got.map is None:
                    continue
                words = f"{name} {got.value:.2f}, true {true(one, name):.2f}"
                rows.append(_framed(one.image, got.map, words))
            if rows:
                half = (len(rows) + 1) // 2
                sheet = np.hstack([np.vstack(rows[:half]), np.vstack(rows[half:])])
                cv2.imwrite(str(out / f"{name}.png"), sheet[..., ::-1])


def _framed(image: Pixels, field: NDArray[np.float32], words: str) -> Pixels:
    import cv2

    known = np.isfinite(field)
    low, high = np.quantile(field[known], (0.02, 0.995))
    level = np.where(known, np.clip((field - low) / max(float(high - low), 1e-6), 0, 1), 0)
    colour = cv2.applyColorMap((level * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    colour[~known] = image[~known] // 2
    frame = np.full((345, 660, 3), 255, np.uint8)
    for number, picture in enumerate((image, colour)):
        scale = min(320 / picture.shape[1], 320 / picture.shape[0])
        small = cv2.resize(picture, None, fx=scale, fy=scale)
        frame[: small.shape[0], number * 330 : number * 330 + small.shape[1]] = small
    cv2.putText(frame, words, (4, 338), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1)
    return frame


if __name__ == "__main__":
    main()
