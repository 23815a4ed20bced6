"""Lesions of a photo as values: numbered, editable, and to and from plain dicts for pages and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.imaging.lesions.runs import from_runs, to_runs
from cutis.imaging.regions import Box, given

Source = Literal["found", "given"]
State = Literal["found", "no_lesion", "no_skin"]


@dataclass(frozen=True)
class Lesion:
    """One lesion. Lengths are in pixels of the photo, places in its rows and columns.

    Attributes:
        number: its name in the photo; it keeps it when others are added or taken away.
        box: around it, without a margin.
        centre: column and row of its centre of mass.
        area: in pixels.
        diameter: of a disc of that area, in pixels.
        source: 'found' by colour, or 'given' by a user.
        contrast: erythema index (log of red over green light) above the skin around it: 0.05 is hardly seen,
            0.1 faint, 0.2 distinct, 0.5 deep red, and about the same on all tones. None where a user drew it.
        score: 0..1, how clearly it stands out; orders lesions, no probability. 1 where a user drew it.
        roundness: 0..1, width over length.
        solidity: 0..1, area over that of its convex outline; confluent lesions have little.
        grid: rows and columns of the outline's own pixels, which cover ``box``.
        runs: lengths of what is outside, inside, outside ... of them, row by row.
    """

    number: int
    box: Box
    centre: tuple[float, float]
    area: float
    diameter: float
    source: Source
    contrast: float | None
    score: float
    roundness: float
    solidity: float
    grid: tuple[int, int]
    runs: tuple[int, ...]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(rows of the box, columns of the box) where it is."""
        import cv2

        small = from_runs(self.runs, self.grid)
        height, width = self.box.bottom - self.box.top, self.box.right - self.box.left
        if small.shape == (height, width):
            return small
        # A rim of nothing, so that the outline is rounded off at the box as it is elsewhere.
        down, across = height / small.shape[0], width / small.shape[1]
        to_rim = np.array([[1 / across, 0, 0.5 / across + 0.5], [0, 1 / down, 0.5 / down + 0.5]])
        rimmed = np.pad(small, 1).astype(np.uint8) * np.uint8(255)
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(rimmed, to_rim, (width, height), flags=how) > 127)


