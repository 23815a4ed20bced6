"""Strange photos and drift: against brute force and SciPy, and with the errors that are allowed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.covariance import LedoitWolf
from sklearn.neighbors import NearestNeighbors

from cutis.core.errors import CutisError
from cutis.stats.discrimination import auc
from cutis.stats.drift import embedding_drift, score_drift
from cutis.stats.novelty import fit_mahalanobis, fit_neighbours


def test_distances_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, 120)
    known = rng.normal(size=(120, 5)) @ rng.normal(size=(5, 5)) + 3 * np.eye(3, 5)[classes]
    asked = rng.normal(size=(40, 5)) * 2
    fitted = fit_mahalanobis(known, classes)
    means = np.stack([known[classes == k].mean(axis=0) for k in range(3)])
    peer = LedoitWolf(assume_centered=True).fit(known - means[classes])
    expected = np.min([np.sqrt(peer.mahalanobis(asked - mean)) for mean in means], axis=0)
    assert fitted(asked) == pytest.approx(expected, abs=1e-9)
    assert fitted.shrinkage == pytest.approx(peer.shrinkage_, abs=1e-12)


@pytest.mark.parametrize("cosine", [True, False])
def test_neighbours_are_scikit_learns(cosine: bool) -> None:
    rng = np.random.default_rng(1)
    known, asked = rng.normal(size=(90, 6)), rng.normal(size=(30, 6))

    def scaled(table: np.ndarray) -> np.ndarray:
        return table / np.linalg.norm(table, axis=1, keepdims=True) if cosine else table

    peer = NearestNeighbors(n_neighbors=7).fit(scaled(known))
    fitted = fit_neighbours(known, 7, cosine=cosine)
    assert fitted(asked) == pytest.approx(peer.kneighbors(scaled(asked))[0][:, 6], abs=1e-7)
    own = NearestNeighbors(n_neighbors=8).fit(scaled(known)).kneighbors(scaled(known))[0][:, 7]
    assert fitted(known, own=True) == pytest.approx(own, abs=1e-7)


def test_strange_photos_are_found_with_more_channels_than_photos() -> None:
    rng = np.random.default_rng(2)
    axes = rng.normal(size=(6, 100))
    known, same, strange = (
        rng.normal(size=(60, 6)) @ axes + 0.3 * rng.normal(size=(60, 100)) for _ in range(3)
    )
    strange = strange + 3 * rng.normal(size=100)
    truth = np.repeat([0, 1], 60)
    for score in (fit_mahalanobis(known), fit_neighbours(known, 5)):
        assert auc(truth, score(np.concatenate([same, strange]))) > 0.9


def test_the_distance_of_scores_is_scipys() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=40).round(1), rng.normal(size=55).round(1) + 0.5
    found = score_drift(first, second, 2000, rng)
    oracle = stats.ks_2samp(first, second)
    assert found.distance == pytest.approx(oracle.statistic, abs=1e-12)
    assert found.groups == (40, 55)
    again = stats.permutation_test(
        (first, second),
        lambda a, b: stats.ks_2samp(a, b).statistic,
        n_resamples=400,
        alternative="greater",
        rng=np.random.default_rng(4),
    )
    assert found.p == pytest.approx(again.pvalue, abs=0.03)


def test_the_distance_of_embeddings_is_gretton_by_the_letter() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=(12, 3)), rng.normal(size=(9, 3)) + 0.4
    rows = np.concatenate([first, second])
    squares = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
    width = np.median(squares[np.triu_indices(21, 1)])

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / width))

    within = sum(k(a, b) for i, a in enumerate(first) for j, b in enumerate(first) if i != j) / (12 * 11)
    within += sum(k(a, b) for i, a in enumerate(second) for j, b in enumerate(second) if i != j) / (9 * 8)
    across = sum(k(a, b) for a in first for b in second) / (12 * 9)
    assert embedding_drift(first, second, 10, rng).distance == pytest.approx(within - 2 * across, abs=1e-9)


@pytest.mark.parametrize("what", ["embeddings", "scores"])
def test_new_patients_are_no_drift(what: str) -> None:
    """Five photos per patient and nothing changed: one in twenty is found, and far more by photo."""
    rng, found, trials = np.random.default_rng(6), {"patient": 0, "photo": 0}, 200
    for _ in range(trials):
        patient = np.repeat(np.arange(14), 5)
        photos = [rng.normal(size=(14, 2))[patient] + 0.3 * rng.normal(size=(70, 2)) for _ in range(2)]
        if what == "scores":
            photos = [rows[:, 0] for rows in photos]
        test = embedding_drift if what == "embeddings" else score_drift
        groups = {"first_groups": patient, "second_groups": patient}
        found["patient"] += test(*photos, 99, rng, **groups).p <= 0.05
        found["photo"] += test(*photos, 99, rng).p <= 0.05
    assert 2 <= found["patient"] <= 21  # 5% of 200 is 10, standard deviation 3.1
    assert found["photo"] > 60


def test_a_change_of_spread_is_drift_too() -> None:
    rng = np.random.default_rng(7)
    first, second = rng.normal(size=(80, 4)), 1.8 * rng.normal(size=(80, 4))
    assert embedding_drift(first, second, 199, rng).p <= 0.01
    assert score_drift(first[:, 0], second[:, 0] + 1, 199, rng).p <= 0.01


def test_many_photos_are_thinned() -> None:
    rng = np.random.default_rng(8)
    found = embedding_drift(rng.normal(size=(3000, 2)), rng.normal(size=(50, 2)) + 2, 49, rng)
    assert found.groups == (1000, 50)
    assert found.p == 0.02


def test_what_cannot_be_compared_is_refused() -> None:
    rng = np.random.default_rng(9)
    with pytest.raises(CutisError, match="a period has 1 patients"):
        score_drift([1, 2], [1, 2], 9, rng, first_groups=["a", "a"])
    with pytest.raises(CutisError, match="rows of 2 and of 3 numbers"):
        embedding_drift(np.ones((3, 2)), np.ones((3, 3)), 9, rng)
    with pytest.raises(CutisError, match="no neighbour number 4"):
        fit_neighbours(np.ones((3, 2)), 4)
    with pytest.raises(CutisError, match="no neighbour number 4"):
        fit_neighbours(np.ones((3, 2)), 3)(np.ones((3, 2)), own=True)
    with pytest.raises(CutisError, match="finite numbers"):
        fit_mahalanobis([[np.nan, 1], [1, 2]])
    with pytest.raises(CutisError, match="all the same"):
        fit_mahalanobis(np.ones((4, 2)))
    with pytest.raises(CutisError, match="3 groups are given for 2"):
        score_drift([1, 2], [1, 2], 9, rng, second_groups=[1, 2, 3])
