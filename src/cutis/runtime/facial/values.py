"""What is said of one photo of a face: per area its grades and measures, what was refused, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import BundleInfo
from cutis.imaging.face import Area, AreaName, View
from cutis.imaging.measures import Measure

Rgb = NDArray[np.uint8]
Field = NDArray[np.float32]


@dataclass(frozen=True)
class Source:
    """A photo that is to be looked at, and what is known of it.

    Attributes:
        path: of the file.
        image_id: its name, unlike any other's.
        patient: whose it is; the photo's own name where nobody says.
        visit: as the user calls it; empty where there is only one.
        order: place of the visit among the participant's, 0 first.
        day: of the visit, where it is known.
        view: from where it was taken.
        area: that it shows and nothing else; None for a face.
        age: years at the visit, or None.
        sex: ``female``, ``male`` or ``other``, or None.
        skin_type: Fitzpatrick 1 to 6, or None.
        identified: somebody said whose photo it is.
    """

    path: Path
    image_id: str
    patient: str
    visit: str = ""
    order: int = 0
    day: date | None = None
    view: View = "front"
    area: AreaName | None = None
    age: float | None = None
    sex: str | None = None
    skin_type: int | None = None
    identified: bool = False


@dataclass(frozen=True)
class Peers:
    """Where a value stands among people of about the same age, from a user's own study.

    Attributes:
        percentile, low, high: 0..1; see `cutis.stats.norms.Standing`.
        beyond: -1 below all that is known of peers, 1 above, else 0.
        people: of about this age that it stands on.
        group: who they are, in words.
    """

    percentile: float
    low: float
    high: float
    beyond: int
    people: int
    group: str


@dataclass(frozen=True, eq=False)
class Grade:
    """One condition in one area, by a model.

    Attributes:
        condition: its name.
        title: for people.
        grade: the median grade, 0 lowest.
        words: the grade for people.
        score: mean grade.
        low, high: lowest and highest grade with at least one in twenty of the probability on its side.
        probabilities: of the grades, lowest first.
        scale: the grades for people, lowest first.
        map: (height, width) of the area: what each place adds to the score; None where none is known.
    """

    condition: str
    title: str
    grade: int
    words: str
    score: float
    low: int
    high: int
    probabilities: tuple[float, ...]
    scale: tuple[str, ...]
    map: Field | None


@dataclass(frozen=True, eq=False)
class AreaAnalysis:
    """One area of a photo.

    Attributes:
        area: as it was cut from the enhanced photo.
        shown: (height, width, 3) the same as may be shown, eyes covered where that was asked.
        covered: (height, width) where that is.
        grades: by the model; empty without one, and where the area is refused.
        measures: of `cutis.imaging.measures`; empty where the area is refused.
        peers: by measure, and ``grade_<condition>``; only where there are norms for this person.
    """

    area: Area
    shown: Rgb
    covered: NDArray[np.bool_]
    grades: tuple[Grade, ...]
    measures: tuple[Measure, ...]
    peers: Mapping[str, Peers] = field(default_factory=dict)

    @property
    def name(self) -> AreaName:
        """Of the area."""
        return self.area.name

    @property
    def judged(self) -> bool:
        """It was not refused."""
        return self.area.refusal is None

    def values(self) -> dict[str, float]:
        """Every number by the name of its measure, grades as ``grade_<condition>``; known ones only."""
        grades = {f"grade_{one.condition}": one.score for one in self.grades}
        measures = {one.name: one.value for one in self.measures if np.isfinite(one.value)}
        return measures | grades


@dataclass(frozen=True, eq=False)
class FaceAnalysis:
    """What is said of one photo.

    Attributes:
        source: the photo.
        picture: (height, width, 3) reduced and covered as was asked, to be shown.
        outlines: of the areas on ``picture``, (4, 2) share of its width and height; empty for an area alone.
        areas: in the order of the face, refused ones too.
        steps: what step one did, one sentence each.
        card: colours were corrected with a colour card.
        noise: standard deviation before and after, in display values.
        mm_per_pixel: of the photo, where the face is.
        scale_spread: standard error of that as a share; not a number where it was assumed.
        scale_words: where the scale comes from.
        model: that graded; None without one.
        why_no_grades: in words, where there are none.
        why_no_peers: in words, where norms were given but nothing can be said.
        masked: ``eyes``, ``identity`` or nothing.
    """

    source: Source
    picture: Rgb
    outlines: Mapping[str, NDArray[np.float64]]
    areas: tuple[AreaAnalysis, ...]
    steps: tuple[str, ...]
    card: bool
    noise: tuple[float, float]
    mm_per_pixel: float
    scale_spread: float
    scale_words: str
    model: BundleInfo | None
    why_no_grades: str
    why_no_peers: str
    masked: str

    def area(self, name: str) -> AreaAnalysis | None:
        """One area, or None where the view does not show it."""
        return next((one for one in self.areas if one.name == name), None)


@dataclass(frozen=True)
class Refused:
    """A photo that nothing is said of.

    Attributes:
        source: the photo.
        words: why, and how to mend it.
    """

    source: Source
    words: str