@dataclass(frozen=True)
class Lesions:
    """The lesions of one photo, the clearest first.

    Attributes:
        height: of the photo, in pixels.
        width: of the photo, in pixels.
        items: the lesions.
        skin: share of the photo that is skin, 0..1.
        note: what the finder has to say, in a sentence; empty where lesions were found.
        pixel_size: millimetres per pixel; None where it is not known.
        removed: numbers that a user took away; they are not given again.
    """

    height: int
    width: int
    items: tuple[Lesion, ...]
    skin: float
    note: str = ""
    pixel_size: float | None = None
    removed: tuple[int, ...] = ()

    @property
    def state(self) -> State:
        """'found', 'no_lesion' or 'no_skin'; the last two never say that all is well."""
        if self.items:
            return "found"
        return "no_lesion" if self.skin > 0 else "no_skin"

    def __iter__(self) -> Iterator[Lesion]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> Lesion:
        """The lesion of that number.

        Raises:
            CutisError: there is none.
        """
        for lesion in self.items:
            if lesion.number == number:
                return lesion
        there = ", ".join(str(lesion.number) for lesion in self.items) or "none"
        raise CutisError(f"There is no lesion {number} in this photo. Its lesions are: {there}.")

    def diameter_mm(self, number: int) -> float | None:
        """Diameter of a lesion in millimetres; None where the photo's scale is not known."""
        return None if self.pixel_size is None else self[number].diameter * self.pixel_size

    def without(self, *numbers: int) -> Lesions:
        """The same without lesions that a user does not count as such; the others keep their numbers.

        Raises:
            CutisError: one of them is not there.
        """
        gone = {self[number].number for number in numbers}
        left = tuple(lesion for lesion in self.items if lesion.number not in gone)
        note = self.note if left or not gone else "Every lesion that was found was taken away."
        return replace(self, items=left, note=note, removed=tuple(sorted({*self.removed, *gone})))

    def with_box(self, box: Box | Sequence[float]) -> Lesions:
        """The same and a lesion that a user drew a box around; its number is the next.

        Its outline is taken to be the ellipse in the box.

        Args:
            box: a `Box`, or x0, y0, x1, y1 as drawn on a page: left, top, right, bottom in pixels of the
                photo. What lies outside the photo is cut off.

        Raises:
            CutisError: it is no box, or no part of it lies within the photo.
        """
        if not isinstance(box, Box):
            if len(box) != 4:
                raise CutisError(
                    f"The box has {len(box)} numbers, not four: left, top, right, bottom in pixels."
                )
            left, top, right, bottom = box
        else:
            top, left, bottom, right = box
        inside = given((top, left, bottom, right), (self.height, self.width)).box
        number = 1 + max([*self.removed, *(lesion.number for lesion in self.items)], default=0)
        return replace(self, items=(*self.items, _drawn(number, inside)), note="")

    def numbers(self) -> NDArray[np.int32]:
        """(height, width) number of the lesion at each pixel, 0 where there is none."""
        where = np.zeros((self.height, self.width), np.int32)
        for lesion in reversed(self.items):
            box = lesion.box
            where[box.top : box.bottom, box.left : box.right][lesion.mask] = lesion.number
        return where

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and words, as JSON holds them."""
        return {
            "height": self.height,
            "width": self.width,
            "skin": self.skin,
            "state": self.state,
            "note": self.note,
            "pixel_size": self.pixel_size,
            "removed": list(self.removed),
            "lesions": [_to_dict(lesion) for lesion in self.items],
        }

    @staticmethod
    def from_dict(said: Mapping[str, Any]) -> Lesions:
        """From what `to_dict` gave, also by way of JSON.

        Raises:
            CutisError: something is missing or does not fit.
        """
        try:
            return Lesions(
                height=int(said["height"]),
                width=int(said["width"]),
                items=tuple(_from_dict(one) for one in said["lesions"]),
                skin=float(said["skin"]),
                note=str(said["note"]),
                pixel_size=None if said["pixel_size"] is None else float(said["pixel_size"]),
                removed=tuple(int(number) for number in said["removed"]),
            )
        except KeyError as error:
            raise CutisError(f"These are no lesions of a photo: {error} is missing.") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise CutisError(f"These are no lesions of a photo: {error}.") from error


def _to_dict(lesion: Lesion) -> dict[str, Any]:
    return {
        **asdict(lesion),
        "box": lesion.box._asdict(),
        "centre": list(lesion.centre),
        "grid": list(lesion.grid),
        "runs": list(lesion.runs),
    }


def _from_dict(said: Mapping[str, Any]) -> Lesion:
    source = str(said["source"])
    if source not in ("found", "given"):
        raise ValueError(f"the source of a lesion is '{source}', not found or given")
    grid = (int(said["grid"][0]), int(said["grid"][1]))
    runs = tuple(int(run) for run in said["runs"])
    if sum(runs) != grid[0] * grid[1] or min(runs, default=0) < 0:
        raise ValueError(f"the runs of lesion {said['number']} do not fill its {grid[0]} x {grid[1]} pixels")
    return Lesion(
        number=int(said["number"]),
        box=Box(**{side: int(said["box"][side]) for side in Box._fields}),
        centre=(float(said["centre"][0]), float(said["centre"][1])),
        area=float(said["area"]),
        diameter=float(said["diameter"]),
        source="given" if source == "given" else "found",
        contrast=None if said["contrast"] is None else float(said["contrast"]),
        score=float(said["score"]),
        roundness=float(said["roundness"]),
        solidity=float(said["solidity"]),
        grid=grid,
        runs=runs,
    )


_DRAWN = 32  # rows and columns of the outline of a box that a user drew


def _drawn(number: int, box: Box) -> Lesion:
    step = (np.arange(_DRAWN) + 0.5) / _DRAWN * 2 - 1
    ellipse = step[:, None] ** 2 + step[None, :] ** 2 <= 1
    height, width = box.bottom - box.top, box.right - box.left
    area = np.pi / 4 * height * width
    return Lesion(
        number=number,
        box=box,
        centre=((box.left + box.right) / 2, (box.top + box.bottom) / 2),
        area=float(area),
        diameter=float(np.sqrt(height * width)),
        source="given",
        contrast=None,
        score=1.0,
        roundness=min(height, width) / max(height, width),
        solidity=1.0,
        grid=(_DRAWN, _DRAWN),
        runs=to_runs(ellipse),
    )
