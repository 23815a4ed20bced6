"""What a bundle says of a patient with several lesions. No torch, and no pixels either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutis.core.bundle_info import BundleInfo, PatientRule
from cutis.core.errors import BundleError, CutisError
from cutis.stats.pooling import attention, pooled
from cutis.stats.utility import probability_at


@dataclass(frozen=True)
class PatientScore:
    """What the lesions together say of their patient.

    Attributes:
        probability: that the patient has what is looked for, 0..1, if it is as common as ``prevalence``.
        prevalence: share of positive patients among those that the probability was made for.
        threshold: the operating point on it.
        positive: the probability reaches the operating point. A reason to refer, no diagnosis.
        shares: (lesions,) how much of the answer comes from each lesion; they add up to 1.
        telling: lesions by number, the most telling first.
        one_lesion_only: the answer rests on a single lesion, and nothing else was looked at.
    """

    probability: float
    prevalence: float
    threshold: float
    positive: bool
    shares: tuple[float, ...]
    telling: tuple[int, ...]
    one_lesion_only: bool

    def at(self, prevalence: float) -> float:
        """The probability where another share of patients is positive; the answer itself stays.

        Raises:
            CutisError: the prevalence is not from 0 to 1.
        """
        return float(probability_at(self.probability, self.prevalence, prevalence))


def patient_score(info: BundleInfo, scores: Sequence[float], most: int = 3) -> PatientScore:
    """Answer for a patient from the answers for the lesions.

    Args:
        info: of the bundle that scored the lesions.
        scores: (lesions,) its probability of `PatientRule.positive` for each lesion, in any order.
        most: how many of the most telling lesions are named.

    Raises:
        BundleError: the bundle does not answer for patients.
        CutisError: there is no lesion, or a score is no probability.
    """
    rule = rule_of(info)
    if not len(scores):
        raise CutisError(
            "no lesion was found, so nothing can be said of this patient. That is not the same as a harmless "
            "answer: take photos of the rash, nearer and in better light."
        )
    probability = float(pooled(scores, np.zeros(len(scores)), rule.pooling)[0])
    shares = attention(scores, rule.pooling)
    order = np.lexsort((-np.asarray(scores), -shares))
    return PatientScore(
        probability=probability,
        prevalence=rule.prevalence,
        threshold=rule.point.threshold,
        positive=probability >= rule.point.threshold,
        shares=tuple(shares.tolist()),
        telling=tuple(int(number) for number in order[:most]),
        one_lesion_only=len(scores) == 1,
    )


def rule_of(info: BundleInfo) -> PatientRule:
    """How a bundle answers for patients.

    Raises:
        BundleError: it does not.
    """
    if info.patient is None:
        raise BundleError(
            f"{info.name}: answers for single photos, not for patients. Use drug_reaction, or a bundle of a "
            "screening task whose tune split holds patients of both kinds."
        )
    return info.patient
