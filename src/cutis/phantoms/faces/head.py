"""The shape of a head: a surface over a chart in millimetres, and where a line of sight meets it.

The chart is the face seen from the front, unrolled at the sides: near the middle its first coordinate is the
distance from the midline, its second the distance below the pupils, so that what `cutis.phantoms.facial`
paints in these millimetres lies where it belongs. The head is a stack of ellipses, on which the features
rise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cutis.phantoms.canvas import Field, Points, blur, rise
from cutis.phantoms.facial import Person, Sheet
from cutis.phantoms.facial.features import add_form
from cutis.phantoms.facial.skin import bare

PIXEL = 0.6  # mm of the coarse chart
_HALF = 118.0  # the chart reaches so far to both sides, mm along the surface
TOP, _BOTTOM = -112.0, 150.0
_LINEAR = 0.8  # up to this share of the half width the chart is the view from the front
DEPTH = 80.0  # half of the head's depth, mm
WIDER = 1.022  # the sockets draw the pupils inwards; this leads them back to 63 mm
# Height of a section below the pupils; half its width; how far its front lies before the pupils.
_SECTIONS = np.array(
    [
        (-112.0, 3.0, -76.0),
        (-110.0, 22.0, -58.0),
        (-104.0, 40.0, -38.0),
        (-90.0, 58.0, -19.0),
        (-68.0, 69.0, -6.0),
        (-45.0, 72.0, 1.5),
        (-20.0, 72.5, 5.0),
        (5.0, 71.0, 4.0),
        (30.0, 69.0, 5.0),
        (50.0, 65.0, 6.5),
        (70.0, 59.5, 7.0),
        (86.0, 53.0, 6.0),
        (98.0, 46.0, 6.0),
        (107.0, 40.0, 3.5),
        (112.5, 37.0, -3.0),
        (116.0, 41.0, -20.0),
        (121.0, 47.0, -38.0),
        (130.0, 50.0, -46.0),
        (150.0, 52.0, -48.0),
    ]
)


@dataclass(frozen=True, eq=False)
class Head:
    """A head without hair.

    Attributes:
        chart: coarse places, mm.
        raised: height of the features over the ellipses, mm; (height, width) of the chart.
        length: of the face over the usual.
        broad: of the jaw and cheeks over the usual.
    """

    chart: Sheet
    raised: Field
    length: float
    broad: float

    def section(self, y: Field) -> tuple[Field, Field]:
        """Half width and front of the sections at heights of the chart, mm."""
        from scipy.interpolate import PchipInterpolator

        grid = np.linspace(TOP, _BOTTOM, 1024)
        where = (np.clip(y, TOP, _BOTTOM) - TOP) / (_BOTTOM - TOP) * 1023
        half, front = (
            PchipInterpolator(_SECTIONS[:, 0], _SECTIONS[:, column])(grid).astype(np.float32)
            for column in (1, 2)
        )
        index = where.astype(np.int32)
        lower = 1 + np.float32(self.broad - 1) * rise(y - 40, 60.0)
        return np.asarray(half.take(index) * lower), np.asarray(front.take(index))

    def surface(self, u: Field, v: Field) -> Field:
        """Places of the head, (3, ...) mm, of places of the chart."""
        half, front = self.section(v)
        angle = unrolled(u / half)
        out = 1 + self.height(u, v) / np.float32(DEPTH)
        x = np.float32(WIDER) * half * np.sin(angle) * out
        z = front - DEPTH + DEPTH * np.cos(angle) * out
        return np.stack([x, v * np.float32(self.length), z]).astype(np.float32)

    def height(self, u: Field, v: Field) -> Field:
        """Height of the features, bilinear."""
        import cv2

        left, top = self.chart.corner
        across = np.ascontiguousarray((u - np.float32(left)) / np.float32(PIXEL), dtype=np.float32)
        down = np.ascontiguousarray((v - np.float32(top)) / np.float32(PIXEL), dtype=np.float32)
        flat = across.reshape(1, -1) if across.ndim == 1 else across
        mapped = cv2.remap(
            self.raised, flat, down.reshape(flat.shape), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(mapped, dtype=np.float32).reshape(u.shape)

    def place(self, points: Points) -> Points:
        """(points, 3) mm of the head of places of the chart, (points, 2)."""
        u, v = (points[:, axis].astype(np.float32) for axis in (0, 1))
        return np.asarray(self.surface(u, v).T, dtype=np.float64)

    @cached_property
    def frame(self) -> tuple[Field, Field, Field]:
        """Unit tangents to the right and down and the outward normal over the chart, each (3, h, w)."""
        places = self.surface(self.chart.x, self.chart.y)
        across = np.gradient(places, axis=2)
        down = np.gradient(places, axis=1)
        across /= np.maximum(np.linalg.norm(across, axis=0), 1e-4)
        down /= np.maximum(np.linalg.norm(down, axis=0), 1e-4)
        out = np.cross(across, down, axis=0)
        out /= np.maximum(np.linalg.norm(out, axis=0), 1e-4)
        return across, down, out

    @cached_property
    def open(self) -> Field:
        """Share of light from everywhere that reaches a place: less beside the nose and in the sockets."""
        near, far = (np.clip(blur(self.raised, reach / PIXEL) - self.raised, 0, 8) for reach in (4.0, 10.0))
        under = rise(self.chart.y - 117, 16.0)  # below the jaw
        return np.asarray((1 - 0.5 * under) * np.exp(-0.10 * (near + far)), dtype=np.float32)


def unrolled(share: Field) -> Field:
    """Angle around the head, radians, of a place of the chart over the half width there."""
    bend = np.arcsin(_LINEAR)
    slope = 1 / np.sqrt(1 - _LINEAR**2)
    size = np.abs(share)
    inner = np.arcsin(np.minimum(size, _LINEAR))
    outer = bend + slope * (size - _LINEAR)
    return np.asarray(np.sign(share) * np.where(size < _LINEAR, inner, outer), dtype=np.float32)


def rolled(angle: Field) -> Field:
    """The inverse of `unrolled`."""
    bend = np.arcsin(_LINEAR)
    slope = 1 / np.sqrt(1 - _LINEAR**2)
    size = np.abs(angle)
    share = np.where(size < bend, np.sin(np.minimum(size, bend)), _LINEAR + (size - bend) / slope)
    return np.asarray(np.sign(angle) * share, dtype=np.float32)


def head_of(person: Person) -> Head:
    """The head that belongs to a person's face: always the same."""
    rng = np.random.default_rng([person.build, 11])
    shape = (round((_BOTTOM - TOP) / PIXEL), round(2 * _HALF / PIXEL))
    chart = Sheet((0.0, (TOP + _BOTTOM) / 2), shape, PIXEL)
    skin = bare(chart, person)
    add_form(skin)
    x, y = np.abs(chart.x), chart.y
    # What is painted from the front bends back as a parabola does; the ellipses do that here.
    form = skin.form + x**2 / np.float32(150.0) + (y - 10) ** 2 / np.float32(420.0)
    inside = rise(60 - x, 16.0) * rise(y + 76, 16.0) * rise(118 - y, 6.0)
    ear = np.exp(-(((np.abs(x) - 83) / 7) ** 2) - ((y - 12) / 24) ** 4)
    hollow = np.exp(-(((np.abs(x) - 82) / 3.5) ** 2) - ((y - 10) / 15) ** 4)
    raised = form * inside + np.float32(20.0) * ear - np.float32(9.0) * hollow
    male = float(person.sex == "male")
    return Head(
        chart,
        blur(raised.astype(np.float32), 0.8),
        length=float(np.clip(rng.normal(1.0 + 0.015 * (2 * male - 1), 0.035), 0.9, 1.1)),
        broad=float(np.clip(rng.normal(0.99 + 0.03 * male, 0.03), 0.9, 1.1)),
    )
