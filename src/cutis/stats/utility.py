"""What a test's answers are worth where it is used: at the share of positives that people have there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats import confusion
from cutis.stats.classification import Answers
from cutis.stats.intervals import Estimate, percentile, wilson
from cutis.stats.resampling import Weights, bootstrap, observed

PATIENTS = 1000  # that expected counts are given for


@dataclass(frozen=True)
class PredictiveValues:
    """Predictive values at a prevalence.

    Attributes:
        ppv: share of those called positive that are; not a number where nobody is called so.
        npv: share of those called negative that are; not a number where nobody is called so.
    """

    ppv: NDArray[np.float64]
    npv: NDArray[np.float64]


def predictive_values(
    sensitivity: ArrayLike, specificity: ArrayLike, prevalence: ArrayLike
) -> PredictiveValues:
    """Predictive values of a test at a prevalence that is not that of the study.

    Args:
        sensitivity: 0..1, of any shape.
        specificity: 0..1, of a shape that broadcasts.
        prevalence: 0..1 share of positives where the test is used, of a shape that broadcasts.

    Raises:
        CutisError: a value is not from 0 to 1.

    Source: Altman, Bland 1994, BMJ 309:102.
    """
    named = {"sensitivity": sensitivity, "specificity": specificity, "prevalence": prevalence}
    found, left, share = (_share(name, value) for name, value in named.items())
    with np.errstate(invalid="ignore", divide="ignore"):
        hits, alarms = found * share, (1 - left) * (1 - share)
        cleared, missed = left * (1 - share), (1 - found) * share
        return PredictiveValues(np.asarray(hits / (hits + alarms)), np.asarray(cleared / (cleared + missed)))


@dataclass(frozen=True)
class LikelihoodRatios:
    """How far an answer moves the odds of being positive, wherever the test is used.

    Attributes:
        positive: what a positive answer multiplies the odds by; infinite where it is never wrong.
        negative: what a negative answer multiplies them by.
    """

    positive: Estimate
    negative: Estimate


@dataclass(frozen=True)
class AtPrevalence:
    """What a test's answers mean where a share of patients is positive.

    Attributes:
        prevalence: that share, 0..1.
        ppv: share of those called positive that are.
        npv: share of those called negative that are.
        true_positives, false_negatives, false_positives, true_negatives: expected among 1,000 patients.
    """

    prevalence: float
    ppv: Estimate
    npv: Estimate
    true_positives: float
    false_negatives: float
    false_positives: float
    true_negatives: float


def likelihood_ratios(
    answers: Answers, replicates: int, rng: np.random.Generator, confidence: float = 0.95
) -> LikelihoodRatios:
    """Likelihood ratios of a test, with intervals.

    Where every case is a patient of its own the intervals are made of Wilson's for the two shares, which
    holds up where a cell is empty; else patients are drawn anew.

    Args:
        answers: of two classes, with at least one case of each.
        replicates: how many draws.
        rng: source of the draws.
        confidence: of the two-sided intervals.

    Source: Donner, Zou 2012, Stat Methods Med Res 21:347 (ratios from the intervals of their parts).
    """
    if answers.count == len(answers.truth):
        return _counted(answers, confidence)
    return _drawn(answers, replicates, rng, confidence)


def at_prevalence(
    sensitivity: float, specificity: float, ratios: LikelihoodRatios, prevalence: float
) -> AtPrevalence:
    """What a test's answers mean at a prevalence, which is taken as known.

    Args:
        sensitivity: 0..1.
        specificity: 0..1.
        ratios: of the same cases.
        prevalence: 0..1.

    Raises:
        CutisError: a value is not from 0 to 1.

    Source: Mercaldo, Lau, Zhou 2007, Stat Med 26:2170: the intervals are those of the likelihood ratios.
    """
    values = predictive_values(sensitivity, specificity, prevalence)
    up, down = ratios.positive, ratios.negative
    return AtPrevalence(
        prevalence=prevalence,
        ppv=Estimate(float(values.ppv), _after(up.low, prevalence), _after(up.high, prevalence)),
        npv=Estimate(float(values.npv), 1 - _after(down.high, prevalence), 1 - _after(down.low, prevalence)),
        true_positives=PATIENTS * prevalence * sensitivity,
        false_negatives=PATIENTS * prevalence * (1 - sensitivity),
        false_positives=PATIENTS * (1 - prevalence) * (1 - specificity),
        true_negatives=PATIENTS * (1 - prevalence) * specificity,
    )


def probability_at(probability: ArrayLike, made_for: float, prevalence: ArrayLike) -> NDArray[np.float64]:
    """A calibrated probability where another share of patients is positive.

    Args:
        probability: 0..1, of any shape.
        made_for: share of positive patients that it was calibrated on, above 0 and below 1.
        prevalence: share of positive patients where it is used, 0..1, of a shape that broadcasts.

    Raises:
        CutisError: a value is not from 0 to 1.

    Source: Saerens, Latinne, Decaestecker 2002, Neural Comput 14:21.
    """
    said, share = _share("probability", probability), _share("prevalence", prevalence)
    once = float(_share("prevalence", made_for))
    if once in (0.0, 1.0):
        raise CutisError("a probability made where all patients are alike says nothing about other places.")
    yes, no = said * share / once, (1 - said) * (1 - share) / (1 - once)
    with np.errstate(invalid="ignore"):
        return np.asarray(yes / (yes + no))


def _after(ratio: float, prevalence: float) -> float:
    """Share of positives once an answer has multiplied their odds."""
    if np.isnan(ratio):
        return float("nan")
    if np.isinf(ratio):
        return 1.0 if prevalence > 0 else 0.0
    return ratio * prevalence / (ratio * prevalence + 1 - prevalence) if prevalence < 1 or ratio else 1.0


def _counted(answers: Answers, confidence: float) -> LikelihoodRatios:
    shown, called = answers.truth == answers.positive, answers.prediction == answers.positive
    ill, well = int(shown.sum()), int((~shown).sum())
    hits, alarms = int((shown & called).sum()), int((~shown & called).sum())
    up = _ratio(wilson(hits, ill, confidence), wilson(alarms, well, confidence))
    down = _ratio(wilson(ill - hits, ill, confidence), wilson(well - alarms, well, confidence))
    return LikelihoodRatios(up, down)


def _ratio(over: Estimate, under: Estimate) -> Estimate:
    """Ratio of two independent shares from their intervals."""
    a, b = over.value, under.value
    if not a and not b:
        return Estimate(float("nan"), 0.0, float("inf"))
    inside = (a * b) ** 2 - over.low * under.high * (2 * a - over.low) * (2 * b - under.high)
    tail = under.high * (2 * b - under.high)
    low = 0.0
    if over.low:
        low = (
            (a * b - np.sqrt(inside)) / tail
            if abs(tail) > 1e-12
            else over.low * (2 * a - over.low) / (2 * a * b)
        )
    high = float("inf")
    if under.low:
        inside = (a * b) ** 2 - over.high * under.low * (2 * a - over.high) * (2 * b - under.low)
        high = (a * b + np.sqrt(inside)) / (under.low * (2 * b - under.low))
    return Estimate(a / b if b else float("inf"), float(low), float(high))


def _drawn(
    answers: Answers, replicates: int, rng: np.random.Generator, confidence: float
) -> LikelihoodRatios:
    grouped = confusion.grouped_confusion(
        answers.truth, answers.prediction, len(answers.labels), answers.index, answers.count
    )

    def statistic(weights: Weights) -> NDArray[np.float64]:
        # Shares at even odds stay finite where a draw holds no false alarm.
        matrix = confusion.weighted_confusion(grouped, weights, len(answers.labels))
        found = confusion.sensitivity(matrix)[answers.positive]
        left = confusion.specificity(matrix)[answers.positive]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.stack([found / (found + 1 - left), (1 - found) / (1 - found + left)])

    values = observed(statistic, answers.count)
    ends = percentile(bootstrap(statistic, answers.count, replicates, rng), confidence)
    up, down = (
        Estimate(*(_odds(float(share)) for share in (value, low, high)))
        for value, (low, high) in zip(values, ends, strict=True)
    )
    return LikelihoodRatios(up, down)


def _odds(share: float) -> float:
    return float("inf") if share >= 1 else share / (1 - share)


def _share(name: str, value: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(value, dtype=np.float64)
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise CutisError(f"{name} is {wrong.flat[0]:g}, not a share from 0 to 1.")
    return values
