"""What one answer is of: a photo, or a patient where each patient's photos became one answer."""

from __future__ import annotations

from cutis.evaluation.study import Study
from cutis.evaluation.words import counted, counted_groups, sample


def counted_units(study: Study, number: int) -> str:
    """``120 photos``, or ``40 patients`` where patients are judged."""
    return counted(number, study.unit, study.units)


def sized(study: Study, number: int, groups: int) -> str:
    """``120 photos of 40 patients``, or ``40 patients`` where patients are judged.

    Args:
        study: what was evaluated.
        number: of its photos, or of its patients.
        groups: patients or lesions of these.
    """
    if study.pooled or study.truth.group == "image_id":
        return counted_units(study, number)
    return f"{counted_units(study, number)} of {counted_groups(groups, study.truth.group)}"


def counted_photos(study: Study, photos: int, groups: int) -> str:
    """``120 photos of 40 patients``, whichever of them is judged."""
    if study.truth.group == "image_id":
        return counted(photos, "photo")
    return f"{counted(photos, 'photo')} of {counted_groups(groups, study.truth.group)}"


def evaluated(study: Study) -> str:
    """All that was evaluated: ``120 photos of 40 patients``, or ``40 patients, from 120 photos``."""
    text = sized(study, study.size, study.count)
    return f"{text}, from {counted(study.pooled.photos, 'photo')}" if study.pooled else text


def showing(study: Study, title: str) -> str:
    """``photos that show melanoma``, ``patients with melanoma``."""
    return f"{study.units} with {title}" if study.pooled else f"{study.units} that show {title}"


def pooling_words(study: Study) -> tuple[str, ...]:
    """How photos became patients: a clause for each way, with the sources that took it."""
    if study.pooled is None:
        return ()
    sources: dict[str, list[str]] = {}
    for name, how in study.pooled.words.items():
        sources.setdefault(how.rstrip("."), []).append(name)
    return tuple(f"{sample(names, 3)}: {how}" for how, names in sources.items())
