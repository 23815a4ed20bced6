"""The courses that wrinkles take on a face: where its muscles fold the skin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cutis.phantoms.canvas import Points, Rng
from cutis.phantoms.facial.person import Anatomy, Person

Counts = tuple[float, float, float, float]
_STEP = 0.4  # mm between points


@dataclass(frozen=True, eq=False)
class Course:
    """Where one line may run.

    Attributes:
        points: (points, 2) mm on the face.
        strength: 0 to 1, depth relative to the deepest of its area.
    """

    points: Points
    strength: float


@dataclass(frozen=True, eq=False)
class Group:
    """Lines that come one after the other as severity grows.

    Attributes:
        name: of the lines.
        courses: in the order in which they come.
        counts: how many are there at grades 1 to 4.
    """

    name: str
    courses: tuple[Course, ...]
    counts: Counts


# Left, top, right and bottom, mm, of the parts of a face where a group lies; of the left half where both
# have one.
_BOXES = {
    "forehead": (-36, -78, 36, -22),
    "frown": (-12, -36, 12, -6),
    "root": (-12, -12, 12, 3),
    "nose": (-16, 4, 16, 30),
    "chin": (-18, 80, 18, 118),
    "lip": (-30, 48, 30, 92),
    "crows feet": (44, -22, 76, 24),
    "under eye": (14, 4, 52, 28),
    "nasolabial": (14, 34, 46, 76),
    "marionette": (16, 64, 34, 96),
    "cheek": (26, 22, 66, 64),
}


def courses(person: Person, box: tuple[float, float, float, float]) -> Iterator[Group]:
    """The courses of a person's face that may reach into a part of it.

    Args:
        box: left, top, right and bottom, mm.
    """
    middle: tuple[tuple[str, Callable[[Person], Group]], ...] = (
        ("forehead", _forehead),
        ("frown", _frown),
        ("root", _root),
        ("nose", _nose),
        ("chin", _chin),
        ("lip", _upper_lip),
        ("lip", _lower_lip),
    )
    both: tuple[tuple[str, Callable[[Anatomy, float, Rng], Group]], ...] = (
        ("crows feet", _crows_feet),
        ("under eye", _under_eye),
        ("nasolabial", _nasolabial),
        ("marionette", _marionette),
        ("cheek", _cheek),
        ("cheek", _cheek_fine),
    )
    for name, build in middle:
        if _meet(_BOXES[name], box):
            yield build(person)
    for number, (name, build_side) in enumerate(both):
        left, top, right, bottom = _BOXES[name]
        for side in (-1.0, 1.0):
            if _meet((left, top, right, bottom) if side > 0 else (-right, top, -left, bottom), box):
                yield build_side(
                    person.anatomy, side, np.random.default_rng([person.build, 77, number, int(side + 1)])
                )


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def bent(
    start: tuple[float, float], end: tuple[float, float], sag: float, rng: Rng, wavy: float = 0.35
) -> Points:
    """A course from one place to another.

    Args:
        sag: mm by which its middle lies to the right of the way from start to end.
        wavy: deviation of its wandering, mm.
    """
    way = np.subtract(end, start)
    length = float(np.hypot(*way))
    along = np.linspace(0, 1, max(int(length / _STEP), 4))
    beside = np.array([-way[1], way[0]]) / max(length, 1e-6)
    wander = np.zeros_like(along)
    for waves in (1.0, 2.3, 5.1):
        wander += rng.normal(0, wavy / waves**1.2) * np.sin(
            2 * np.pi * waves * along * length / 30 + rng.uniform(0, 6.3)
        )
    away = sag * 4 * along * (1 - along) + wander
    return np.asarray(np.array(start) + along[:, None] * way + away[:, None] * beside)


def _own(person: Person, number: int) -> Rng:
    return np.random.default_rng([person.build, 70, number])


def _forehead(person: Person) -> Group:
    rng = _own(person, 0)
    face = person.anatomy
    low, high = -face.brow[0] - 8.0, face.hairline + 5.0
    rows = np.linspace(low, high, 6) + rng.normal(0, 1.0, 6)
    order = [2, 3, 1, 4, 0, 5] if rng.random() < 0.6 else [1, 3, 2, 0, 4, 5]
    lines = []
    for number, place in enumerate(rows[order]):
        half = rng.uniform(22, 31) * (1 - 0.04 * number)
        away = rng.normal(0, 3)
        points = bent(
            (away - half, place), (away + half, place + rng.normal(0, 1)), rng.normal(1.2, 1.6), rng, 0.6
        )
        lines.append(Course(points, 1.0 - 0.07 * number))
        if number >= 1:  # a short companion
            x, y = rng.uniform(-16, 10), place + rng.uniform(2.5, 4.5)
            lines.append(
                Course(bent((x, y), (x + rng.uniform(9, 20), y + rng.normal(0, 0.8)), 0.3, rng), 0.5)
            )
    return Group("forehead", tuple(lines), (2.0, 4.0, 6.5, 9.5))


def _frown(person: Person) -> Group:
    rng = _own(person, 1)
    first = 1.0 if rng.random() < 0.5 else -1.0
    lines = []
    for number, (away, strength) in enumerate(((4.5, 1.0), (5.0, 0.95), (0.5, 0.6), (8.5, 0.6), (9.0, 0.55))):
        side = first * (1.0 if number % 2 == 0 else -1.0)
        x = side * (away + rng.normal(0, 0.8))
        top = -30.0 + rng.normal(0, 2) + 2.0 * (number > 1)
        bottom = -12.0 + rng.normal(0, 1.5) - 2.0 * (number > 1)
        lines.append(
            Course(bent((x + side * 1.2, top), (x - side * 0.8, bottom), -side * 1.0, rng, 0.3), strength)
        )
    return Group("frown", tuple(lines), (1.6, 2.4, 3.4, 5.0))


def _root(person: Person) -> Group:
    """Across the root of the nose."""
    rng = _own(person, 2)
    lines = []
    for number in range(3):
        y, half = -9.0 + 4.0 * number + rng.normal(0, 0.7), rng.uniform(6, 9)
        lines.append(Course(bent((-half, y), (half, y + rng.normal(0, 0.6)), -1.0, rng), 0.8 - 0.15 * number))
    return Group("root", tuple(lines), (0.6, 1.2, 2.0, 3.0))


def _nose(person: Person) -> Group:
    """Oblique lines on both sides of the nose."""
    rng = _own(person, 3)
    lines = []
    for number in range(5):
        for side in (-1.0, 1.0):
            y = 7.0 + 3.2 * number + rng.normal(0, 0.6)
            start = (side * rng.uniform(3.0, 4.5), y)
            end = (side * rng.uniform(10, 14), y + rng.uniform(4, 7))
            lines.append(
                Course(bent(start, end, side * rng.uniform(-0.8, 0.3), rng, 0.2), 0.9 - 0.08 * number)
            )
    order = [2, 3, 4, 5, 0, 1, 6, 7, 8, 9]
    return Group("nose", tuple(lines[i] for i in order), (2.0, 4.5, 7.0, 10.0))


def _chin(person: Person) -> Group:
    rng = _own(person, 4)
    face = person.anatomy
    lines = [Course(bent((-14, face.chin + 2), (14, face.chin + 2), -2.5, rng), 1.0)]
    for number in range(5):
        y = face.chin + 5.5 + 3.2 * number + rng.normal(0, 0.7)
        x, half = rng.normal(0, 3), rng.uniform(5, 11)
        lines.append(
            Course(bent((x - half, y), (x + half, y + rng.normal(0, 1.2)), rng.normal(-0.8, 0.8), rng), 0.7)
        )
    for side in (-1.0, 1.0):
        x = side * rng.uniform(10.5, 13.5)
        lines.append(
            Course(bent((x, face.chin + 3), (x - side * 2.5, face.chin + 16), side * 1.2, rng), 0.75)
        )
    order = [0, 2, 6, 4, 7, 1, 3, 5]
    return Group("chin", tuple(lines[i] for i in order), (1.6, 3.2, 5.2, 8.0))


def _crows_feet(face: Anatomy, side: float, rng: Rng) -> Group:
    lines = []
    turns = np.radians([8, 30, -14, 48, -30, 19, 39, -3, -22, 58])
    for number, turn in enumerate(turns + rng.normal(0, 0.06, len(turns))):
        corner = np.array([31.5 + face.eye[0] + 3.0, -face.slant])
        start = corner + np.array([1.5, 0.0]) + rng.uniform(0, 2.5) * np.array([np.cos(turn), np.sin(turn)])
        start[1] += 5.0 * np.sin(turn)
        end = start + rng.uniform(10, 17) * (1 - 0.03 * number) * np.array([np.cos(turn), np.sin(turn)])
        points = bent((start[0], start[1]), (end[0], end[1]), rng.normal(0.8 * np.sign(turn), 0.4), rng, 0.2)
        lines.append(Course(points * np.array([side, 1.0]), 1.0 - 0.05 * number))
    return Group(f"crows feet {side}", tuple(lines), (2.5, 4.5, 7.0, 10.0))


def _under_eye(face: Anatomy, side: float, rng: Rng) -> Group:
    lines = []
    for number in range(11):
        y = face.eye[1] + 3.0 + 1.25 * number + rng.normal(0, 0.3)
        x, half = 31.5 + rng.normal(0, 4.5), rng.uniform(5, 12)
        sag = -0.022 * half**2 - rng.uniform(0.0, 0.5)
        points = bent((x - half, y - 0.2 * number), (x + half, y + rng.normal(0, 0.8)), -sag, rng, 0.15)
        lines.append(Course(points * np.array([side, 1.0]), 0.38 if number % 3 else 0.55))
    order = rng.permutation(len(lines))
    return Group(f"under eye {side}", tuple(lines[int(i)] for i in order), (2.0, 4.5, 7.5, 11.0))


def _nasolabial(face: Anatomy, side: float, rng: Rng) -> Group:
    nose, mouth = face.nose_tip, face.mouth
    start = (nose[1] + 2.5, nose[0] + 1.0)
    end = (mouth[1] + 5.5, mouth[0] + 1.0)
    main = bent(start, end, -rng.uniform(1.5, 3.0), rng, 0.3)
    second = bent((start[0] + 6, start[1] + 8), (end[0] + 4, end[1] - 4), -1.5, rng, 0.3)
    both = tuple(Course(points * np.array([side, 1.0]), s) for points, s in ((main, 1.0), (second, 0.55)))
    return Group(f"nasolabial {side}", both, (0.9, 1.0, 1.4, 2.0))


def _marionette(face: Anatomy, side: float, rng: Rng) -> Group:
    mouth = face.mouth
    points = bent((mouth[1] + 2, mouth[0] + 2), (mouth[1] - 1.5, mouth[0] + 19), -1.2, rng, 0.3)
    return Group(f"marionette {side}", (Course(points * np.array([side, 1.0]), 0.9),), (0.0, 0.5, 0.9, 1.0))


def _cheek(face: Anatomy, side: float, rng: Rng) -> Group:
    """Curved lines beside one another, as on an accordion."""
    lines = []
    for number in range(7):
        x = 36.5 + 3.4 * number + rng.normal(0, 0.6)
        start, end = (x - 3.5 + rng.normal(0, 1), rng.uniform(27, 34)), (x - 2.5, rng.uniform(48, 58))
        lines.append(Course(bent(start, end, -rng.uniform(2.0, 3.5), rng, 0.3) * np.array([side, 1.0]), 0.8))
    order = [3, 5, 1, 4, 2, 6, 0]
    return Group(f"cheek {side}", tuple(lines[i] for i in order), (1.2, 2.6, 4.4, 7.0))


def _cheek_fine(face: Anatomy, side: float, rng: Rng) -> Group:
    """Short fine lines that cross, in thin or sun-damaged skin."""
    lines = []
    for _ in range(34):
        x, y = rng.uniform(25, 58), rng.uniform(26, 59)
        turn = rng.choice([0.9, 2.2]) + rng.normal(0, 0.2)
        half = rng.uniform(1.5, 4.0)
        away = half * np.array([np.cos(turn), np.sin(turn)])
        points = bent((x - away[0], y - away[1]), (x + away[0], y + away[1]), 0.0, rng, 0.1)
        lines.append(Course(points * np.array([side, 1.0]), 0.3))
    return Group(f"cheek fine {side}", tuple(lines), (4.0, 12.0, 22.0, 34.0))


def _upper_lip(person: Person) -> Group:
    return _lip(person, upper=True)


def _lower_lip(person: Person) -> Group:
    return _lip(person, upper=False)


def _lip(person: Person, *, upper: bool) -> Group:
    """Radial lines round the mouth."""
    rng = _own(person, 5 + upper)
    face = person.anatomy
    lines = []
    count = 17 if upper else 11
    for number in range(count):
        place = (number + 0.5) / count * 2 - 1
        x = place * (face.mouth[1] - 3) + rng.normal(0, 0.6)
        rim = 1 - 0.75 * abs(place) ** 1.6
        if upper:
            start = (x, face.mouth[0] - face.lips[0] * rim + rng.uniform(-1.5, 0.8))
            end = (x * 1.12, start[1] - rng.uniform(3.0, 9.0))
        else:
            start = (x, face.mouth[0] + face.lips[1] * rim + 0.5)
            end = (x * 1.1, start[1] + rng.uniform(3.0, 6.5))
        lines.append(Course(bent(start, end, rng.normal(0, 0.4), rng, 0.2), float(rng.uniform(0.3, 0.8))))
    order = rng.permutation(count)
    counts = (3.0, 6.5, 11.0, 17.0) if upper else (1.0, 3.0, 6.0, 11.0)
    return Group("upper lip" if upper else "lower lip", tuple(lines[int(i)] for i in order), counts)
