"""The facts beside the photos: what they say together, never less urgent than either alone."""

from __future__ import annotations

from cutis.clinical.combine import Calibration
from cutis.clinical.facts import Facts
from cutis.clinical.flags import Urgency
from cutis.clinical.summary import Picture, Summary, summarise
from cutis.runtime.screen_words import answer
from cutis.runtime.screening import Screening


def with_facts(done: Screening, facts: Facts, calibration: Calibration | None = None) -> Summary:
    """What the facts say beside the photos' answer; without an answer the facts stand alone.

    Args:
        done: a screening.
        facts: of the same patient.
        calibration: fitted on the user's own patients; without it picture and facts stay two answers.
    """
    patient = done.patient
    seen = None
    if patient is not None:
        source = f"{done.info.name} {done.info.version}"
        seen = Picture(patient.probability, patient.threshold, source)
    return summarise(facts, seen, calibration)


def refer(done: Screening, beside: Summary | None) -> bool | None:
    """Whether photos or facts are a reason to refer; None where neither answers.

    Facts without a sign are no answer of their own: what the photos say stands.
    """
    if beside is not None and beside.urgency in (Urgency.SOON, Urgency.URGENT):
        return True
    return done.refer


def answer_with(done: Screening, beside: Summary | None) -> str:
    """The answer in a sentence or two, led by whichever of photos and facts calls for a referral."""
    if refer(done, beside) and not done.refer:
        return f"Refer, by the clinical facts. {answer(done)}"
    return answer(done)
