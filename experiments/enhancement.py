"""What the first of two steps of facial analysis does to photos.

    python experiments/enhancement.py --out DIR [--photos FOLDER] [--areas N] [--parts noise,reduction,...]

Prints and writes (``enhancement.json``): how well noise is estimated, on photos of the folder and with JPEG;
what each way to reduce it keeps and costs; how far estimated lights are from true ones; and the whole step on
rendered facial areas. What it does to a model: `enhancement_model.py`; cards: `enhancement_cards.py`.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.colour_card import difference, lab_of_light, to_display, to_light
from cutis.imaging.enhance import (
    Enhancement,
    enhance,
    estimate_noise,
    illuminant,
    reduce_noise,
    shades_of_grey,
)
from cutis.imaging.read import find_images, read_rgb
from cutis.phantoms.colour_card import Scene, draw_shot, photograph
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


def report(name: str, table: Table) -> None:
    """Print a table."""
    print(f"\n{name}")
    for row, figures in table.items():
        print(f"  {row}: " + "  ".join(f"{key} {value:.3g}" for key, value in figures.items()))


def write(path: Path, found: dict[str, Table]) -> None:
    """Keep the figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"Figures: {path}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=Path, help="folder of photos with little noise")
    parser.add_argument("--areas", type=int, default=18, help="rendered facial areas")
    parser.add_argument("--parts", default="noise,reduction,lights,whole")
    given = parser.parse_args()
    found: dict[str, Table] = {}
    paths = list(find_images(given.photos)) if given.photos else []
    photos = [read_rgb(path) for path in paths[:: max(1, len(paths) // 24)][:24]] or areas(given.areas)
    parts: dict[str, Callable[[], Table]] = {
        "noise": lambda: noise_estimates(photos),
        "reduction": lambda: reductions(photos),
        "lights": lambda: lights(90),
        "whole": lambda: whole(given.areas),
    }
    for name in given.parts.split(","):
        if name not in parts:
            parser.error(f"--parts: there is no '{name}', only {', '.join(parts)}.")
        found[name] = parts[name]()
    for name, table in found.items():
        report(name, table)
    write(given.out / "enhancement.json", found)


if __name__ == "__main__":
    main()
