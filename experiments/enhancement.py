r"""What the first of two steps of facial analysis does to photos, and to a model.

    python experiments/enhancement.py --out DIR [--photos FOLDER] [--cards N] [--areas N] [--parts noise,...]
    python experiments/enhancement.py --out DIR --bundle NAME --manifest TABLE [--target COLUMN] [--limit N]

Prints and writes (``enhancement.json``): how well noise is estimated, on photos of the folder and with JPEG;
what each way to reduce it keeps and costs; how far estimated lights are from true ones; how often a card
is found, and what it does to colours and to skin tone when exposure changes by a fifth; and the whole step on
rendered facial areas. With a bundle: the share of right answers on the same photos as they are, with noise
and with a colour cast, each with and without the step.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.cli.progress import progress
from cutis.imaging.colour_card import (
    correct,
    correction,
    difference,
    find_card,
    lab_of_light,
    to_display,
    to_light,
)
from cutis.imaging.enhance import (
    Enhancement,
    enhance,
    estimate_noise,
    illuminant,
    reduce_noise,
    shades_of_grey,
)
from cutis.imaging.read import find_images, read_rgb
from cutis.phantoms.colour_card import Scene, Shot, draw_placing, draw_shot, photograph, render
from cutis.phantoms.degradations.colour import temperature_gains

Photo = NDArray[np.uint8]
Table = dict[str, dict[str, float]]
NOISE = (0.0, 5.0, 10.0, 20.0)
CASTS = (0.0, -100.0, 100.0, 180.0)  # mired


def noisy(image: Photo, deviation: float, rng: np.random.Generator, reach: float = 0.0) -> Photo:
    """Noise of a known deviation, smeared over neighbours by so many pixels."""
    import cv2

    grain: Any = rng.standard_normal(image.shape, dtype=np.float32)
    if reach:
        grain = cv2.GaussianBlur(grain, (0, 0), reach)
        grain /= grain.std()
    return np.clip(image + deviation * grain + 0.5, 0, 255).astype(np.uint8)


def jpeg(image: Photo, quality: int | None) -> Photo:
    from PIL import Image

    if quality is None:
        return image
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def cast(image: Photo, mired: float) -> Photo:
    """Light so much warmer than the white balance expects, at the same luminance."""
    if not mired:
        return image
    light = to_light(image)
    gains = temperature_gains(mired)
    weights = np.array([0.2126, 0.7152, 0.0722])
    mean = light.mean(axis=(0, 1))
    gains *= (weights @ mean) / (weights @ (gains * mean))
    return to_display(light * gains.astype(np.float32))


def areas(count: int) -> list[Photo]:
    """Rendered facial areas of many people under the usual light."""
    from cutis.phantoms.facial import AREAS, draw_grades, draw_person, render_area

    found = []
    names = sorted(AREAS)
    for index in range(count):
        rng = np.random.default_rng([31, index])
        person = draw_person(rng)
        area = names[index % len(names)]
        found.append(render_area(area, draw_grades(area, person, rng), person, rng).image)
    return found


def noise_estimates(photos: Sequence[Photo]) -> Table:
    """Median estimate and its middle four fifths."""
    found: Table = {}
    rng = np.random.default_rng(0)
    for reach in (0.0, 0.6):
        for quality in (None, 90, 75):
            for deviation in NOISE:
                told = [estimate_noise(jpeg(noisy(p, deviation, rng, reach), quality)) for p in photos]
                low, middle, high = np.quantile(told, [0.1, 0.5, 0.9])
                name = f"noise {deviation:g}, {'smeared' if reach else 'per pixel'}, JPEG {quality or 'none'}"
                found[name] = {"median": middle, "low": low, "high": high}
    return found


def ways_to_reduce() -> dict[str, Callable[[Photo, float], Photo]]:
    """By name: a photo and its noise to a calmer photo."""
    import cv2

    def non_local(image: Photo, noise: float) -> Photo:
        bright, red, blue = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb))
        bright = cv2.fastNlMeansDenoising(bright, None, 0.7 * noise, 5, 11)
        red, blue = (cv2.fastNlMeansDenoising(plane, None, noise, 5, 11) for plane in (red, blue))
        return np.asarray(cv2.cvtColor(cv2.merge([bright, red, blue]), cv2.COLOR_YCrCb2RGB), dtype=np.uint8)

    def bilateral(image: Photo, noise: float) -> Photo:
        return np.asarray(cv2.bilateralFilter(image, 5, 3 * noise, 2), dtype=np.uint8)

    return {
        "as it is": lambda image, noise: image,
        "cutis": lambda image, noise: reduce_noise(image),
        "non-local means": non_local,
        "bilateral of colours": bilateral,
    }


def fine(image: Photo) -> NDArray[np.float32]:
    """What is finer than three pixels."""
    import cv2

    grey: Any = image.astype(np.float32).mean(axis=2, dtype=np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), 1.5))


def reductions(photos: Sequence[Photo]) -> Table:
    """Peak signal to noise, share of fine detail that is kept, and processor seconds for 12 megapixels."""
    found: Table = {}
    for deviation in NOISE[1:]:
        for name, way in ways_to_reduce().items():
            ratio, kept, seconds = [], [], 0.0
            for index, clean in enumerate(photos):
                dirty = noisy(clean, deviation, np.random.default_rng(index))
                begin = time.process_time()
                calm = way(dirty, deviation)
                seconds += time.process_time() - begin
                ratio.append(10 * np.log10(255**2 / np.square(calm.astype(float) - clean).mean()))
                true = fine(clean)
                kept.append(float((fine(calm) * true).sum() / (true * true).sum()))
            pixels = sum(clean.shape[0] * clean.shape[1] for clean in photos)
            found[f"noise {deviation:g}, {name}"] = {
                "psnr": float(np.mean(ratio)),
                "detail": float(np.mean(kept)),
                "seconds_12mp": seconds / pixels * 12e6,
            }
    return found


def room(rng: np.random.Generator, skin_type: int, skin: float, light: Sequence[float]) -> Photo:
    """A face's skin before a wall with things of many colours."""
    from cutis.phantoms.colour_card import scene_light

    walls = ((0.45, 0.44, 0.42), (0.7, 0.7, 0.68), (0.5, 0.4, 0.28), (0.25, 0.35, 0.5), (0.3, 0.42, 0.3))
    wall = walls[int(rng.integers(len(walls)))]
    seen, _ = scene_light(Scene(skin_type=skin_type, height=120, width=160, skin=skin, background=wall), rng)
    above = round(120 * (1 - skin))
    for _ in range(9 if above > 8 else 0):
        top, left, height, width = rng.integers([0, 0, 8, 8], [above, 150, 30, 30])
        colour = rng.uniform(0.03, 0.8) * np.exp(rng.normal(0, 1, 3) * abs(rng.normal(0, 0.35)))
        seen[top : min(above, top + height), left : left + width] = np.clip(colour, 0, 1)
    tinted = (float(light[0]), float(light[1]), float(light[2]))
    return photograph(seen, replace(draw_shot(rng), light=tinted, noise=1.0, exposure=0.6), rng)


