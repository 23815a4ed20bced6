"""What is known of a patient with a rash. Every fact is optional; not known is None, never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cutis.clinical.units import Amount
from cutis.core.errors import FactsError

# What is known of earlier intake of a drug, as ALDEN asks for it.
EARLIER = {
    "sjs_ten_same_drug": "SJS/TEN after the same drug",
    "sjs_ten_similar_drug": "SJS/TEN after a similar drug",
    "other_same_drug": "another reaction to the same drug",
    "other_similar_drug": "another reaction to a similar drug",
    "never_taken": "not known to have been taken before",
    "tolerated": "taken without any reaction",
}
MUCOSAL_SITES = ("mouth", "lips", "eyes", "nose", "throat", "airways", "genitals", "urethra", "anus")
# As RegiSCAR counts them: muscle and heart are one.
ORGANS = ("liver", "kidney", "lung", "muscle_or_heart", "pancreas", "other")


@dataclass(frozen=True)
class Exposure:
    """A drug that the patient took.

    Days are counted from the day on which the rash began, which is day 0: a drug begun two weeks before has
    start_day -14. Dates may be given instead, or too, where they agree.

    Attributes:
        name: as it is written on the package or in the record, in any language.
        start: first day of intake.
        stop: last day of intake.
        start_day: first day of intake, in days from the beginning of the rash.
        stop_day: last day of intake, in days from the beginning of the rash.
        ongoing: still taken when the patient is examined.
        suspected: whether it may have caused the rash; others are scored as well.
        earlier: a name in `EARLIER`.
        half_life_hours: elimination half-life in this patient, where the drug was stopped before the rash.
        clearance_impaired: liver or kidney function is altered, or a drug interaction is suspected.
        continued_without_harm: the drug was kept on and the reaction did not get worse.
    """

    name: str
    start: date | None = None
    stop: date | None = None
    start_day: int | None = None
    stop_day: int | None = None
    ongoing: bool | None = None
    suspected: bool = True
    earlier: str | None = None
    half_life_hours: float | None = None
    clearance_impaired: bool | None = None
    continued_without_harm: bool | None = None


@dataclass(frozen=True)
class Facts:
    """One patient, as examined on one day.

    Attributes:
        age: years.
        malignancy: active cancer or a malignant disease of the blood.
        dialysis: on dialysis before admission.
        drugs: what was taken; empty where nothing is known of it.
        examined: the day on which the facts hold.
        rash_began: first day of the rash.
        days_since_rash: days from then to the examination.
        temperature: highest, degrees Celsius.
        heart_rate: beats per minute.
        mucosal_sites: names in `MUCOSAL_SITES`; empty where all were looked at and none is involved.
        skin_pain: the skin hurts or burns.
        facial_swelling: oedema of the face.
        blisters: vesicles, bullae or erosions of the skin.
        nikolsky: the epidermis can be rubbed off.
        pustules: many small sterile pustules.
        purpura: purpuric or dusky lesions, elsewhere than on the legs only.
        infiltration: infiltrated, thickened lesions.
        scaling: the rash scales.
        detached_percent: body surface with detached or detachable epidermis, per cent.
        rash_percent: body surface with rash, detached skin included, per cent.
        lymph_nodes: enlarged (1 cm or more) at two sites or more.
        atypical_lymphocytes: seen in the blood.
        biopsy_suggests_dress: a biopsy was read as suggesting DRESS.
        organs: names in `ORGANS` that are involved with no other explanation; empty where none is.
        lasted_15_days: the rash took 15 days or more to resolve.
        other_causes_negative: number of tests for other causes (antinuclear antibodies, blood culture,
            serology of hepatitis A, B and C, chlamydia, mycoplasma) that were done and negative.
        other_causes_positive: number of them that were positive.
        urea: serum urea, or urea nitrogen in ``mg/dL BUN``.
        bicarbonate: serum bicarbonate.
        glucose: serum glucose.
        creatinine: serum creatinine.
        alt: alanine aminotransferase.
        alt_upper: the laboratory's upper limit of it.
        eosinophils: in blood.
        eosinophils_percent: of leukocytes.
        leukocytes: in blood.

    Raises:
        FactsError: every contradiction at once.
    """

    age: float | None = None
    malignancy: bool | None = None
    dialysis: bool | None = None
    drugs: tuple[Exposure, ...] = ()
    examined: date | None = None
    rash_began: date | None = None
    days_since_rash: int | None = None
    temperature: float | None = None
    heart_rate: float | None = None
    mucosal_sites: tuple[str, ...] | None = None
    skin_pain: bool | None = None
    facial_swelling: bool | None = None
    blisters: bool | None = None
    nikolsky: bool | None = None
    pustules: bool | None = None
    purpura: bool | None = None
    infiltration: bool | None = None
    scaling: bool | None = None
    detached_percent: float | None = None
    rash_percent: float | None = None
    lymph_nodes: bool | None = None
    atypical_lymphocytes: bool | None = None
    biopsy_suggests_dress: bool | None = None
    organs: tuple[str, ...] | None = None
    lasted_15_days: bool | None = None
    other_causes_negative: int | None = None
    other_causes_positive: int | None = None
    urea: Amount | None = None
    bicarbonate: Amount | None = None
    glucose: Amount | None = None
    creatinine: Amount | None = None
    alt: Amount | None = None
    alt_upper: Amount | None = None
    eosinophils: Amount | None = None
    eosinophils_percent: float | None = None
    leukocytes: Amount | None = None

    def __post_init__(self) -> None:
        from cutis.clinical.check import problems

        found = problems(self)
        if found:
            raise FactsError([f"facts: {problem}" for problem in found], found)


def day_of(facts: Facts, on: date | None, day: int | None) -> int | None:
    """A day of a drug, counted from the beginning of the rash; None where it cannot be told."""
    if day is not None:
        return day
    began = rash_began(facts)
    return None if on is None or began is None else (on - began).days


def rash_began(facts: Facts) -> date | None:
    """The first day of the rash, as given or counted back from the examination."""
    from datetime import timedelta

    if facts.rash_began is not None:
        return facts.rash_began
    if facts.examined is None or facts.days_since_rash is None:
        return None
    try:
        return facts.examined - timedelta(days=facts.days_since_rash)
    except OverflowError:
        return None


def examined_day(facts: Facts) -> int | None:
    """The day of the examination, counted from the beginning of the rash."""
    if facts.days_since_rash is not None:
        return facts.days_since_rash
    return day_of(facts, facts.examined, None)


def delay(facts: Facts, exposure: Exposure) -> int | None:
    """Days from the first intake to the beginning of the rash; 0 or less where the rash came first."""
    start = day_of(facts, exposure.start, exposure.start_day)
    return None if start is None else -start
