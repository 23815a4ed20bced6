"""Readers and a model from a predictions table as a study of readers, of one class against the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.evaluation.reader_rows import ONLY
from cutis.evaluation.reader_table import Readings
from cutis.evaluation.study import Source, Study
from cutis.stats import mrmc_design


def readings_of(study: Study, *, model: str | None = None, label: str | None = None) -> Readings:
    """The readers among the sources as a study of one treatment, for `reader_study.reader_results`.

    A reader's rating of a photo is the probability that the reader gave the class, else whether the reader
    named it, which makes AUC, sensitivity and specificity those of decisions.

    Args:
        study: photos with a known truth and their sources.
        model: source that the readers are compared with, on the photos that it scored; it needs
            probabilities.
        label: class that is looked for; with two classes the positive one when None.

    Raises:
        CutisError: there is no reader, no such model or class, or the model gives no probability of it.
        OneClassError: a reader saw one class only.
    """
    if label is None and len(study.labels) != 2:
        raise CutisError(
            f"readers are compared on one class at a time; name one of {', '.join(study.labels)}."
        )
    if label is not None and label not in study.labels:
        raise CutisError(f"there is no class '{label}'; there are {', '.join(study.labels)}.")
    k = study.positive if label is None else study.labels.index(label)
    readers = [source for source in study.sources if source.kind == "reader" and source.name != model]
    if not readers:
        raise CutisError("no source is a reader. Give predictions whose column kind says reader.")
    scores = _scores(study, model, k) if model is not None else None
    ratings = np.stack([_ratings(study, reader, k) for reader in readers])
    if scores is not None:
        ratings[:, np.isnan(scores)] = np.nan
    kept = np.asarray(~np.isnan(ratings).all(axis=0))
    names = tuple(study.truth.table["image_id"].to_list())
    asked = mrmc_design.study(
        ratings[:, None, kept],
        study.target[kept] == k,
        readers=[reader.name for reader in readers],
        treatments=[ONLY],
        cases=[name for name, there in zip(names, kept, strict=True) if there],
        groups=study.index[kept],
        partial=True,
    )
    return Readings(
        name=study.truth.path.name,
        asked=asked,
        cases=tuple(name for name, there in zip(names, kept, strict=True) if there),
        group=None if study.truth.group == "image_id" else study.truth.group,
        design=mrmc_design.design_of(asked),
        model=model or "",
        scores={} if scores is None else {ONLY: scores[kept]},
        given=int(np.sum(~np.isnan(ratings))),
        fingerprint=study.truth.fingerprint,
    )


def _scores(study: Study, model: str, k: int) -> NDArray[np.float64]:
    found = next((source for source in study.sources if source.name == model), None)
    if found is None:
        names = ", ".join(source.name for source in study.sources)
        raise CutisError(f"there is no source '{model}'; there are {names}.")
    if found.probabilities is None or not found.scored[k]:
        raise CutisError(f"'{model}' gives no probability of {study.labels[k]}, so that it has no ROC curve.")
    return _ratings(study, found, k)


def _ratings(study: Study, source: Source, k: int) -> NDArray[np.float64]:
    """(photos,) nan where the source gave no answer."""
    given = np.full(study.size, np.nan)
    if source.probabilities is not None and source.scored[k]:
        given[source.rows] = source.probabilities[:, k]
    else:
        given[source.rows] = source.prediction == k
    return given