def lights(count: int) -> Table:
    """Angle between the estimated and the true light, in degrees."""
    ways: dict[str, Callable[[Photo], NDArray[np.float64]]] = {
        "no correction": lambda image: np.ones(3),
        "grey-world": lambda image: shades_of_grey(image, 1.0),
        "shades of grey": shades_of_grey,
        "cutis": illuminant,
    }
    found: Table = {}
    for skin in (0.3, 0.6, 1.0):
        off: dict[str, list[tuple[bool, float]]] = {name: [] for name in ways}
        for index in range(count):
            rng = np.random.default_rng([7, index])
            mired = 0.0 if index % 3 == 0 else float(rng.uniform(60, 180) * rng.choice([-1, 1]))
            gains = temperature_gains(mired)
            gains = gains / gains[1] * np.exp([0, rng.normal(0, 0.03) if mired else 0, 0])
            image = room(rng, index % 6 + 1, skin, gains)
            for name, way in ways.items():
                off[name].append((mired == 0, angle(way(image), gains)))
        for name, told in off.items():
            even, tinted = ([value for white, value in told if white == which] for which in (True, False))
            found[f"skin {skin:.0%}, {name}"] = {
                "white_median": float(np.median(even)),
                "white_p90": float(np.quantile(even, 0.9)),
                "cast_median": float(np.median(tinted)),
                "cast_p90": float(np.quantile(tinted, 0.9)),
            }
    return found


