"""What skin, lenses, sensors and software do to a photo, drawn by chance. Pixels in, pixels out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Rng = np.random.Generator


def refocus(image: Image, rng: Rng) -> Image:
    """Out of focus, or sharpened as cameras do."""
    import cv2

    soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.2)) * min(image.shape[:2]) / 224)
    if rng.random() < 0.5:
        return soft.astype(np.uint8, copy=False)
    amount = float(rng.uniform(0.2, 1.0))
    return cv2.addWeighted(image, 1 + amount, soft, -amount, 0).astype(np.uint8, copy=False)


def speckle(image: Image, deviation: float, rng: Rng) -> Image:
    """Grain of one or two pixels, the same in all colours."""
    import cv2

    noise = rng.standard_normal(image.shape[:2], dtype=np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.4, 0.8)))
    gain = np.exp(grain * np.float32(deviation / max(float(grain.std()), 1e-6)))
    speckled: Image = np.clip(image * gain[..., None], 0, 255).astype(np.uint8)
    return speckled


def noise(image: Image, deviation: float, rng: Rng) -> Image:
    """A small sensor's grain, stronger in the light parts, and what software leaves of it."""
    import cv2

    def grain(coarseness: float) -> NDArray[np.float32]:
        drawn = cv2.GaussianBlur(rng.standard_normal(image.shape[:2], dtype=np.float32), (0, 0), coarseness)
        return np.asarray(drawn / max(float(drawn.std()), 1e-6))

    shown = image.astype(np.float32)
    strength = np.float32(255 * deviation) * np.sqrt(np.maximum(shown.mean(-1) / 128, 0.1))
    shown += (strength * grain(float(rng.uniform(0.3, 1.0))))[..., None]
    colour, coarse = rng.uniform(0, 1.0), float(rng.uniform(0.8, 3.0))
    for channel in (0, 2):
        shown[..., channel] += np.float32(colour) * strength * grain(coarse)
    if rng.random() < 0.5:
        smooth = cv2.medianBlur(np.clip(shown, 0, 255).astype(np.uint8), 3)
        shown += np.float32(rng.uniform(0, 0.8)) * (smooth - shown)
    noisy: Image = np.clip(shown + 0.5, 0, 255).astype(np.uint8)
    return noisy


def draw_hair(image: Image, rng: Rng) -> None:
    """A few hairs across the photo, in place."""
    import cv2

    size = image.shape[0]
    shade = tuple(int(v) for v in rng.integers(10, 90) * np.array([1.0, 0.85, 0.7]))
    for _ in range(int(rng.integers(3, 14))):
        start, end = rng.uniform(-0.2, 1.2, (2, 2)) * size
        bend = (start + end) / 2 + rng.normal(0, 0.15, 2) * size
        t = np.linspace(0, 1, 24)[:, None]
        curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        points = np.round(curve * 8).astype(np.int32)[:, None]
        cv2.polylines(image, [points], False, shade, int(rng.integers(1, 3)), cv2.LINE_AA, shift=3)


def draw_ruler(image: Image, rng: Rng) -> None:
    """Ticks of a millimetre scale along one edge, in place."""
    import cv2

    size = image.shape[0]
    step = float(rng.uniform(0.03, 0.08)) * size
    level = int(rng.uniform(0.02, 0.12) * size)
    shade = (30, 30, 30) if rng.random() < 0.7 else (225, 225, 225)
    view = np.rot90(image, int(rng.integers(4)))
    canvas = np.ascontiguousarray(view)
    for i in range(int(size / step)):
        length = int((0.06 if i % 10 == 0 else 0.04 if i % 5 == 0 else 0.025) * size)
        x = int(i * step)
        cv2.line(canvas, (x, level), (x, level + length), shade, 1, cv2.LINE_AA)
    view[:] = canvas


def vignette(image: Image, rng: Rng) -> Image:
    """The black rim of a dermoscope's tube."""
    down, across = (np.linspace(-1, 1, side, dtype=np.float32) for side in image.shape[:2])
    radius = np.hypot(down[:, None] - rng.normal(0, 0.05), across[None] - rng.normal(0, 0.05))
    edge = rng.uniform(0.95, 1.3)
    gain = np.clip((edge - radius) / rng.uniform(0.02, 0.3), 0.03, 1)
    return np.asarray((image * gain[..., None]).astype(np.uint8))


def erase(image: Image, rng: Rng) -> None:
    """Hide a rectangle (DeVries, Taylor 2017), in place, so that no single spot decides."""
    height, width = (rng.uniform(0.15, 0.4, 2) * image.shape[:2]).astype(int)
    top, left = int(rng.integers(image.shape[0] - height)), int(rng.integers(image.shape[1] - width))
    image[top : top + height, left : left + width] = image[::8, ::8].mean((0, 1)).astype(np.uint8)


def falloff(image: Image, depth: float, rng: Rng) -> Image:
    """Light that falls from one side to the other by ``depth`` (0..1) of its mean, in any direction."""
    down, across = (np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in image.shape[:2])
    angle = rng.uniform(0, 2 * np.pi)
    way = np.float32(np.sin(angle)) * down[:, None] + np.float32(np.cos(angle)) * across[None]
    gain = 1 - np.float32(depth) * way / max(float(np.ptp(way)), 1e-6)
    return np.clip(image * gain[..., None] + 0.5, 0, 255).astype(np.uint8)


def compress(image: Image, rng: Rng) -> Image:
    """Stored once more as a JPEG of quality 50 to 95, as programs that pass photos on do."""
    import cv2

    blue_first = np.ascontiguousarray(image[..., ::-1])
    _done, stored = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 96))])
    read = np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.ascontiguousarray(read[..., ::-1])
