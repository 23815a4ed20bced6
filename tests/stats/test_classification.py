"""The figures of a source agree with scikit-learn, and have a defined answer at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from cutis.stats.classification import Answers, estimates, figures
from cutis.stats.intervals import Estimate, wilson
from cutis.stats.resampling import number_groups, observed, resampled_weights


def _answers(
    cases: int = 300, classes: int = 4, seed: int = 0, truth: NDArray[np.intp] | None = None
) -> Answers:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, cases) if truth is None else truth
    cases = len(truth)
    logits = np.round(rng.normal(size=(cases, classes)), 1)  # rounded: ties happen
    logits[np.arange(cases), truth] += 1
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Answers(
        labels=tuple("abcdefghij"[:classes]),
        truth=truth,
        prediction=probabilities.argmax(axis=1),
        probabilities=probabilities,
        scored=np.ones(classes, dtype=bool),
        index=np.arange(cases) // 2,
        count=(cases + 1) // 2,
    )


def _values(answers: Answers) -> dict[str, float]:
    asked = figures(answers)
    return dict(zip(asked.names, observed(asked.statistic, answers.count), strict=True))


def test_figures_of_several_classes_agree_with_scikit_learn() -> None:
    answers = _answers()
    assert answers.probabilities is not None
    found, one_hot = _values(answers), np.eye(4)[answers.truth]
    report = metrics.classification_report(
        answers.truth, answers.prediction, output_dict=True, target_names=list(answers.labels)
    )
    expected = {
        "accuracy": metrics.accuracy_score(answers.truth, answers.prediction),
        "balanced_accuracy": metrics.balanced_accuracy_score(answers.truth, answers.prediction),
        "sensitivity": report["macro avg"]["recall"],
        "ppv": report["macro avg"]["precision"],
        "auc_macro": metrics.roc_auc_score(answers.truth, answers.probabilities, multi_class="ovr"),
        "average_precision_macro": metrics.average_precision_score(one_hot, answers.probabilities),
        "log_loss": metrics.log_loss(answers.truth, answers.probabilities),
        "brier_score": 4 * metrics.mean_squared_error(one_hot, answers.probabilities),
    }
    for k, label in enumerate(answers.labels):
        counts = metrics.multilabel_confusion_matrix(answers.truth, answers.prediction)[k]
        (tn, fp), (fn, tp) = counts
        expected[f"sensitivity_{label}"] = tp / (tp + fn)
        expected[f"specificity_{label}"] = tn / (tn + fp)
        expected[f"ppv_{label}"] = tp / (tp + fp)
        expected[f"npv_{label}"] = tn / (tn + fn)
        expected[f"auc_{label}"] = metrics.roc_auc_score(one_hot[:, k], answers.probabilities[:, k])
        expected[f"average_precision_{label}"] = metrics.average_precision_score(
            one_hot[:, k], answers.probabilities[:, k]
        )
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert found["specificity"] == pytest.approx(
        np.mean([expected[f"specificity_{x}"] for x in "abcd"]), abs=1e-9
    )


def test_two_classes_give_the_figures_of_the_positive_one() -> None:
    answers = _answers(classes=2)
    assert answers.probabilities is not None
    found = _values(answers)
    assert found["auc"] == pytest.approx(
        metrics.roc_auc_score(answers.truth, answers.probabilities[:, 1]), abs=1e-9
    )
    assert found["sensitivity"] == pytest.approx(metrics.recall_score(answers.truth, answers.prediction))
    assert found["specificity"] == pytest.approx(
        metrics.recall_score(1 - answers.truth, 1 - answers.prediction)
    )
    assert found["ppv"] == pytest.approx(metrics.precision_score(answers.truth, answers.prediction))
    assert "auc_macro" not in found


def test_replicates_agree_with_scikit_learn_on_copied_cases() -> None:
    answers = _answers(cases=60, classes=3, seed=3)
    assert answers.probabilities is not None
    asked = figures(answers)
    weights = next(resampled_weights(answers.count, 25, np.random.default_rng(4)))
    drawn = asked.statistic(weights)
    for column in range(25):
        rows = np.repeat(np.arange(60), weights[answers.index, column].astype(int))
        truth, prediction, scores = answers.truth[rows], answers.prediction[rows], answers.probabilities[rows]
        expected = {
            "accuracy": metrics.accuracy_score(truth, prediction),
            "balanced_accuracy": metrics.balanced_accuracy_score(truth, prediction),
            "auc_macro": metrics.roc_auc_score(truth, scores, multi_class="ovr"),
            "average_precision_macro": metrics.average_precision_score(np.eye(3)[truth], scores),
            "log_loss": metrics.log_loss(truth, scores),
        }
        found = {name: drawn[asked.names.index(name), column] for name in expected}
        assert found == pytest.approx(expected, abs=1e-9)


def test_a_source_without_probabilities_has_rates_but_no_areas() -> None:
    answers = _answers()
    reader = Answers(
        answers.labels,
        answers.truth,
        answers.prediction,
        None,
        np.zeros(4, bool),
        answers.index,
        answers.count,
    )
    found = estimates(figures(reader), reader.count, 100, np.random.default_rng(0))
    assert "sensitivity_a" in found
    assert not [name for name in found if "auc" in name or "calibration" in name]


def test_a_class_absent_from_the_truth_is_left_out_not_scored_as_zero() -> None:
    truth = np.random.default_rng(1).integers(0, 3, 200)
    answers = _answers(classes=4, truth=truth)
    found = estimates(figures(answers), answers.count, 200, np.random.default_rng(0))
    assert "sensitivity_d" not in found
    assert "auc_d" not in found
    means = np.mean([found[f"sensitivity_{label}"].value for label in "abc"])
    assert found["balanced_accuracy"].value == pytest.approx(means, abs=1e-12)
    assert "specificity_d" in found


def test_perfection_on_few_groups_is_not_certainty() -> None:
    truth = np.arange(40) % 2
    answers = Answers(("no", "yes"), truth, truth, np.eye(2)[truth], np.ones(2, bool), np.arange(40) // 2, 20)
    found = estimates(figures(answers), 20, 300, np.random.default_rng(0))
    assert found["sensitivity"].value == 1.0
    assert found["sensitivity"].high == 1.0
    assert found["sensitivity"].low == pytest.approx(0.8388, abs=1e-4)  # Wilson, 20 of 20
    assert found["auc"].low == pytest.approx(0.8388, abs=1e-4)


@pytest.mark.parametrize("classes", [2, 5])
def test_every_interval_holds_its_value(classes: int) -> None:
    answers = _answers(cases=400, classes=classes, seed=6)
    for name, estimate in estimates(figures(answers), answers.count, 400, np.random.default_rng(1)).items():
        if name == "expected_calibration_error":  # an average of absolute gaps: resampling only adds to it
            continue
        assert estimate.low <= estimate.value <= estimate.high, name
        assert estimate.high > estimate.low, name


def test_shares_of_independent_cases_have_wilsons_interval_and_clustered_ones_have_not() -> None:
    # The published two-by-two table of a screen for severe drug reactions.
    truth, said = np.repeat([1, 1, 0, 0], [755, 52, 761, 1832]), np.repeat([1, 0, 1, 0], [755, 52, 761, 1832])

    def found(groups: int) -> dict[str, Estimate]:
        index, count = number_groups(np.arange(3400) // groups)
        plain = Answers(("mild", "severe"), truth, said, None, np.zeros(2, bool), index, count)
        return estimates(figures(plain), count, 200, np.random.default_rng(0))

    alone, pairs = found(1), found(2)
    for name, successes, cases in (
        ("sensitivity", 755, 807),
        ("specificity", 1832, 2593),
        ("ppv", 755, 1516),
        ("npv", 1832, 1884),
        ("accuracy", 2587, 3400),
        ("sensitivity_mild", 1832, 2593),
    ):
        assert alone[name] == wilson(successes, cases), name
        assert pairs[name].value == pytest.approx(alone[name].value)
        assert pairs[name] != alone[name]
    assert alone["balanced_accuracy"].low < alone["balanced_accuracy"].value
