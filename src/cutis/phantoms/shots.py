"""Which photos of which rendered patients there are: every label has its turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cutis.core.labels import Labels, Ordinal
from cutis.phantoms.files import generator

_PHOTOS_SHARE = (0.6, 0.25, 0.15)  # of patients with one, two and three photos
_GRADED = (4, 8)  # fewest and most photos of a patient who is graded place by place


@dataclass(frozen=True)
class Shot:
    """Which photo of which rendered patient.

    Attributes:
        number: of the photo in the set, from 0.
        patient: number of the patient, from 0.
        view: number of the photo among the patient's, from 0.
    """

    number: int
    patient: int
    view: int
    label: str


def shots(labels: Labels, seed: int, photos: tuple[int, int] | None = None) -> Iterator[Shot]:
    """Patients without end; every label has its turn.

    A patient has one label and one to three photos. Where labels are grades of an ordinal scale, a patient
    has four to eight photos, of places with different grades, as nobody is one grade all over.

    Args:
        photos: fewest and most of a patient, for renderers that say so; labels are not grades then.
    """
    if isinstance(labels, Ordinal):
        yield from _graded_shots(labels, seed)
        return
    number = 0
    patient = 0
    while True:
        turn, place = divmod(patient, len(labels))
        order = generator(seed, 0, turn).permutation(len(labels))
        lot = generator(seed, 1, patient)
        if photos is None:
            count = 1 + int(lot.choice(len(_PHOTOS_SHARE), p=_PHOTOS_SHARE))
        else:
            count = int(lot.integers(photos[0], photos[1] + 1))
        for view in range(count):
            yield Shot(number, patient, view, labels.names[order[place]])
            number += 1
        patient += 1


def _graded_shots(labels: Labels, seed: int) -> Iterator[Shot]:
    number = 0
    patient = 0
    while True:
        for view in range(int(generator(seed, 1, patient).integers(_GRADED[0], _GRADED[1] + 1))):
            turn, place = divmod(number, len(labels))
            order = generator(seed, 0, turn).permutation(len(labels))
            yield Shot(number, patient, view, labels.names[order[place]])
            number += 1
        patient += 1
