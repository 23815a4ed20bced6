"""What sending a photo does to it: fewer pixels and lossy files."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cutis.phantoms.degradations import coding
from cutis.phantoms.degradations.light import Rng

Photo = NDArray[np.uint8]  # (height, width, 3)
_SENT = 256  # pixels of the shorter side that a messenger leaves at severity 1


def compressed(rgb: Photo, severity: float, rng: Rng, means: tuple[str, ...]) -> Photo:
    """Pass a photo through lossy files.

    A photo with many pixels is also sent with fewer, down to 256 at severity 1: blocks of eight pixels would
    not be seen in it otherwise. The size of what is returned is that of what was given.

    Args:
        rgb: (height, width, 3) sRGB.
        severity: 0..1.
        rng: draws which means.
        means: names in `FILES` to draw from.
    """
    height, width = rgb.shape[:2]
    photo = Image.fromarray(rgb)
    factor = min(1.0, _SENT * 4.0 ** (1 - severity) / min(height, width))
    if factor < 1:
        photo = photo.resize(_smaller((width, height), factor), Image.Resampling.BICUBIC)
    sent = FILES[means[int(rng.integers(len(means)))]](photo, severity, rng)
    return np.array(sent.resize((width, height), Image.Resampling.BICUBIC) if factor < 1 else sent)


def jpeg_quality(severity: float) -> int:
    """Quality that libjpeg is given: 92 at severity 0, about 17 at a half, 4 at 1."""
    return int(np.clip(round(92.0 * np.exp(-3.13 * severity**0.9)), 2, 95))


def _smaller(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _through(photo: Image.Image, kind: str, quality: int, **options: int) -> Image.Image:
    memory = io.BytesIO()
    photo.save(memory, kind, quality=quality, **options)
    with Image.open(memory) as opened:
        return opened.convert("RGB")


def _jpeg(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """One file of low quality."""
    return _through(photo, "JPEG", jpeg_quality(severity), subsampling=int(rng.choice([0, 2, 2])))


def _twice(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Two files one after the other whose blocks do not meet."""
    first = jpeg_quality(0.9 * severity)
    once = _through(photo, "JPEG", first, subsampling=2)
    x, y = (int(v) for v in rng.integers(1, 8, 2))
    moved = Image.fromarray(np.roll(np.asarray(once), (y, x), (0, 1)))
    again = _through(moved, "JPEG", min(95, jpeg_quality(severity) + 2), subsampling=2)
    return Image.fromarray(np.roll(np.asarray(again), (-y, -x), (0, 1)))


def _shrunk(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Sent smaller, saved, and enlarged again."""
    factor = 1.0 - 0.7 * severity * float(rng.uniform(0.8, 1.0))
    how = Image.Resampling.BILINEAR if rng.random() < 0.5 else Image.Resampling.BICUBIC
    small = photo.resize(_smaller(photo.size, factor), how)
    sent = _through(small, "JPEG", jpeg_quality(0.85 * severity), subsampling=2)
    return sent.resize(photo.size, how)


def _webp(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """A video codec's still picture: larger blocks, smooth smears, ragged colours."""
    del rng
    if max(photo.size) > 16383:  # more than the format can hold
        return _shrunk(photo, severity, np.random.default_rng(0))
    factor = 1.0 - 0.55 * max(0.0, severity - 0.15)
    small = photo.resize(_smaller(photo.size, factor), Image.Resampling.LANCZOS)
    sent = _through(small, "WEBP", round(88 * (1 - severity) ** 3), method=1)
    return sent.resize(photo.size, Image.Resampling.LANCZOS)


def _webp_jpeg(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """WebP, then JPEG, at another size."""
    sent = _webp(photo, 0.85 * severity, rng)
    small = sent.resize(_smaller(photo.size, 1 - 0.12 * severity), Image.Resampling.BOX)
    again = _through(small, "JPEG", jpeg_quality(0.7 * severity), subsampling=1)
    return again.resize(photo.size, Image.Resampling.LANCZOS)


def _nearest(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Pixels left out and doubled: stairs."""
    del rng
    factor = 1.0 / (1.0 + 5.0 * severity**1.3)
    small = photo.resize(_smaller(photo.size, factor), Image.Resampling.BOX)
    return small.resize(photo.size, Image.Resampling.NEAREST)


def _palette(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Few colours, as in an old file format or on a poor screen."""
    colours = int(np.clip(round(256 * 2.0 ** (-5.0 * severity)), 3, 256))
    dither = Image.Dither.NONE if rng.random() < 0.6 else Image.Dither.FLOYDSTEINBERG
    # From a small copy: finding the colours takes seconds in a photo of many.
    few = photo.resize((64, 64), Image.Resampling.BILINEAR).quantize(
        colours, method=Image.Quantize.MAXCOVERAGE
    )
    poor = photo.quantize(palette=few, dither=dither).convert("RGB")
    return Image.blend(photo, poor, min(1.0, 3 * severity))


def _wavelets(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """JPEG 2000: rings and smears without blocks."""
    memory = io.BytesIO()
    rate = 8.0 * 2.0 ** (5.2 * severity) * float(rng.uniform(0.8, 1.25))
    photo.save(memory, "JPEG2000", quality_mode="rates", quality_layers=[rate])
    with Image.open(memory) as opened:
        return opened.convert("RGB")


def _colourless(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Colour kept for large blocks only, brightness in coarse steps, as in a video call."""
    del rng
    luma, *chroma = photo.convert("YCbCr").split()
    small = _smaller(photo.size, 1.0 / (2 + 22 * severity))
    chroma = [
        plane.resize(small, Image.Resampling.BOX).resize(photo.size, Image.Resampling.BILINEAR)
        for plane in chroma
    ]
    mixed = Image.merge("YCbCr", [luma, *chroma]).convert("RGB")
    return _through(mixed, "JPEG", jpeg_quality(0.9 * severity), subsampling=2)


def _forwarded(photo: Image.Image, severity: float, rng: Rng) -> Image.Image:
    """Sent on and on: a little smaller, sharpened and saved each time."""
    sent = photo
    for _ in range(2 + int(rng.integers(0, 3))):
        factor = 1 - 0.35 * severity * float(rng.uniform(0.4, 1))
        small = sent.resize(_smaller(photo.size, factor), Image.Resampling.LANCZOS)
        small = small.filter(ImageFilter.UnsharpMask(1.2, round(120 * severity), 0))
        sent = _through(small, "JPEG", jpeg_quality(0.8 * severity) + 3, subsampling=2).resize(photo.size)
    return sent


FILES: Mapping[str, Callable[[Image.Image, float, Rng], Image.Image]] = {
    "jpeg": _jpeg,
    "twice": _twice,
    "shrunk": _shrunk,
    "webp": _webp,
    "webp_jpeg": _webp_jpeg,
    "nearest": _nearest,
    "palette": _palette,
    "wavelets": _wavelets,
    "colourless": _colourless,
    "forwarded": _forwarded,
    "block_cosines": coding.block_cosines,
    "haar": coding.haar,
    "two_tones": coding.two_tones,
    "few_patterns": coding.few_patterns,
}
