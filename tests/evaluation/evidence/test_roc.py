"""Readers' average curve, beside their points: of those who say how sure they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_curve as sklearn_curve

from cutis.evaluation.assessment import assess
from cutis.evaluation.evidence.roc import readers_curve, roc_note, roc_panel
from cutis.evaluation.gather import read_study
from cutis.evaluation.study import Study

from ..conftest import Tables
from .conftest import DRAWS, write_answers

TWO = ("mild", "severe")


def _graded(tables: Tables, name: str, **options: float | int) -> Path:
    """A reader who gives probabilities: written as a model does, and called a reader."""
    path = write_answers(tables, name, 1.0, labels=TWO, kind="model", **options)  # type: ignore[arg-type]
    pl.read_csv(path).with_columns(kind=pl.lit("reader")).write_csv(path)
    return path


@pytest.fixture
def study(tables: Tables) -> Study:
    """A model, three readers with probabilities (one of whom stopped early), and two without."""
    tables.write_truth(80, labels=TWO)
    paths = [write_answers(tables, "net", 1.6, labels=TWO, kind="model", seed=50)]
    paths += [_graded(tables, f"sure {k}", seed=k, share=0.7 if k == 2 else 1.0) for k in range(3)]
    paths += [write_answers(tables, f"plain {k}", 1.0, labels=TWO, seed=9 + k) for k in range(2)]
    return read_study(paths, tables.truth)


def test_the_average_is_the_mean_of_each_readers_own_curve(study: Study) -> None:
    found = readers_curve(study, study.sources[1:], DRAWS)
    assert found is not None
    assert found.readers == ("sure 0", "sure 1", "sure 2")
    rates, curves = found.average.false_positive_rate, []
    for reader in study.sources[1:4]:
        assert reader.probabilities is not None
        false, true, _ = sklearn_curve(study.target[reader.rows] == 1, reader.probabilities[:, 1])
        curves.append([true[false <= rate + 1e-9].max() for rate in rates])
    assert found.average.sensitivity == pytest.approx(np.mean(curves, axis=0), abs=1e-12)
    assert (found.average.low <= found.average.sensitivity + 1e-12).all()
    assert (found.average.high >= found.average.sensitivity - 1e-12).all()


def test_readers_who_only_decide_and_those_who_saw_one_class_have_no_curve(study: Study) -> None:
    assert readers_curve(study, study.sources[4:], DRAWS) is None
    first = study.sources[1]
    assert first.probabilities is not None
    severe = study.target[first.rows] == 1
    one_class = replace(
        first,
        rows=first.rows[severe],
        prediction=first.prediction[severe],
        probabilities=first.probabilities[severe],
    )
    assert readers_curve(study, [one_class], DRAWS) is None
    found = readers_curve(study, [one_class, study.sources[2]], DRAWS)
    assert found is not None
    assert found.readers == ("sure 1",)


def test_of_several_classes_there_is_no_one_curve(tables: Tables) -> None:
    tables.write_truth()
    study = read_study([tables.write_predictions(), tables.write_predictions("other", seed=2)], tables.truth)
    assert readers_curve(study, study.sources, DRAWS) is None


def test_the_figure_says_how_curves_were_averaged_and_draws_them(study: Study) -> None:
    every = [assess(study, source, (), DRAWS) for source in study.sources]
    main, readers = every[0], every[1:]
    curve = readers_curve(study, study.sources[1:], DRAWS)
    assert curve is not None
    note = roc_note(study, main, readers, curve)
    assert "the average curve of the 3 readers who gave probabilities" in note
    assert "the mean of their sensitivities at each specificity" in note
    assert "circles: readers; diamond: their mean" in note
    panel = roc_panel(study, main, readers, curve, DRAWS)
    assert panel.label == "severe"
    assert "ROC curve of severe, with the average of 3 readers" in panel.svg
    assert "stroke-dasharray" in panel.svg
    alone = readers_curve(study, study.sources[1:2], DRAWS)
    assert "the curve of sure 0, the only reader who gave probabilities" in roc_note(
        study, main, readers, alone
    )
    assert "Dashed" not in roc_note(study, main, readers, None)
    assert roc_note(study, main, [], None) == "Band: 95% interval. Dot: the answers as given."
