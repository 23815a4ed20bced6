"""What a source's yes and no mean for the person in front of one, here and at other prevalences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cutis.core.errors import CutisError
from cutis.evaluation.assessment import Assessment, Draws
from cutis.evaluation.study import Study
from cutis.evaluation.words import expected, hundred, share_percent
from cutis.stats.intervals import Estimate
from cutis.stats.utility import AtPrevalence, LikelihoodRatios, at_prevalence, likelihood_ratios

_RATES = ("sensitivity", "specificity", "ppv", "npv", "accuracy")


@dataclass(frozen=True)
class Reading:
    """What two answers of a source mean.

    Attributes:
        counts: true_positives, false_negatives, false_positives and true_negatives among the rows evaluated.
        ratios: likelihood ratios.
        here: at the prevalence of the rows evaluated.
        elsewhere: at the prevalences that were asked for.
    """

    counts: dict[str, int]
    ratios: LikelihoodRatios
    here: AtPrevalence
    elsewhere: tuple[AtPrevalence, ...]


def prevalences_from(text: str | None) -> tuple[float, ...]:
    """Prevalences from ``0.01,0.05`` or ``1%,5%``.

    Raises:
        CutisError: one of them is no share between 0 and 1.
    """
    found = []
    for cell in (text or "").replace(";", ",").split(","):
        word = cell.strip()
        if not word:
            continue
        try:
            value = float(word.rstrip("%")) / (100 if word.endswith("%") else 1)
        except ValueError:
            value = float("nan")
        if not 0 < value < 1:
            raise CutisError(f"prevalence '{word}' is no share between 0 and 1. Write 0.01,0.05 or 1%,5%.")
        found.append(value)
    return tuple(dict.fromkeys(found))


def read(study: Study, assessment: Assessment, prevalences: Sequence[float], draws: Draws) -> Reading | None:
    """What a source's answers mean.

    Args:
        study: what was evaluated.
        assessment: of the source.
        prevalences: 0..1, where else the test is to be used.
        draws: how intervals are drawn.

    Returns:
        None where there are not two classes, or only one of them occurs.
    """
    answers, figures = assessment.answers, assessment.figures
    if not (answers.binary and "sensitivity" in figures and "specificity" in figures):
        return None
    yes, no = study.positive, 1 - study.positive
    matrix = assessment.confusion.astype(int)
    counts = {
        "true_positives": int(matrix[yes, yes]),
        "false_negatives": int(matrix[yes, no]),
        "false_positives": int(matrix[no, yes]),
        "true_negatives": int(matrix[no, no]),
    }
    ratios = likelihood_ratios(answers, draws.replicates, draws.rng())
    found, left = figures["sensitivity"].value, figures["specificity"].value
    share = float(np.mean(answers.truth == yes))
    here, *elsewhere = (at_prevalence(found, left, ratios, value) for value in (share, *prevalences))
    return Reading(counts, ratios, here, tuple(elsewhere))


def lines(study: Study, reading: Reading, title: str) -> list[str]:
    """What the answers mean, for a clinician.

    Args:
        study: what was evaluated.
        reading: of one source.
        title: of the class that is looked for.
    """
    said = []
    for row in reading.elsewhere:
        share, ill = share_percent(row.prevalence), expected(row.true_positives + row.false_negatives)
        hits, missed = expected(row.true_positives), expected(row.false_negatives)
        said.append(
            f"Where {share}% have {title}, {ill} of 1,000 {study.units} have it: {hits} are called and "
            f"{missed} missed. Of the others, {expected(row.false_positives)} are called all the same. "
            f"Of 100 who are called, {hundred(row.ppv)} have it; "
            f"of 100 who are not called, {hundred(row.npv)} do not."
        )
    up, down = reading.ratios.positive, reading.ratios.negative
    said.append(
        f"A positive answer multiplies the odds of {title} by {_times(up)}, a negative one by "
        f"{_times(down)}, wherever it is used. A positive answer is a reason to refer, no diagnosis."
    )
    return said


def _times(ratio: Estimate) -> str:
    value, low, high = (f"{number:.2g}" for number in (ratio.value, ratio.low, ratio.high))
    return f"{value} ({low}–{high})"


def plain_point(study: Study, assessment: Assessment, reading: Reading) -> dict[str, Any]:
    """A source's operating point for ``metrics.json``."""
    rule = study.pooled.rules.get(assessment.name) if study.pooled else None
    point = rule.point if rule else None
    rates = {name: assessment.figures[name].to_dict() for name in _RATES if name in assessment.figures}
    return {
        "positive": study.labels[study.positive],
        "threshold": point.threshold if point else None,
        "rule": point.rule if point else _answers_as(study, assessment),
        "note": point.note if point else "",
        "unit": study.unit,
        "counts": reading.counts,
        "prevalence": reading.here.prevalence,
        **rates,
        "likelihood_ratio_positive": _finite(reading.ratios.positive),
        "likelihood_ratio_negative": _finite(reading.ratios.negative),
    }


def plain_prevalences(reading: Reading) -> list[dict[str, Any]]:
    """What a source's answers mean at the prevalences asked for, for ``metrics.json``."""
    rows = []
    for row in reading.elsewhere:
        data = asdict(row)
        counts = {name: data.pop(name) for name in reading.counts}
        rows.append(data | {"ppv": _finite(row.ppv), "npv": _finite(row.npv), "per_1000": counts})
    return rows


def plain_pooling(study: Study) -> dict[str, Any] | None:
    """How photos became patients, for ``metrics.json``."""
    if study.pooled is None:
        return None
    rules = {name: asdict(rule) for name, rule in study.pooled.rules.items()}
    return {"photos": study.pooled.photos, "rules": rules, "words": dict(study.pooled.words)}


def _answers_as(study: Study, assessment: Assessment) -> str:
    return study.pooled.words[assessment.name] if study.pooled else "the answers as given"


def _finite(estimate: Estimate) -> dict[str, float | None]:
    """JSON knows neither infinity nor what is not a number."""
    return {name: value if np.isfinite(value) else None for name, value in estimate.to_dict().items()}
