"""From photos of one patient to lesions, to a score for each, to one answer: refer, or no reason to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import BundleInfo
from cutis.core.errors import BundleError, CutisError, ImageError
from cutis.imaging.lesions import Lesion, Lesions, crop, find_lesions
from cutis.imaging.read import read_rgb
from cutis.imaging.reduce import reduced
from cutis.runtime.engine import Engine, Result
from cutis.runtime.inputs import spelt
from cutis.runtime.patient import PatientScore, patient_score
from cutis.runtime.session import Session

Pixels = NDArray[np.uint8]
State = Literal["scored", "one_lesion_only", "no_lesion", "no_skin", "unreadable"]

SHOWN_PIXELS = 1_500_000  # of the copy of a photo that is kept for showing
CROP_SIDE = 320  # pixels of a crop that is kept for showing


@dataclass(frozen=True, eq=False)
class ScreenedPhoto:
    """One photo and what was found in it.

    Attributes:
        name: for people, and in files.
        shown: (height, width, 3) a copy that is small enough to keep; None where it could not be read.
        lesions: found or given; None where it could not be read.
        problem: what is wrong with it, in a sentence; empty where nothing is.
    """

    name: str
    shown: Pixels | None
    lesions: Lesions | None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class ScoredLesion:
    """One lesion and what the model says of it.

    Attributes:
        photo: number of the photo, from 0.
        lesion: of that photo.
        probability: of the label that is looked for, 0..1.
        share: of the patient's answer that comes from it, 0..1; None where the bundle gives no answer.
        saliency: (h, w) what each place of the crop adds to that label's logit.
        crop: (side, side, 3) small copy of what the model saw.
    """

    photo: int
    lesion: Lesion
    probability: float
    share: float | None
    saliency: NDArray[np.float32]
    crop: Pixels


@dataclass(frozen=True, eq=False)
class Screening:
    """All that was found out about a patient.

    Attributes:
        info: of the bundle.
        positive: name of the label that is looked for.
        photos: in the order given.
        lesions: scored, in the order of photos and numbers.
        patient: the answer; None where no lesion was scored or the bundle answers for single lesions only.
    """

    info: BundleInfo
    positive: str
    photos: tuple[ScreenedPhoto, ...]
    lesions: tuple[ScoredLesion, ...]
    patient: PatientScore | None

    @property
    def state(self) -> State:
        """'scored' and 'one_lesion_only' have an answer; the others have none, and are never harmless."""
        if self.lesions:
            return "one_lesion_only" if len(self.lesions) == 1 else "scored"
        seen = [photo.lesions.state for photo in self.photos if photo.lesions is not None]
        if not seen:
            return "unreadable"
        return "no_lesion" if "no_lesion" in seen else "no_skin"

    @property
    def refer(self) -> bool | None:
        """Whether the answer is a reason to refer; None where there is no answer."""
        return None if self.patient is None else self.patient.positive

    @property
    def telling(self) -> tuple[ScoredLesion, ...]:
        """The lesions that tell most, first the one that tells most."""
        if self.patient is not None:
            return tuple(self.lesions[number] for number in self.patient.telling)
        return tuple(sorted(self.lesions, key=lambda one: -one.probability)[:3])

    def name(self, one: ScoredLesion) -> str:
        """``lesion 3 of arm.jpg``."""
        return f"lesion {one.lesion.number} of {self.photos[one.photo].name}"


def screen(
    engine: Engine,
    photos: Sequence[Path | str | Pixels],
    *,
    lesions: Sequence[Lesions | None] | None = None,
    sensitivity: float = 0.5,
    pixel_size: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Screening:
    """Screen one patient.

    Args:
        engine: a bundle for crops of single lesions.
        photos: of one patient: paths, or (height, width, 3) sRGB arrays.
        lesions: of each photo, as found before and edited; found anew where None.
        sensitivity: of the lesion finder, see `find_lesions`.
        pixel_size: millimetres per pixel of all photos, where it is known.
        progress: called with 1 for each photo that was searched.

    Returns:
        The answer, or why there is none: `Screening.state`. A photo that cannot be read is passed over, and
        said.

    Raises:
        CutisError: there is no photo, or the lesions given do not belong to the photos.
        BundleError: the bundle does not say what it looks for.
    """
    positive = looked_for(engine.info)
    if not photos:
        raise CutisError("No photo was given. Give at least one photo of the patient's skin.")
    given = [None] * len(photos) if lesions is None else list(lesions)
    if len(given) != len(photos):
        raise CutisError(
            f"{len(photos)} photos were given, and lesions for {len(given)}. Give one for each photo."
        )
    searched: list[ScreenedPhoto] = []
    waiting: list[tuple[int, Lesion]] = []

    def crops() -> Iterator[Pixels]:
        for number, (photo, known) in enumerate(zip(photos, given, strict=True)):
            rgb, screened = _search(number, photo, known, sensitivity, pixel_size)
            searched.append(screened)
            if progress:
                progress(1)
            if rgb is None or screened.lesions is None:
                continue
            for lesion in screened.lesions:
                waiting.append((number, lesion))
                yield crop(rgb, lesion)

    def mapped(seen: Pixels, session: Session) -> Result:
        return engine.mapped(engine.pixels(seen), session)

    scored: list[ScoredLesion] = []
    column = engine.info.labels.names.index(positive)
    for number, (seen, answer) in enumerate(engine.in_order(crops(), mapped)):
        if isinstance(answer, ImageError):
            raise answer
        photo, lesion = waiting[number]
        small = reduced(seen, CROP_SIDE**2)
        scored.append(
            ScoredLesion(photo, lesion, answer.probabilities[positive], None, answer.saliency[column], small)
        )
    patient = None
    if scored and engine.info.patient is not None:
        patient = patient_score(engine.info, [one.probability for one in scored])
        scored = [replace(one, share=share) for one, share in zip(scored, patient.shares, strict=True)]
    return Screening(engine.info, positive, tuple(searched), tuple(scored), patient)


def looked_for(info: BundleInfo) -> str:
    """Name of the label that a bundle looks for.

    Raises:
        BundleError: it names none.
    """
    if info.patient is not None:
        return info.patient.positive
    if info.operating_points and info.operating_points[0].label in info.labels:
        return info.operating_points[0].label
    if len(info.labels) == 2 and not info.labels.several:
        return info.labels.names[1]
    raise BundleError(
        f"{info.name}: has no operating point, and so does not say what of {', '.join(info.labels.names)} "
        "is looked for. Use drug_reaction, or a bundle of a screening task."
    )


def _search(
    number: int,
    photo: Path | str | Pixels,
    known: Lesions | None,
    sensitivity: float,
    pixel_size: float | None,
) -> tuple[Pixels | None, ScreenedPhoto]:
    name = spelt(Path(photo).name) if isinstance(photo, str | Path) else f"photo {number + 1}"
    try:
        rgb = read_rgb(photo) if isinstance(photo, str | Path) else photo
        found = (
            known if known is not None else find_lesions(rgb, pixel_size=pixel_size, sensitivity=sensitivity)
        )
    except ImageError as error:
        return None, ScreenedPhoto(name, None, None, spelt(str(error)))
    if (found.height, found.width) != rgb.shape[:2]:
        raise CutisError(
            f"The lesions given for {name} are of a photo of {found.width} x {found.height} pixels, and "
            f"it has {rgb.shape[1]} x {rgb.shape[0]}. Give the lesions that were found in it."
        )
    return rgb, ScreenedPhoto(name, reduced(rgb, SHOWN_PIXELS), found, found.note)
