"""A photo with a colour card in it: skin of known tone, the card in perspective, light, and a phone.

The scene is reflectance in linear sRGB. Light falls on skin and card alike (its colour, slope and a hard
shadow); the camera adds what cameras do: a colour matrix and white balance that are not quite right,
exposure, a tone curve, blur, noise and JPEG.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.colour_card.reference import COLUMNS, PATCH, ROWS, Edition, patch_light, places
from cutis.imaging.colour_card.spaces import shown
from cutis.phantoms import optics
from cutis.phantoms.rendered import Rendered

Light = NDArray[np.float32]  # (height, width, 3), linear
Rng = np.random.Generator

_BORDER = 0.045  # reflectance of the card's black ground
_CELL = 44  # pixels of a pitch on the drawn card
MARGIN = 0.35  # of a pitch, from the patches' edge to the card's


@dataclass(frozen=True)
class Placing:
    """Where the card lies in the photo.

    Attributes:
        centre: of the card, as shares of the photo's width and height.
        pitch: from patch to patch at the card's centre, in pixels.
        angle: degrees, anticlockwise on the screen.
        tilt: perspective, across and down: how much nearer one end is, 0 facing the camera, up to 0.5.
    """

    centre: tuple[float, float] = (0.5, 0.25)
    pitch: float = 30.0
    angle: float = 0.0
    tilt: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Shot:
    """Light and camera.

    Attributes:
        light: colour of the light that white balance left over, of red, green and blue.
        exposure: 1 shows reflectance as it is.
        slope: change of light across the photo and down it, as a share from edge to edge.
        shade: how much light a hard shadow takes away, 0..1, left of `shade_edge`.
        shade_edge: share of the photo's width.
        matrix: how far the camera's colours are from sRGB: 0 none, 1 as of a bad phone.
        curve: contrast of the tone curve, 0 none, 0.5 as phones have.
        blur: deviation in pixels.
        noise: deviation at mid-grey in display values (0 to 255).
        jpeg: quality; None for none.
    """

    light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: float = 1.0
    slope: tuple[float, float] = (0.0, 0.0)
    shade: float = 0.0
    shade_edge: float = 0.5
    matrix: float = 0.0
    curve: float = 0.0
    blur: float = 0.6
    noise: float = 1.0
    jpeg: int | None = 92


@dataclass(frozen=True)
class Scene:
    """What is photographed.

    Attributes:
        skin_type: Fitzpatrick, 1 to 6.
        place: within the type, 0 palest to 1 darkest.
        height, width: of the photo in pixels.
        edition: of the card's colours.
        background: reflectance of the wall behind, (3,) linear.
        skin: share of the photo's height, from below, that skin fills.
    """

    skin_type: int = 3
    place: float = 0.5
    height: int = 480
    width: int = 640
    edition: Edition = "2014"
    background: tuple[float, float, float] = (0.45, 0.44, 0.42)
    skin: float = 0.5


# What phones' matrices leave undone, per band of the sensor: too little separation of neighbours.
_CROSSTALK = np.array([[0.86, 0.17, -0.03], [0.07, 0.86, 0.07], [0.00, 0.14, 0.86]])


def draw_placing(rng: Rng, pitch: tuple[float, float] = (20.0, 45.0)) -> Placing:
    """A card as people hold it: somewhat turned and tilted."""
    return Placing(
        centre=(float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.28, 0.36))),
        pitch=float(rng.uniform(*pitch)),
        angle=float(rng.uniform(-25, 25)),
        tilt=(float(rng.uniform(-0.18, 0.18)), float(rng.uniform(-0.18, 0.18))),
    )


def draw_shot(rng: Rng) -> Shot:
    """Light of a room and a phone that has nearly balanced it."""
    warm, tint = rng.normal(0, 0.12), rng.normal(0, 0.04)
    return Shot(
        light=(float(np.exp(0.45 * warm)), float(np.exp(tint)), float(np.exp(-warm))),
        exposure=float(rng.uniform(0.65, 0.9)),
        slope=(float(rng.uniform(-0.1, 0.1)), float(rng.uniform(-0.1, 0.1))),
        matrix=float(rng.uniform(0, 1)),
        curve=float(rng.uniform(0, 0.5)),
        blur=float(rng.uniform(0.5, 1.0)),
        noise=float(rng.uniform(0.5, 3.0)),
        jpeg=int(rng.integers(80, 96)),
    )


def render(
    rng: Rng, scene: Scene | None = None, placing: Placing | None = None, shot: Shot | None = None
) -> Rendered:
    """Photograph skin below a wall, with a card.

    Args:
        rng: skin's texture and the camera's noise, pixel by pixel.
        scene: what is photographed.
        placing: of the card; None for a photo without one.
        shot: light and camera.

    Returns:
        The photo; its mask is skin (card excluded); truth holds ``ita`` (degrees, of the mean colour of the
        skin), ``light`` (its (3,) mean linear sRGB), and where there is a card ``corners`` ((4, 2) pixels
        of the outer corners of the patches' grid: by dark skin, bluish green, black, white) and ``pitch``
        (pixels).
    """
    scene, shot = scene or Scene(), shot or Shot()
    light, mask = scene_light(scene, rng)
    mean = light[mask].mean(axis=0).astype(np.float64)
    truth: dict[str, Any] = {
        "ita": optics.typology_angle(mean),
        "light": mean,
        "skin_type": scene.skin_type,
    }
    if placing is not None:
        matrix = homography(placing, scene.height, scene.width)
        light, covered = put_card(light, matrix, scene.edition)
        mask = mask & ~covered
        truth |= {"corners": project(matrix, grid_corners()), "pitch": placing.pitch}
    return Rendered(photograph(light, shot, rng), mask, truth)


def homography(placing: Placing, height: int, width: int) -> NDArray[np.float64]:
    """(3, 3): from a place on the card (column, row; the first patch's centre is 0, 0) to pixels."""
    turn = np.radians(placing.angle)
    cos, sin = np.cos(turn), np.sin(turn)
    middle = np.array([[1, 0, -(COLUMNS - 1) / 2], [0, 1, -(ROWS - 1) / 2], [0, 0, 1]])
    seen = np.diag([placing.pitch, placing.pitch, 1.0])
    seen[2, :2] = np.array(placing.tilt) / np.array([COLUMNS, ROWS])
    turned = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    moved = np.array([[1, 0, placing.centre[0] * width], [0, 1, placing.centre[1] * height], [0, 0, 1]])
    return np.asarray(moved @ turned @ seen @ middle)


def grid_corners() -> NDArray[np.float64]:
    """(4, 2) outer corners of the grid of patches, on the card."""
    edge = PATCH / 2
    right, bottom = COLUMNS - 1 + edge, ROWS - 1 + edge
    return np.array([[-edge, -edge], [right, -edge], [right, bottom], [-edge, bottom]])


def project(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) pixels of (n, 2) places on the card."""
    seen = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(seen[:, :2] / seen[:, 2:])


def put_card(
    scene: Light, matrix: NDArray[np.float64], edition: Edition = "2014"
) -> tuple[Light, NDArray[np.bool_]]:
    """Lay the card over a scene.

    Args:
        scene: (height, width, 3) linear reflectance.
        matrix: from `homography`.
        edition: of the card's colours.

    Returns:
        The scene with the card, and (height, width) where the card covers more than half of a pixel.
    """
    import cv2

    card, shift = _drawn(edition), (0.5 + MARGIN) * _CELL - 0.5
    to_card = np.array([[_CELL, 0, shift], [0, _CELL, shift], [0, 0, 1.0]])
    warp = matrix @ np.linalg.inv(to_card)
    height, width = scene.shape[:2]
    opaque = np.ones(card.shape[:2], np.float32)
    fine, size = np.diag([2.0, 2.0, 1.0]), (2 * width, 2 * height)  # averaged below, so that edges are soft
    fine[:2, 2] = 0.5
    seen: Any = cv2.warpPerspective(card * opaque[..., None], fine @ warp, size, flags=cv2.INTER_LINEAR)
    cover: Any = cv2.warpPerspective(opaque, fine @ warp, size, flags=cv2.INTER_LINEAR)
    seen = cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(cover, (width, height), interpolation=cv2.INTER_AREA)
    return (scene * (1 - cover[..., None]) + seen).astype(np.float32), np.asarray(cover > 0.5)


@lru_cache(maxsize=2)
def _drawn(edition: Edition) -> Light:
    """The card facing the camera, linear reflectance."""
    rows, columns = (round((n + 2 * MARGIN) * _CELL) for n in (ROWS, COLUMNS))
    card = np.full((rows, columns, 3), _BORDER, np.float32)
    half = round(PATCH * _CELL / 2)
    for (column, row), light in zip(places(), patch_light(edition), strict=True):
        x, y = (round((place + 0.5 + MARGIN) * _CELL) for place in (column, row))
        card[y - half : y + half, x - half : x + half] = light
    return card


def scene_light(scene: Scene, rng: Rng) -> tuple[Light, NDArray[np.bool_]]:
    """A scene without a card.

    Returns:
        (height, width, 3) linear reflectance, and (height, width) where skin is.
    """
    import cv2

    shape = (scene.height, scene.width)
    melanin = optics.melanin_of_type(scene.skin_type, scene.place)

    def uneven(reach: float, amount: float) -> NDArray[np.float32]:
        noise: Any = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), reach)
        return np.asarray(np.exp(noise * np.float32(amount / max(float(noise.std()), 1e-9))))

    pigment = (melanin * uneven(12.0, 0.06) * uneven(2.0, 0.04)).astype(np.float32)
    blood = (0.6 * optics.NORMAL_BLOOD * uneven(20.0, 0.15)).astype(np.float32)
    bands = optics.skin_reflectance(pigment, blood, blood * np.float32(0.4 / 0.6))
    light = np.tensordot(optics.band_to_srgb(), bands, axes=1).transpose(1, 2, 0)
    skin = np.zeros(shape, np.bool_)
    skin[round(scene.height * (1 - scene.skin)) :] = True
    wall = np.array(scene.background, np.float32) * uneven(30.0, 0.03)[..., None]
    return np.where(skin[..., None], light, wall).astype(np.float32), skin


def photograph(scene: Light, shot: Shot, rng: Rng) -> NDArray[np.uint8]:
    """Light falls on a scene and a phone takes it.

    Args:
        scene: (height, width, 3) linear reflectance.
        shot: light and camera.
        rng: draws the noise.

    Returns:
        (height, width, 3) sRGB.
    """
    import cv2

    height, width = scene.shape[:2]
    across, down = np.linspace(-0.5, 0.5, width), np.linspace(-0.5, 0.5, height)
    falls = 1 + shot.slope[0] * across[None] + shot.slope[1] * down[:, None]
    falls = falls * np.where(across[None] + 0.5 < shot.shade_edge, 1 - shot.shade, 1.0)
    seen: Any = scene * falls[..., None].astype(np.float32) * np.array(shot.light, np.float32)
    seen = seen * np.float32(shot.exposure)
    matrix = (1 - shot.matrix) * np.eye(3) + shot.matrix * _CROSSTALK
    if shot.blur > 0:
        seen = cv2.GaussianBlur(seen, (0, 0), shot.blur)
    values = shown(np.maximum(seen @ matrix.T.astype(np.float32), 0)).astype(np.float32)
    values = np.clip(values, 0, 1)
    values += np.float32(shot.curve) * (values * values * (3 - 2 * values) - values)
    grain = rng.standard_normal(values.shape, dtype=np.float32) * np.float32(shot.noise / 255)
    levels = np.clip((values + grain) * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)
    return levels if shot.jpeg is None else _jpeg(levels, shot.jpeg)


def _jpeg(levels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
