"""The areas of a face, each cut upright at one scale, with what of it is usable skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import check
from cutis.imaging.face.proportions import AREAS_OF_VIEW, FIVE, MM_PER_PIXEL, SITES, AreaName, Points, View
from cutis.imaging.face.refusals import Refusal
from cutis.imaging.face.usable import Mask, features_left_out, skin_like, usable
from cutis.imaging.face.values import Face
from cutis.imaging.face.warp import Matrix, Upright, corners, cut, placed

_LEAST_SEEN = 0.95  # share of the area that lies within the photo
_LEAST_SKIN = 0.40  # share of what of an area can be skin (not eye, brow, lip) that looks like skin
_MOST_TURNED = 60.0  # degrees between where the skin looks and where the camera is


@dataclass(frozen=True, eq=False)
class Area:
    """One area of a face.

    Attributes:
        name: one of `cutis.imaging.face.AREAS`; left and right are the person's.
        image: (height, width, 3) sRGB, upright.
        mask: (height, width) true where usable skin is: no eye, brow, nostril, lip, hair or deep shadow.
        matrix: (2, 3), from its pixels to the photo's.
        mm_per_pixel: of the image.
        blur: mm per pixel that the photo had there before; above `mm_per_pixel` detail is missing.
        turned: degrees between where the skin looks and where the camera is, by the mean face.
        refusal: why it cannot be judged, or None.
    """

    name: AreaName
    image: NDArray[np.uint8]
    mask: Mask
    matrix: Matrix
    mm_per_pixel: float
    blur: float
    turned: float
    refusal: Refusal | None = None

    @property
    def usable(self) -> float:
        """Share of the image that is usable skin."""
        return float(self.mask.mean())

    @property
    def outline(self) -> Points:
        """Its corners in the photo, (4, 2) pixels, clockwise from the upper left."""
        size = self.image.shape[1], self.image.shape[0]
        return np.asarray(corners(size) @ self.matrix[:, :2].T + self.matrix[:, 2])


def cut_areas(
    rgb: NDArray[np.uint8], face: Face, view: View = "front", mm_per_pixel: float = MM_PER_PIXEL
) -> tuple[Area, ...]:
    """Cut the areas that a view shows.

    Every area of the view is there; one that cannot be judged carries the reason in `refusal`.

    Args:
        rgb: (height, width, 3) sRGB, the photo that the face was found in.
        face: in it.
        view: from where it was taken: ``left`` shows the person's left side.
        mm_per_pixel: of the areas.

    Raises:
        ImageError: the array is not a colour photo of bytes.
    """
    check(rgb)
    copy, skin = usable(rgb, face)
    return tuple(_area(rgb, face, name, (copy, skin), mm_per_pixel) for name in AREAS_OF_VIEW[view])


def _area(
    rgb: NDArray[np.uint8], face: Face, name: AreaName, looked: tuple[Upright, Mask], each: float
) -> Area:
    import cv2

    site = SITES[name]
    size = round(site.size[0] / each), round(site.size[1] / each)
    centre = middle(face, name)
    matrix = placed(face, centre, size, each)
    copy, skin = looked
    onto = _to_copy(matrix, copy)
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    soft = cv2.warpAffine(skin.astype(np.float32), onto, size, flags=flags)
    seen = _within(matrix, size, rgb.shape[:2])
    feature = features_left_out(face, matrix, (size[1], size[0]))
    mask = (soft > 0.5) & seen & feature
    turned = _turned(face, name)
    refusal = _refusal(name, mask, feature, seen, turned)
    return Area(
        name=name,
        image=cut(rgb, matrix, size),
        mask=np.asarray(mask),
        matrix=matrix,
        mm_per_pixel=each,
        blur=face.mm_per_pixel,
        turned=turned,
        refusal=refusal,
    )


def _within(matrix: Matrix, size: tuple[int, int], shape: tuple[int, ...]) -> Mask:
    """Which pixels of a cut lie in the photo."""
    down, across = np.mgrid[: size[1], : size[0]]
    x, y = (row[0] * across + row[1] * down + row[2] for row in matrix)
    return np.asarray((x > -0.5) & (y > -0.5) & (x < shape[1] - 0.5) & (y < shape[0] - 0.5))


def middle(face: Face, name: AreaName) -> tuple[float, float]:
    """Where an area's centre lies in the photo, pixels.

    The lower face follows the mouth that was found, and the nose its tip, where they lie off the mean face.
    """
    off = face.landmarks.points - face.pose.place(FIVE)
    follows = {"nose": 0.7 * off[2], "perioral": off[3:].mean(axis=0), "chin": off[3:].mean(axis=0)}
    place = face.pose.place(np.array([SITES[name].centre]))[0] + follows.get(name, 0.0)
    return float(place[0]), float(place[1])


def _to_copy(matrix: Matrix, copy: Upright) -> Matrix:
    """From pixels of an area to pixels of the upright copy."""
    whole = np.vstack([copy.matrix, [0, 0, 1]])
    return np.asarray((np.linalg.inv(whole) @ np.vstack([matrix, [0, 0, 1]]))[:2])


def _turned(face: Face, name: AreaName) -> float:
    normal = np.array(SITES[name].normal)
    towards = float((face.pose.rotation() @ normal)[2] / np.linalg.norm(normal))
    return float(np.degrees(np.arccos(np.clip(towards, -1, 1))))


def _refusal(name: AreaName, mask: Mask, feature: Mask, seen: Mask, turned: float) -> Refusal | None:
    title = name.replace("_", " ")
    if seen.mean() < _LEAST_SEEN:
        return Refusal(
            "cut_off",
            f"The {title} lies {1 - seen.mean():.0%} outside the photo. Take it again with the whole face, "
            "hairline and chin included, in the picture.",
        )
    if turned > _MOST_TURNED:
        return Refusal(
            "turned_away",
            f"The {title} is turned {turned:.0f} degrees away from the camera; up to "
            f"{_MOST_TURNED:.0f} can be judged. Turn the head less, or photograph this area by itself.",
        )
    share = float(mask[feature].mean()) if feature.any() else 0.0
    if share < _LEAST_SKIN:
        return _covered(name, share)
    return None


def _covered(name: AreaName, share: float) -> Refusal:
    title = name.replace("_", " ")
    found = f"Only {share:.0%} of the {title} looks like skin"
    if name in ("forehead", "glabella"):
        return Refusal(
            "hair", f"{found}: hair or a hat lies over it. Hold the hair back with a band and repeat."
        )
    if name in ("perioral", "chin"):
        return Refusal(
            "beard",
            f"{found}: a beard, a mask or a hand covers it. Take off what can be taken off; skin under "
            "a beard cannot be judged.",
        )
    return Refusal(
        "little_skin",
        f"{found}: hair, glasses, a hand or deep shadow covers it. Free it, light the face evenly from "
        "the front and repeat.",
    )


def area_alone(rgb: NDArray[np.uint8], name: AreaName, mm_per_pixel: float | None = None) -> Area:
    """A photo of one area and nothing else, as an area.

    With no landmarks in view nothing tells the scale, nor where an eye or the lips are: the whole photo is
    the area, brought to the usual scale.

    Args:
        rgb: (height, width, 3) sRGB, upright.
        name: which area it shows.
        mm_per_pixel: of the photo, from a ruler or colour card; by default the photo's shorter side is taken
            to show as much as a cut area's, 36 mm, and lengths and counts per area are no better than that.

    Raises:
        ImageError: the array is not a colour photo of bytes.
        ValueError: no such area, or a scale that is not a length.
    """
    import cv2

    check(rgb)
    if name not in SITES:
        raise ValueError(f"no area is called {name!r}; there are {', '.join(SITES)}")
    if mm_per_pixel is not None and not (np.isfinite(mm_per_pixel) and mm_per_pixel > 0):
        raise ValueError(f"mm_per_pixel is {mm_per_pixel:g}; a length above 0 is needed")
    native = mm_per_pixel or min(SITES[name].size) / min(rgb.shape[:2])
    scale = MM_PER_PIXEL / native
    size = max(1, round(rgb.shape[1] / scale)), max(1, round(rgb.shape[0] / scale))
    matrix = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2]])
    image = cut(rgb, matrix, size)
    small = cv2.resize(image, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    mask = skin_like(Upright(np.asarray(small), matrix, MM_PER_PIXEL / 0.3), None)
    whole = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    refusal = None if whole.mean() >= _LEAST_SKIN else _covered(name, float(whole.mean()))
    return Area(name, image, np.asarray(whole), matrix, MM_PER_PIXEL, native, 0.0, refusal)
