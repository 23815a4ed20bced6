"""From photos to lesions, of several classes: the photos of each become one answer, their average."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutis.core.errors import CutisError
from cutis.evaluation.rows import one_each
from cutis.evaluation.study import Pooled, Source, Study
from cutis.evaluation.words import group_noun, listed


def averaged(study: Study) -> Study:
    """The study with one row per lesion (or other group) in place of its photos.

    A source's probabilities are averaged over the photos that it answered, and the most probable class is its
    answer. One without probabilities answers with the class that most of the photos got, of equals with the
    first of the classes.

    Args:
        study: photo by photo, of any number of classes.

    Raises:
        CutisError: the photos of a group show several classes.
    """
    names = study.truth.table[study.truth.group].unique().sort().to_list()  # as the groups are numbered
    telling = np.zeros(study.size)
    first = study.sources[0]
    if first.probabilities is not None:
        telling[first.rows] = first.probabilities.max(axis=1)
    return replace(
        study,
        truth=replace(study.truth, table=one_each(study, telling)),
        target=_classes(study, names),
        index=np.arange(study.count),
        sources=tuple(_averaged(study, source, names) for source in study.sources),
        pooled=Pooled(
            photos=study.size,
            fingerprint=study.truth.fingerprint,
            rules={},
            words={source.name: _words(study, source) for source in study.sources},
        ),
    )


def _classes(study: Study, names: list[str]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """(groups,) the class that all photos of each show."""
    shown = np.zeros((study.count, len(study.labels)), dtype=np.bool_)
    shown[study.index, study.target] = True
    mixed = np.flatnonzero(shown.sum(axis=1) > 1)
    if len(mixed):
        group, noun = study.truth.group, group_noun(study.truth.group, 1)
        one = mixed[0]
        own = [label for label, there in zip(study.labels, shown[one], strict=True) if there]
        more = f" and {len(mixed) - 1:,} more" if len(mixed) > 1 else ""
        raise CutisError(
            f"{study.truth.path}: the photos of {noun} {names[one]}{more} show {listed(own)}, and an answer "
            f"for a {noun} needs one class. Evaluate by photo, or name another column than {group} with "
            "--group, such as lesion_id."
        )
    return np.asarray(shown.argmax(axis=1), dtype=np.intp)


def _averaged(study: Study, source: Source, names: list[str]) -> Source:
    index = study.index[source.rows]
    answered, number = np.unique(index, return_inverse=True)
    given = source.probabilities
    votes = np.eye(len(study.labels))[source.prediction] if given is None else given
    total = np.zeros((len(answered), len(study.labels)))
    np.add.at(total, number, votes)
    mean = total / np.bincount(number)[:, None]
    there = set(answered.tolist())
    return replace(
        source,
        rows=answered,
        prediction=np.asarray(mean.argmax(axis=1), dtype=np.intp),
        probabilities=None if given is None else mean,
        missing=tuple(name for place, name in enumerate(names) if place not in there),
    )


def _words(study: Study, source: Source) -> str:
    whose = group_noun(study.truth.group, 1)
    if source.probabilities is None:
        return f"the class that most of the {whose}'s photos got"
    return f"mean probabilities of the {whose}'s photos, answered with the most probable class"
