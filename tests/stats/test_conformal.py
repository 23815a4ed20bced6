"""Prediction sets agree with MAPIE, and hold the truth as often as promised in simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.stats.classification import estimates
from cutis.stats.conformal import (
    calibrate,
    calibrate_ambiguous,
    draw_truth,
    one_per_group,
    prediction_sets,
    set_figures,
    strangeness,
)
from cutis.stats.resampling import observed

Array = NDArray[np.float64]


def _model(
    rng: np.random.Generator, cases: int, classes: int = 4, sharp: float = 1.5
) -> tuple[Array, NDArray[np.intp]]:
    """Probabilities of a model that is too sure of itself, and truths."""
    truth = rng.choice(classes, cases, p=np.arange(classes, 0, -1) / np.arange(1, classes + 1).sum())
    logits = sharp * (rng.normal(size=(cases, classes)) + 1.3 * np.eye(classes)[truth])
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), truth


@pytest.mark.parametrize("miss", [0.05, 0.1, 0.25])
def test_sets_are_those_of_mapie(miss: float) -> None:
    classification = pytest.importorskip("mapie.classification", reason="mapie is not installed")
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """Says the probabilities that it is given as features."""

        classes_ = np.arange(4)

        def fit(self, X: Array, y: Array) -> Given:
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict_proba(self, X: Array) -> Array:
            return X

        def predict(self, X: Array) -> NDArray[np.intp]:
            return X.argmax(axis=1)

    rng = np.random.default_rng(0)
    (tune, truth), (test, _) = _model(rng, 300), _model(rng, 500)
    peer = classification.SplitConformalClassifier(
        Given(), confidence_level=1 - miss, conformity_score="lac", prefit=True
    )
    peer.conformalize(tune, truth)
    sets = prediction_sets(strangeness(test), calibrate(strangeness(tune), truth, miss))
    assert np.array_equal(sets, peer.predict_set(test)[1][:, :, 0])


def test_cumulative_scores_add_up_the_likelier_classes() -> None:
    test, _ = _model(np.random.default_rng(0), 50)
    found, drawn = strangeness(test, "cumulative"), strangeness(test, "cumulative", np.random.default_rng(1))
    for row, own, more in zip(test, found, drawn, strict=True):
        for number, p in enumerate(row):
            assert own[number] == pytest.approx(row[row > p].sum(), abs=1e-12)
            assert own[number] <= more[number] <= row[row >= p].sum() + 1e-12


@given(st.integers(0, 300), st.sampled_from([0.05, 0.1, 0.3]))
@settings(max_examples=30)
def test_the_limit_is_the_published_order_statistic(seed: int, miss: float) -> None:
    tune, truth = _model(np.random.default_rng(seed), 57)
    scores = strangeness(tune)
    own = np.sort(scores[np.arange(57), truth])
    rank = int(np.ceil((58) * (1 - miss) - 1e-9))
    assert calibrate(scores, truth, miss)[0] == (own[rank - 1] if rank <= 57 else np.inf)
    few = calibrate(scores[:5], truth[:5], miss=0.1)
    assert np.isinf(few).all()  # nine cases are needed for one in ten


@pytest.mark.parametrize("score", ["threshold", "cumulative"])
def test_coverage_is_what_was_promised(score: str) -> None:
    rng, covered = np.random.default_rng(1), []
    for _ in range(250):
        (tune, truth), (test, found) = _model(rng, 60), _model(rng, 200)
        limits = calibrate(strangeness(tune, score), truth, miss=0.1)
        covered.append(prediction_sets(strangeness(test, score), limits)[np.arange(200), found].mean())
    # Between 1 - miss and that plus 1 / 61; the standard error of the mean of these is 0.0029.
    assert 0.892 < np.mean(covered) < 0.9164 + 0.009


def test_randomised_sets_keep_the_promise_and_the_others_are_never_empty() -> None:
    rng, covered, empty = np.random.default_rng(2), [], 0
    for _ in range(150):
        (tune, truth), (test, found) = _model(rng, 100), _model(rng, 200)
        plain = calibrate(strangeness(tune, "cumulative"), truth)
        empty += (~prediction_sets(strangeness(test, "cumulative"), plain)).all(axis=1).sum()
        drawn = calibrate(strangeness(tune, "cumulative", rng), truth)
        covered.append(
            prediction_sets(strangeness(test, "cumulative", rng), drawn)[np.arange(200), found].mean()
        )
    assert 0.89 < np.mean(covered) < 0.912  # 91 / 101, standard error 0.003
    assert empty == 0


def test_by_class_the_promise_holds_in_each_class() -> None:
    rng, covered = np.random.default_rng(3), {False: np.zeros(4), True: np.zeros(4)}

    def shy(table: Array) -> Array:
        """The same model, which hardly ever names the rare classes."""
        less = table * [8, 4, 2, 1]
        return less / less.sum(axis=1, keepdims=True)

    for _ in range(120):
        (tune, truth), (test, found) = _model(rng, 400), _model(rng, 600)
        for by_class, sums in covered.items():
            limits = calibrate(strangeness(shy(tune)), truth, 0.1, by_class=by_class)
            sets = prediction_sets(strangeness(shy(test)), limits)[np.arange(600), found]
            sums += [sets[found == k].mean() / 120 for k in range(4)]
    assert np.all((covered[True] > 0.89) & (covered[True] < 0.935))
    assert np.min(covered[False]) < 0.88  # a promise on average leaves a class behind


def _patients(rng: np.random.Generator, patients: int) -> tuple[Array, NDArray[np.intp], NDArray[np.intp]]:
    """One photo or twelve of a patient, all as hard as the patient is; those of many photos are harder."""
    photos = rng.choice([1, 12], patients)
    patient = np.repeat(np.arange(patients), photos)
    hard = rng.normal(size=patients) - (photos > 1)
    truth = rng.integers(0, 3, patients)[patient]
    logits = rng.normal(size=(len(patient), 3)) * 0.3 + (1.2 + 1.5 * hard[patient, None]) * np.eye(3)[truth]
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), truth, patient


@pytest.mark.parametrize("way", ["weights", "lot"])
def test_a_new_patient_is_covered_as_promised_however_many_photos_others_have(way: str) -> None:
    rng, covered, fooled = np.random.default_rng(4), [], []
    for _ in range(250):
        tune, truth, patient = _patients(rng, 30)
        test, found, other = _patients(rng, 60)
        if way == "weights":
            limits = calibrate(strangeness(tune), truth, 0.2, groups=patient)
        else:
            kept = one_per_group(patient, rng)
            limits = calibrate(strangeness(tune[kept]), truth[kept], 0.2)
        weight = 1 / np.bincount(other)[other]  # a photo of a patient by lot

        def coverage(
            limits: Array,
            test: Array = test,
            found: NDArray[np.intp] = found,
            weight: Array = weight,
        ) -> float:
            hit = prediction_sets(strangeness(test), limits)[np.arange(len(found)), found]
            return float(np.average(hit, weights=weight))

        covered.append(coverage(limits))
        fooled.append(coverage(calibrate(strangeness(tune), truth, 0.2)))
    assert 0.785 < np.mean(covered) < 0.85  # promised 0.8, at most 1/31 more
    assert abs(np.mean(fooled) - 0.8) > 0.02


def test_repeating_the_photos_of_all_patients_changes_no_limit() -> None:
    tune, truth = _model(np.random.default_rng(5), 80)
    groups = np.repeat(np.arange(80), 3)
    for by_class in (False, True):
        once = calibrate(strangeness(tune), truth, 0.1, by_class=by_class)
        thrice = calibrate(
            strangeness(np.repeat(tune, 3, axis=0)),
            np.repeat(truth, 3),
            0.1,
            groups=groups,
            by_class=by_class,
        )
        assert thrice.tolist() == once.tolist()


def test_plausible_truths_are_covered_where_votes_fall_short() -> None:
    """Raters disagree: the model is right about how much, and the vote hides it."""
    rng, by_vote, by_plausible = np.random.default_rng(6), [], []
    for _ in range(120):
        tune, test = (rng.dirichlet(np.full(4, 0.8), size) for size in (80, 200))
        limits = calibrate(strangeness(tune), tune.argmax(axis=1), 0.1)
        by_vote.append((prediction_sets(strangeness(test), limits) * test).sum(axis=1).mean())
        limits = calibrate_ambiguous(strangeness(tune), tune, 0.1)
        by_plausible.append((prediction_sets(strangeness(test), limits) * test).sum(axis=1).mean())
    assert np.mean(by_plausible) == pytest.approx(0.9, abs=0.02)
    assert np.mean(by_vote) < 0.8


def test_counting_by_plausibility_is_the_limit_of_drawing_labels() -> None:
    rng = np.random.default_rng(7)
    tune = rng.dirichlet(np.full(3, 0.7), 50)
    table, draws = strangeness(tune), 4000
    drawn = np.stack([draw_truth(tune, rng) for _ in range(draws)])
    own = np.sort(table[np.arange(50), drawn].ravel())
    # Published: the floor(miss m (n + 1)) - m + 1 smallest of m n conformities, here from the top.
    rank = len(own) - (int(np.floor(0.1 * draws * 51)) - draws + 1)
    assert calibrate_ambiguous(table, tune, 0.1)[0] == pytest.approx(own[rank], abs=0.01)


def test_certain_plausibilities_are_truths() -> None:
    tune, truth = _model(np.random.default_rng(8), 90)
    groups = np.arange(90) // 3
    scores = strangeness(tune)
    for by_class in (False, True):
        certain = calibrate_ambiguous(scores, np.eye(4)[truth], 0.2, groups=groups, by_class=by_class)
        plain = calibrate(scores, truth, 0.2, groups=groups, by_class=by_class)
        assert certain.tolist() == plain.tolist()
    assert draw_truth(np.eye(4)[truth], np.random.default_rng(9)).tolist() == truth.tolist()


def test_what_sets_are_worth_has_intervals() -> None:
    rng = np.random.default_rng(10)
    (tune, truth), (test, found) = _model(rng, 200), _model(rng, 300)
    sets = prediction_sets(strangeness(test), calibrate(strangeness(tune), truth))
    asked = set_figures(sets, np.eye(4)[found], "abcd", np.arange(300) // 2, 150)
    told = estimates(asked, 150, 300, rng)
    hit = sets[np.arange(300), found]
    assert told["coverage"].value == pytest.approx(hit.mean(), abs=1e-9)
    assert told["coverage_c"].value == pytest.approx(hit[found == 2].mean(), abs=1e-9)
    assert told["set_size"].value == pytest.approx(sets.sum(axis=1).mean(), abs=1e-9)
    assert told["single"].value == pytest.approx(np.mean(sets.sum(axis=1) == 1), abs=1e-9)
    assert told["coverage"].low < told["coverage"].value < told["coverage"].high
    groups = np.minimum(np.arange(300), 200)  # a hundred photos of one patient
    each = set_figures(sets, np.eye(4)[found], "abcd", groups, 201, per_group=True)
    expected = np.append(hit[:200], hit[200:].mean()).mean()
    assert observed(each.statistic, 201)[0] == pytest.approx(expected, abs=1e-7)


def test_what_promises_nothing_is_refused() -> None:
    good = np.full((3, 2), 0.5)
    with pytest.raises(CutisError, match="rows to add up to 1"):
        strangeness([[0.5, 0.9]])
    with pytest.raises(CutisError, match="score is 'raps'"):
        strangeness(good, "raps")  # type: ignore[arg-type]
    with pytest.raises(CutisError, match=r"may be missed is 1"):
        calibrate(good, [0, 1, 1], miss=1)
    with pytest.raises(CutisError, match="not of the same cases"):
        calibrate(good, [0, 1])
    with pytest.raises(CutisError, match="plausibilities are to be"):
        calibrate_ambiguous(good, good * 2)