def angle(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Between two colours of light, in degrees."""
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


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


def whole(count: int) -> Table:
    """The whole step on rendered facial areas: distance to the clean photo, before and after."""
    wanted = Enhancement(contrast=0.0, card="off")
    found: Table = {}
    photos = areas(count)
    for deviation in NOISE:
        for mired in CASTS:
            rows = []
            for index, clean in enumerate(photos):
                dirty = noisy(cast(clean, mired), deviation, np.random.default_rng(index))
                done = enhance(dirty, wanted)
                rows.append(
                    [*apart(dirty, clean), *apart(done.image, clean), done.noise_before, done.noise_after]
                )
            keys = (
                "psnr_before",
                "colour_before",
                "psnr_after",
                "colour_after",
                "noise_before",
                "noise_after",
            )
            means = np.mean(rows, axis=0).tolist()
            found[f"noise {deviation:g}, cast {mired:+g} mired"] = dict(zip(keys, means, strict=True))
    return found


def apart(image: Photo, clean: Photo) -> tuple[float, float]:
    """Peak signal to noise in dB, and CIEDE2000 of the mean colours."""
    error = np.square(image.astype(float) - clean).mean()
    means = [lab_of_light(to_light(one).mean(axis=(0, 1))) for one in (image, clean)]
    return float(10 * np.log10(255**2 / max(error, 1e-3))), float(difference(*means))


def model(bundle: str, manifest: Path, target: str | None, limit: int) -> Table:
    """Share of right answers as photos are, with noise and with a cast, without and with the step."""
    from cutis.runtime.engine import Engine

    engine = Engine.open(bundle)
    photos = list(rated(manifest, target, limit))
    spoilt: dict[str, Callable[[Photo, np.random.Generator], Photo]] = {
        "as it is": lambda image, rng: image,
        "noise 10": lambda image, rng: noisy(image, 10.0, rng, 0.6),
        "noise 20": lambda image, rng: noisy(image, 20.0, rng, 0.6),
        "warm, 120 mired": lambda image, rng: cast(image, 120.0),
        "cold, 120 mired": lambda image, rng: cast(image, -120.0),
        "noise 10 and warm": lambda image, rng: noisy(cast(image, 120.0), 10.0, rng, 0.6),
    }
    steps = {
        "without": None,
        "noise only": Enhancement(colour=0.0, contrast=0.0, card="off"),
        "with": Enhancement(contrast=0.0, card="off"),
        "with contrast 0.3": Enhancement(card="off"),
    }
    found: Table = {}
    with progress("Asking the model", total=len(photos) * len(spoilt)) as step:
        for name, spoil in spoilt.items():
            right: dict[str, list[list[float]]] = {how: [] for how in steps}
            for index, (image, truth) in enumerate(photos):
                dirty = spoil(image, np.random.default_rng(index))
                for how, wanted in steps.items():
                    seen = dirty if wanted is None else enhance(dirty, wanted).image
                    right[how].append(list(judged(engine(seen), truth)))
                step(1)
            found[name] = {how: float(np.nanmean(rows)) for how, rows in right.items()}
    return found


def rated(manifest: Path, target: str | None, limit: int) -> Iterator[tuple[Photo, dict[str, str]]]:
    """Photos with what is true of them, by question; of one question the name is empty."""
    from cutis.core.manifest import read_manifest

    table = read_manifest(manifest, target=target)
    rows = table.part("test") if "split" in table.table.columns else table
    column = table.target
    questions = [name for name in rows.table.columns if name.startswith("grade_")]
    for path, row in list(zip(rows.paths, rows.table.iter_rows(named=True), strict=True))[:limit]:
        if questions and target is None:
            yield (
                read_rgb(path),
                {name[6:]: str(row[name]) for name in questions if row[name] not in (None, "")},
            )
        elif column is not None and row[column] not in (None, ""):
            yield read_rgb(path), {"": str(row[column])}


def judged(result: Any, truth: dict[str, str]) -> Iterator[float]:
    """1 for each right answer, 0 for each wrong one, NaN where nothing is known."""
    for question in sorted(result.grades) if result.grades else [""]:
        said = result.grades[question] if question else result.label
        yield float(said == truth[question]) if question in truth else float("nan")


def report(name: str, table: Table) -> None:
    """Print a table."""
    print(f"\n{name}")
    for row, figures in table.items():
        print(f"  {row}: " + "  ".join(f"{key} {value:.3g}" for key, value in figures.items()))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=Path, help="folder of photos with little noise")
    parser.add_argument("--cards", type=int, default=24, help="photos with a card, per difficulty")
    parser.add_argument("--areas", type=int, default=18, help="rendered facial areas")
    parser.add_argument("--parts", default="noise,reduction,lights,cards,whole")
    parser.add_argument("--bundle", help="a .cutis file, or the name of a shipped bundle")
    parser.add_argument("--manifest", type=Path, help="photos to ask the bundle about")
    parser.add_argument("--target", help="column of the truth; default: the manifest's, or its grades")
    parser.add_argument("--limit", type=int, default=400, help="photos to ask about")
    given = parser.parse_args()
    found: dict[str, Table] = {}
    if given.bundle:
        if given.manifest is None:
            parser.error("--bundle needs --manifest, the photos to ask about.")
        found["model"] = model(given.bundle, given.manifest, given.target, given.limit)
    else:
        paths = list(find_images(given.photos)) if given.photos else []
        photos = [read_rgb(path) for path in paths[:: max(1, len(paths) // 24)][:24]] or areas(given.areas)
        parts: dict[str, Callable[[], Table]] = {
            "noise": lambda: noise_estimates(photos),
            "reduction": lambda: reductions(photos),
            "lights": lambda: lights(90),
            "cards": lambda: cards(given.cards),
            "whole": lambda: whole(given.areas),
        }
        for name in given.parts.split(","):
            if name not in parts:
                parser.error(f"--parts: there is no '{name}', only {', '.join(parts)}.")
            found[name] = parts[name]()
    for name, table in found.items():
        report(name, table)
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / "enhancement.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"Figures: {path}")


if __name__ == "__main__":
    main()
