"""What a screening says, in sentences: a recommendation to refer or not, never a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass

from cutis.pages.environment import whole_percent
from cutis.runtime.screening import ScoredLesion, Screening
from cutis.stats.utility import predictive_values

RENDERED = "Trained on rendered images, not for care."
NOT_CLINICAL = (
    "The model was trained on rendered images, not on photos of patients: what it is worth in a clinic is "
    "not known."
)
NO_DIAGNOSIS = (
    "This is a recommendation to refer or not, never a diagnosis; whoever sees the patient decides."
)


@dataclass(frozen=True)
class Thousand:
    """What the answer means among 1,000 patients, where a share of them is positive.

    Attributes:
        prevalence: that share, 0..1.
        ppv: share of those referred who are positive; not a number where nobody is referred.
        npv: share of those not referred who are not.
        found, missed, alarms, cleared: expected patients.
        probability: of this patient at that prevalence, 0..1.
    """

    prevalence: float
    ppv: float
    npv: float
    found: float
    missed: float
    alarms: float
    cleared: float
    probability: float


def answer(done: Screening) -> str:
    """The answer in one sentence."""
    title = done.info.labels[done.positive].text
    if done.state == "unreadable":
        return "None of the photos could be read, so that nothing was looked at."
    if done.state == "no_skin":
        return "No skin was found in these photos, so that nothing was looked at."
    if done.state == "no_lesion":
        return "No lesion was found in these photos; that is not a harmless answer."
    if done.patient is None:
        return "Lesions were scored one by one; this model gives no answer for a patient."
    if done.patient.positive:
        return f"Refer urgently. Not excluded: {title}."
    return f"No reason to refer by these photos. Not suspected: {title}."


def reasons(done: Screening) -> tuple[str, ...]:
    """How sure the answer is, and on what it rests; one sentence each."""
    if not done.lesions:
        return (
            "Take the photos again, nearer and in even white light, or draw a box around each lesion. If the "
            "rash worries you, refer without an answer.",
        )
    said = [_score(done)] if done.patient else []
    if done.state == "one_lesion_only":
        said.append(
            "It rests on one lesion only. Take more photos, with several lesions, before relying on it."
        )
    else:
        seen = len({one.photo for one in done.lesions})
        said.append(f"It rests on {len(done.lesions)} lesions in {_photos(seen)}.")
    empty = len(done.photos) - len({one.photo for one in done.lesions})
    if empty:
        said.append(f"{_photos(empty).capitalize()} gave no lesion to look at; see below.")
    if done.refer is False:
        said.append(
            "It holds for these photos and this moment: look again soon, and at once if anything changes."
        )
    return tuple(said)


def telling(done: Screening) -> str:
    """The lesions that tell most, by name."""
    return "; ".join(_told(done, one) for one in done.telling)


def per_thousand(done: Screening, prevalence: float) -> Thousand | None:
    """What the answer means where a share of patients is positive.

    Returns:
        None where the bundle does not say how often its answer for patients is right.

    Raises:
        CutisError: the prevalence is not from 0 to 1.
    """
    rule = done.info.patient
    if rule is None or done.patient is None or not {"sensitivity", "specificity"} <= set(rule.point.found):
        return None
    sensitivity, specificity = (rule.point.found[name]["value"] for name in ("sensitivity", "specificity"))
    values = predictive_values(sensitivity, specificity, prevalence)
    return Thousand(
        prevalence=prevalence,
        ppv=float(values.ppv),
        npv=float(values.npv),
        found=1000 * prevalence * sensitivity,
        missed=1000 * prevalence * (1 - sensitivity),
        alarms=1000 * (1 - prevalence) * (1 - specificity),
        cleared=1000 * (1 - prevalence) * specificity,
        probability=done.patient.at(prevalence),
    )


def in_words(thousand: Thousand) -> str:
    """The same in a sentence or two."""
    found, missed, alarms, _ = counts(thousand)
    return (
        f"Of 1,000 patients, of whom {found + missed} have it, {found + alarms} would be referred: "
        f"{found} rightly and {alarms} needlessly; {missed} missed."
    )


def counts(thousand: Thousand) -> tuple[int, int, int, int]:
    """Found, missed, needlessly referred and rightly not: whole patients, 1,000 together."""
    ill = round(thousand.found + thousand.missed)
    found, alarms = min(ill, round(thousand.found)), min(1000 - ill, round(thousand.alarms))
    return found, ill - found, alarms, 1000 - ill - alarms


def _score(done: Screening) -> str:
    assert done.patient is not None and done.info.patient is not None
    point = done.info.patient.point
    side = "at or above" if done.patient.positive else "below"
    text = f"Score {done.patient.probability:.2f}, {side} the operating point {done.patient.threshold:.2f}"
    if "sensitivity" not in point.found:
        return text + "."
    found = {name: round(100 * value) for name, value in point.found["sensitivity"].items()}
    return (
        f"{text}, which found {found['value']} of 100 such patients ({found['low']}–{found['high']}) among "
        "those that it was chosen on."
    )


def _told(done: Screening, one: ScoredLesion) -> str:
    share = "" if one.share is None else f", {whole_percent(one.share)} of the answer"
    return f"{done.name(one)} (score {one.probability:.2f}{share})"


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"
