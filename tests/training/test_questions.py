"""Cells become targets and outputs become probabilities, question by question."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutis.core.labels import Categorical, MultiLabel, Ordinal
from cutis.core.manifest import Manifest, read_manifest
from cutis.stats.calibration import fit_temperature, softmax
from cutis.training.questions import UNKNOWN, answer_indices, best_temperature, counts, probabilities, shares

SKIN = MultiLabel(("pores", "wrinkles"), Ordinal(("0", "1", "2")))


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    path = tmp_path / "m.csv"
    path.write_text("image,grade_pores,grade_wrinkles\na.png,2,\nb.png,0,1\nc.png,,0\n")
    return read_manifest(path, target=SKIN.columns("grade"), labels=SKIN, find_images=False)


def test_an_empty_cell_is_unknown_and_not_the_lowest_grade(manifest: Manifest) -> None:
    truth = answer_indices(manifest, SKIN)
    assert truth.tolist() == [[2, UNKNOWN], [0, 1], [UNKNOWN, 0]]
    certain = shares(truth, SKIN)
    assert np.isnan(certain[0, 3:]).all()
    assert certain[1].tolist() == [1, 0, 0, 0, 1, 0]


def test_one_question_has_one_index_per_row(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("image,dx\na.png,nv\nb.png,mel\n")
    labels = Categorical(("mel", "nv"))
    manifest = read_manifest(tmp_path / "m.csv", target="dx", labels=labels, find_images=False)
    assert answer_indices(manifest, labels).tolist() == [1, 0]


def test_an_epoch_shows_only_what_is_known(manifest: Manifest) -> None:
    shown = counts(answer_indices(manifest, SKIN), np.full(3, 1 / 3), SKIN)
    np.testing.assert_allclose(shown, [[1, 0, 1], [1, 1, 0]])


def test_probabilities_and_their_temperature_are_those_of_all_known_answers() -> None:
    rng = np.random.default_rng(0)
    logits, truth = rng.normal(size=(50, 6)), rng.integers(0, 3, (50, 2))
    truth[::3, 0] = UNKNOWN
    flat, known = logits.reshape(100, 3), truth.ravel() != UNKNOWN
    assert best_temperature(logits, truth, SKIN) == fit_temperature(flat[known], truth.ravel()[known])
    np.testing.assert_allclose(probabilities(logits, SKIN, 1.5).reshape(100, 3), softmax(flat, 1.5))
