"""Where a camera sees a head: perspective, turned in three ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.phantoms.canvas import Field, Points
from cutis.phantoms.faces.head import DEPTH, TOP, WIDER, Head, rolled

_NEAR, _FAR, _STEP = 62.0, -120.0, 4.0  # mm from the pupils' plane, along the line of sight
_HALVINGS = 6


@dataclass(frozen=True)
class Sight:
    """How a head is seen.

    Attributes:
        roll, yaw, pitch: degrees, as in `cutis.imaging.face.Pose`.
        scale: pixels per mm in the plane through the middle between the pupils.
        centre: pixel of that middle.
        distance: of the camera from it, mm.
    """

    roll: float
    yaw: float
    pitch: float
    scale: float
    centre: tuple[float, float]
    distance: float

    def rotation(self) -> Points:
        """(3, 3) from the head to the camera."""
        roll, yaw, pitch = np.radians([self.roll, self.yaw, self.pitch])
        turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
        tip = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        return np.asarray(tip @ nod @ turn)

    def project(self, places: Points) -> Points:
        """Pixels (points, 2) of places of the head, (points, 3) mm."""
        seen = places @ self.rotation().T
        larger = self.distance / (self.distance - seen[:, 2:])
        return np.asarray(seen[:, :2] * self.scale * larger + np.array(self.centre))

    def scale_at(self, places: Points) -> Points:
        """Pixels per mm there, (points,)."""
        depth = (places @ self.rotation().T)[:, 2]
        return np.asarray(self.scale * self.distance / (self.distance - depth))


def meet(head: Head, sight: Sight, shape: tuple[int, int], step: int) -> tuple[Field, Field, Field]:
    """Where the line of sight through every ``step``-th pixel meets a head.

    Args:
        shape: height and width of the photo.

    Returns:
        Chart places u and v, mm, and how deep the line runs in the head, mm (below 0 it misses by as much);
        each (rows, columns) of every ``step``-th pixel.
    """
    rows = np.arange(0, shape[0] + step, step, dtype=np.float32)
    columns = np.arange(0, shape[1] + step, step, dtype=np.float32)
    x = (columns[None, :] - np.float32(sight.centre[0])) / np.float32(sight.scale * sight.distance)
    y = (rows[:, None] - np.float32(sight.centre[1])) / np.float32(sight.scale * sight.distance)
    x, y = np.broadcast_arrays(x, y)
    back = sight.rotation().T.astype(np.float32)

    def inside(depth: Field) -> tuple[Field, Field, Field]:
        away = np.float32(sight.distance) - depth
        seen = (x * away, y * away, depth)
        place = [back[i, 0] * seen[0] + back[i, 1] * seen[1] + back[i, 2] * seen[2] for i in range(3)]
        return _within(head, *place)

    first = np.full(x.shape, np.float32(_FAR - 1))
    best, nearest = np.full(x.shape, np.float32(-1e3)), np.zeros(x.shape, dtype=np.float32)
    for depth in np.arange(_NEAR, _FAR, -_STEP, dtype=np.float32):
        gain = inside(np.full(x.shape, depth))[2]
        nearest = np.where(gain > best, depth, nearest)
        best = np.maximum(best, gain)
        first = np.where((first < _FAR) & (gain > 0), depth, first)
    low, high = first, first + np.float32(_STEP)
    for _ in range(_HALVINGS):
        half = (low + high) / 2
        within = inside(half)[2] > 0
        low, high = np.where(within, half, low), np.where(within, high, half)
    u, v, _ = inside(np.where(first < _FAR, nearest, low))
    return u, v, best


def _within(head: Head, x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
    """Chart places below points of space, and how deep they lie in the head, mm."""
    v = y / np.float32(head.length)
    half, front = head.section(v)
    across, along = x / (half * np.float32(WIDER)), (z - front + DEPTH) / np.float32(DEPTH)
    radius = np.hypot(across, along)
    u = half * rolled(np.arctan2(across, along))
    depth = (1 + head.height(u, v) / np.float32(DEPTH) - radius) * np.float32(DEPTH)
    above = np.float32(TOP) - v  # nothing is above the crown
    return u, v, np.asarray(np.where(above > 0, np.minimum(depth, -above), depth), dtype=np.float32)
