"""Readers and models of a predictions table as a reader study."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.errors import CutisError
from cutis.evaluation.gather import read_study
from cutis.evaluation.reader_results import Question
from cutis.evaluation.reader_sources import readings_of
from cutis.evaluation.reader_study import reader_results

from .conftest import Tables


def test_readers_and_a_model_of_two_classes_are_a_reader_study(tables: Tables) -> None:
    labels = ("mild", "severe")
    tables.write_truth(labels=labels)
    model = tables.write_predictions("net", labels=labels, keep=lambda row: row != 7)
    readers = [
        tables.write_predictions(name, kind="reader", labels=labels, seed=seed)
        for seed, name in ((1, "ann"), (2, "bob"))
    ]
    study = read_study([model, *readers], tables.truth)
    readings = readings_of(study, model="net")
    assert (readings.asked.readers, len(readings.cases), readings.group) == (("ann", "bob"), 59, "patient_id")
    results = reader_results(readings, Question(replicates=100))
    ann = study.answers(study.sources[1])
    kept = np.arange(60) != 7
    severe = ann.truth[kept] == study.positive
    found = np.mean(ann.prediction[kept][severe] == study.positive)
    assert results.points[0].sensitivity.value == pytest.approx(found)
    assert (len(results.models), len(results.models[0].against)) == (1, 2)


def test_what_is_no_reader_study_is_refused(tables: Tables) -> None:
    tables.write_truth()
    study = read_study([tables.write_predictions("net")], tables.truth)
    with pytest.raises(CutisError, match="name one of bcc, mel, nv"):
        readings_of(study)
    with pytest.raises(CutisError, match="no source is a reader"):
        readings_of(study, label="mel")
    with pytest.raises(CutisError, match="no class 'melanoma'"):
        readings_of(study, label="melanoma")
    reader = tables.write_predictions("ann", kind="reader", seed=1)
    both = read_study([study.truth.path.parent / "net.csv", reader], tables.truth)
    with pytest.raises(CutisError, match="no source 'nut'; there are net, ann"):
        readings_of(both, label="mel", model="nut")
    assert readings_of(both, label="mel").asked.readers == ("ann",)
