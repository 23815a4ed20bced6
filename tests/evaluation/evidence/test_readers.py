"""Readers against a model: on the same photos, with the right spread, for readers beyond those at hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from cutis.evaluation.evidence.readers import mean_point, point, read_against
from cutis.evaluation.gather import read_study
from cutis.evaluation.study import Source, Study
from cutis.stats.mrmc import analyse, reader_areas
from cutis.stats.mrmc import study as reader_study

from ..conftest import Tables
from .conftest import DRAWS, write_answers


def model_and_readers(study: Study) -> tuple[Source, list[Source]]:
    return study.sources[0], [source for source in study.sources if source.kind == "reader"]


def test_the_readers_mean_is_that_of_the_published_analysis(tables: Tables) -> None:
    """With two classes, balanced accuracy is the AUC of yes-or-no ratings, which `stats.mrmc` knows."""
    labels = ("mild", "severe")
    tables.write_truth(160, labels=labels)
    paths = [write_answers(tables, "net", 1.8, labels=labels, kind="model", seed=50)]
    paths += [write_answers(tables, f"r{k}", 1.0 + 0.2 * k, labels=labels, seed=k) for k in range(5)]
    study = read_study(paths, tables.truth)
    model, readers = model_and_readers(study)
    found = read_against(study, model, readers, replace(DRAWS, replicates=3000))
    assert found is not None
    ratings = np.stack([[r.prediction, model.prediction] for r in readers]).astype(float)
    exact = analyse(reader_areas(reader_study(ratings, study.target, groups=study.index))).differences[0]
    overall = found.of("balanced_accuracy")
    assert overall.difference.value == pytest.approx(exact.value, abs=1e-12)
    assert overall.difference.high - overall.difference.low == pytest.approx(exact.high - exact.low, rel=0.06)
    assert overall.difference.p == pytest.approx(exact.p, abs=0.05)
    assert overall.random_readers


def test_each_reader_is_compared_on_the_photos_that_the_reader_answered(study: Study) -> None:
    model, readers = model_and_readers(study)
    found = read_against(study, model, readers, DRAWS)
    assert found is not None
    part, whole = found.readings[3], found.readings[0]
    assert part.photos < whole.photos == len(model.rows)
    here = np.isin(model.rows, readers[3].rows)
    right = model.prediction[here] == study.target[model.rows][here]
    assert part.model_figures["accuracy"].value == pytest.approx(right.mean())
    for reading in found.readings:
        lead = reading.differences["accuracy"].value
        both = reading.reader_figures["accuracy"].value - reading.model_figures["accuracy"].value
        assert lead == pytest.approx(both)
        assert reading.corrected["accuracy"] >= reading.differences["accuracy"].p


def test_skill_decides_who_is_above_and_who_is_below(study: Study) -> None:
    model, readers = model_and_readers(study)
    found = read_against(study, model, readers, DRAWS)
    assert found is not None
    overall = found.of("balanced_accuracy")
    assert "reader 01" in overall.below
    assert not set(overall.below) & set(overall.above)
    figures = [reading.reader_figures["balanced_accuracy"].value for reading in found.readings]
    assert np.corrcoef(figures, np.arange(10))[0, 1] > 0.8


def test_a_reader_who_answers_as_the_model_does_is_no_different(study: Study) -> None:
    model, _ = model_and_readers(study)
    twin = replace(model, name="twin", kind="reader")
    found = read_against(study, model, [twin], DRAWS)
    assert found is not None
    difference = found.readings[0].differences["accuracy"]
    assert (difference.value, difference.low, difference.high, difference.p) == (0.0, 0.0, 0.0, 1.0)
    assert not found.of("accuracy").random_readers


def test_readers_with_too_few_photos_are_named_and_left_out(study: Study) -> None:
    model, readers = model_and_readers(study)
    hasty = replace(readers[0], name="hasty", rows=readers[0].rows[:4], prediction=readers[0].prediction[:4])
    assert read_against(study, model, [hasty], DRAWS) is None
    found = read_against(study, model, [hasty, readers[1]], DRAWS)
    assert found is not None
    assert found.left_out == ("hasty",)


def test_readers_who_are_always_right_have_an_interval_all_the_same(tables: Tables) -> None:
    tables.write_truth()
    paths = [tables.write_predictions("net"), tables.write_predictions("sage", kind="reader", accuracy=1.0)]
    study = read_study(paths, tables.truth)
    found = read_against(study, study.sources[0], study.sources[1:], DRAWS)
    assert found is not None
    accuracy = found.readings[0].reader_figures["accuracy"]
    assert accuracy.value == accuracy.high == 1.0
    assert accuracy.low < 0.95


def test_always_right_beside_always_wrong_is_a_difference_of_as_many_patients_as_there_are(
    tables: Tables,
) -> None:
    tables.write_truth(24)
    paths = [tables.write_predictions("net", accuracy=1.0), tables.write_predictions("off", kind="reader")]
    table, named = pl.read_csv(paths[1]), pl.read_csv(tables.truth)["diagnosis"]
    wrong = pl.Series("prediction", ["mel" if one == "nv" else "nv" for one in named])
    table.with_columns(wrong).write_csv(paths[1])
    study = read_study(paths, tables.truth)
    found = read_against(study, study.sources[0], study.sources[1:], DRAWS)
    assert found is not None
    lead = found.readings[0].differences["accuracy"]
    assert (lead.value, lead.low) == (-1.0, -1.0)
    assert -1 < lead.high < 0 < lead.p < 0.001


def test_the_mean_point_is_the_mean_of_the_readers_points(study: Study) -> None:
    readers = [study.answers(source) for source in study.sources[1:]]
    points = [point(reader, 1) for reader in readers]
    assert mean_point(readers, 1) == pytest.approx(np.mean(points, axis=0))
    assert np.isnan(mean_point([], 1)).all()
