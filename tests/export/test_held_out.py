"""Thresholds do what their rule says on the split they were chosen on, and say which split that was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutis.core.labels import Categorical
from cutis.core.manifest import Manifest, read_manifest
from cutis.export.held_out import Answers, at_temperature, operating_points

LABELS = Categorical(("bcc", "mel", "nv"))


@pytest.fixture
def tune(split: Path) -> Answers:
    """300 invented answers that are right more often than not; only five are of the first label."""
    manifest: Manifest = read_manifest(split, target="dx").part("tune")
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [5, 100, 195])
    logits = rng.normal(0, 1, (300, 3)) + 1.5 * np.eye(3)[truth]
    powers = np.exp(logits)
    return Answers(manifest, truth, powers / powers.sum(axis=1, keepdims=True))


def test_each_threshold_keeps_its_rule(tune: Answers) -> None:
    for point in operating_points(tune, LABELS):
        column = LABELS.names.index(point.label)
        here, called = tune.truth == column, tune.probabilities[:, column] >= point.threshold
        if point.rule == "sensitivity >= 0.95":
            assert called[here].mean() >= 0.95
            stricter = tune.probabilities[:, column] > point.threshold
            assert stricter[here].mean() < 0.95
        else:
            gain = called[here].mean() - called[~here].mean()
            others = [
                (tune.probabilities[here, column] >= t).mean()
                - (tune.probabilities[~here, column] >= t).mean()
                for t in np.linspace(0, 1, 101)
            ]
            assert gain >= max(others)


def test_a_threshold_says_what_it_was_chosen_on(tune: Answers) -> None:
    (point, *_) = operating_points(tune, LABELS)
    assert point.fitted_on is not None
    assert (point.fitted_on.split, point.fitted_on.n) == ("tune", 300)
    assert point.fitted_on.split_hash == tune.part.split_hash


def test_a_label_with_few_cases_gets_no_threshold(tune: Answers) -> None:
    assert {point.label for point in operating_points(tune, LABELS)} == {"mel", "nv"}


def test_a_temperature_never_changes_the_answer(tune: Answers) -> None:
    for temperature in (0.2, 1.0, 5.0):
        cooled = at_temperature(tune, temperature, LABELS).probabilities
        np.testing.assert_array_equal(LABELS.decide(cooled), LABELS.decide(tune.probabilities))
