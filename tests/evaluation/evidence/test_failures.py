"""Wrong answers: counted, sorted by how sure they were, and set beside those of readers."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.evaluation.evidence.failures import failures
from cutis.evaluation.study import Study

from .conftest import DRAWS


def test_every_wrong_answer_is_one_way_to_be_wrong(study: Study) -> None:
    found = failures(study, study.sources[0], [], DRAWS)
    wrong = study.sources[0].prediction != study.target[study.sources[0].rows]
    assert found.wrong == wrong.sum()
    assert sum(one.photos for one in found.confusions) == wrong.sum()
    counts = [one.photos for one in found.confusions]
    assert counts == sorted(counts, reverse=True)
    assert all(one.truth != one.named for one in found.confusions)
    assert found.beside is None


def test_photos_are_split_between_source_and_most_readers(study: Study) -> None:
    found = failures(study, study.sources[0], study.sources[1:], DRAWS).beside
    assert found is not None
    four = (found.both_right, found.source_wrong, found.readers_wrong, found.both_wrong)
    assert sum(four) == found.photos == study.size
    assert found.all_wrong <= found.both_wrong


def test_who_answers_everything_is_as_right_as_ever_and_the_surest_are_more_often_right(study: Study) -> None:
    source = study.sources[0]
    curve = failures(study, source, [], DRAWS).abstention
    assert curve is not None
    right = (source.prediction == study.target[source.rows]).mean()
    assert curve.right[-1] == pytest.approx(right)
    assert curve.right[:10].mean() > right
    assert np.all((curve.band[:, 0] <= curve.right + 1e-9) & (curve.right <= curve.band[:, 1] + 1e-9))


def test_ties_in_sureness_count_in_their_mean(study: Study) -> None:
    from dataclasses import replace

    flat = np.full((len(study.sources[0].rows), 3), 1 / 3)
    source = replace(study.sources[0], probabilities=flat)
    curve = failures(study, source, [], DRAWS).abstention
    assert curve is not None
    right = (source.prediction == study.target[source.rows]).mean()
    assert curve.right == pytest.approx(np.full(len(curve.right), right))


def test_without_probabilities_nothing_is_said_of_sureness(study: Study) -> None:
    found = failures(study, study.sources[1], [], DRAWS)
    assert found.sure is None
    assert found.abstention is None
    assert all(one.sureness is None for one in found.confusions)
