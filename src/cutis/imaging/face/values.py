"""A face in a photo: where its landmarks are, how it is turned, how large a millimetre is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.face.proportions import CHIN, PUPILS, PUPILS_SPREAD, Points

Point = tuple[float, float]  # right, down; pixels of the photo; 0 is the middle of its first pixel


@dataclass(frozen=True)
class Box:
    """A rectangle in the photo, pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Landmarks:
    """Five places of a face in pixels of the photo. Left and right are the person's."""

    eye_left: Point
    eye_right: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point

    @property
    def points(self) -> Points:
        """(5, 2) pixels, in the order of the attributes."""
        return np.array([self.eye_left, self.eye_right, self.nose, self.mouth_left, self.mouth_right])


@dataclass(frozen=True)
class Found:
    """What a detector says of one face.

    Attributes:
        box: around it.
        landmarks: of it.
        score: 0..1, how sure the detector is.
    """

    box: Box
    landmarks: Landmarks
    score: float


Detector = Callable[[NDArray[np.uint8]], Sequence[Found]]


@dataclass(frozen=True)
class Pose:
    """How a face is turned, in degrees, and where it lies.

    Attributes:
        roll: above 0 the head is tipped clockwise in the photo.
        yaw: above 0 the nose points to the right of the photo, and the person's right side is seen.
        pitch: above 0 the chin is up. The least certain: a long face looks like a raised one.
        scale: pixels per mm of a face whose pupils are 63 mm apart.
        length: of this face over the usual, for the same distance of pupils.
        shift: place of the middle between the pupils, pixels.
        spread: standard error of the scale as a share of it, from turning and proportions.
    """

    roll: float
    yaw: float
    pitch: float
    scale: float
    length: float
    shift: Point
    spread: float

    def rotation(self) -> Points:
        """(3, 3): from the face to the photo's axes."""
        roll, yaw, pitch = np.radians([self.roll, self.yaw, self.pitch])
        turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
        tip = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        return np.asarray(tip @ nod @ turn)

    def place(self, places: Points) -> Points:
        """Pixels (points, 2) of places in the face, (points, 3) mm."""
        stretched = np.asarray(places, dtype=np.float64) * np.array([1.0, self.length, 1.0])
        turned = stretched @ self.rotation()[:2].T
        return np.asarray(turned * self.scale + np.array(self.shift))


@dataclass(frozen=True)
class Face:
    """A face in a photo.

    Attributes:
        box: around it, pixels.
        landmarks: as found or given.
        pose: fitted to them.
        score: how sure the detector was, 0..1; 1 for landmarks that were given.
        mm_per_pixel: of the photo, where the face is.
        spread: standard error of that as a share of it; 0.06 where it rests on the pupils of some adult.
    """

    box: Box
    landmarks: Landmarks
    pose: Pose
    score: float
    mm_per_pixel: float
    spread: float

    @property
    def eyes(self) -> tuple[Point, Point]:
        """The person's left and right pupil."""
        return self.landmarks.eye_left, self.landmarks.eye_right

    @property
    def nose(self) -> Point:
        """Its tip."""
        return self.landmarks.nose

    @property
    def mouth(self) -> Point:
        """Middle between its corners."""
        (x, y), (u, v) = self.landmarks.mouth_left, self.landmarks.mouth_right
        return (x + u) / 2, (y + v) / 2

    @property
    def chin(self) -> Point:
        """Its lowest place, by proportion: no detector points at it."""
        across, down = self.pose.place(np.array([CHIN]))[0]
        return float(across), float(down)

    @property
    def roll(self) -> float:
        """Degrees; see `Pose`."""
        return self.pose.roll

    @property
    def yaw(self) -> float:
        """Degrees; see `Pose`."""
        return self.pose.yaw

    @property
    def pitch(self) -> float:
        """Degrees; see `Pose`."""
        return self.pose.pitch

    @property
    def pupils(self) -> float:
        """Pixels between the pupils, as the photo shows them."""
        return float(np.hypot(*np.subtract(*self.eyes)))

    def scaled(self, mm_per_pixel: float, spread: float = 0.01) -> Face:
        """The same face where a colour card or a ruler says how large a pixel is."""
        if not (np.isfinite(mm_per_pixel) and mm_per_pixel > 0):
            raise ValueError(f"mm_per_pixel is {mm_per_pixel:g}; a length above 0 is needed")
        return replace(self, mm_per_pixel=float(mm_per_pixel), spread=spread)


def face_of(
    landmarks: Landmarks,
    *,
    box: Box | None = None,
    score: float = 1.0,
    pupils_mm: float | None = None,
) -> Face:
    """A face from five landmarks, found or given by hand.

    Args:
        landmarks: pixels of the photo.
        box: around the face; by default from the landmarks and proportions.
        score: of the detector.
        pupils_mm: the person's own distance of pupils, as an optician measures it; by default 63 mm, from
            which an adult deviates by 6 %.

    Raises:
        ValueError: landmarks that are not finite, coincide or cannot belong to a face; a distance that no
            person has.
    """
    from cutis.imaging.face.pose import fit

    if pupils_mm is not None and not 40 <= pupils_mm <= 80:
        raise ValueError(f"pupils_mm is {pupils_mm:g}; people have 40 to 80 mm between their pupils")
    pose = fit(landmarks)
    unit = 1.0 if pupils_mm is None else pupils_mm / PUPILS
    known = PUPILS_SPREAD if pupils_mm is None else 0.01
    return Face(
        box=box or _box(pose),
        landmarks=landmarks,
        pose=pose,
        score=score,
        mm_per_pixel=unit / pose.scale,
        spread=float(np.hypot(known, pose.spread)),
    )


def _box(pose: Pose) -> Box:
    """Around cheeks, hairline and chin."""
    rim = np.array(
        [(x, y, z) for x, y, z in ((0, -66, 0), (0, 114, 5), (62, 20, -30), (-62, 20, -30), (0, 39, 27))]
    )
    places = pose.place(rim.astype(np.float64))
    (left, top), (right, bottom) = places.min(axis=0), places.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))
