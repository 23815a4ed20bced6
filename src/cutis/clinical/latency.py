"""Whether the time between a drug and the rash fits what was published for that drug and reaction."""

from __future__ import annotations

from dataclasses import dataclass

from cutis.clinical.drugs import Drug

_ANTIBIOTICS = frozenset(
    (
        "aminopenicillin",
        "antibacterial sulfonamide",
        "cephalosporin",
        "glycopeptide",
        "macrolide",
        "quinolone",
        "streptogramin",
        "tetracycline",
    )
)
_LATE_DRESS = {
    "carbamazepine": 4,
    "lamotrigine": 6,
    "allopurinol": 8,
    "sulfasalazine": 2,
}  # cases of the source
_ALDEN = "Sassolas et al. 2010, Clin Pharmacol Ther 88:60"
_SORIA = "Soria et al. 2020, J Am Acad Dermatol 82:606"
_SIDOROFF = "Sidoroff et al. 2007, Br J Dermatol 157:989"


@dataclass(frozen=True)
class Latency:
    """How a delay fits one reaction.

    Attributes:
        reaction: ``SJS/TEN``, ``DRESS`` or ``AGEP``.
        fits: ``fits``, ``may fit``, ``hardly fits`` or ``does not fit``; empty where only the published
            figures can be told.
        text: one sentence with the figures.
        source: the publication.
    """

    reaction: str
    fits: str
    text: str
    source: str


def latency(days: int, drug: Drug | None) -> tuple[Latency, ...]:
    """How the days from the first intake to the rash fit each reaction that the drug is known for.

    For a drug that is not in the table only SJS/TEN is told, whose windows hold for every drug.

    Args:
        days: 0 or less where the rash came first.
        drug: its row of the table, if it has one.
    """
    told = [_sjs_ten(days)]
    if drug is not None and drug.dress:
        told.append(_dress(days, drug))
    if drug is not None and drug.agep:
        told.append(_agep(days, drug))
    return tuple(told)


def _sjs_ten(days: int) -> Latency:
    window = "5 to 28 days are most suggestive, 29 to 56 compatible"
    if days <= 0:
        return Latency(
            "SJS/TEN", "does not fit", f"The rash came first or on the same day; {window}.", _ALDEN
        )
    if days > 56:
        return Latency("SJS/TEN", "hardly fits", f"{window}; {days} days are late.", _ALDEN)
    if days < 5:
        early = "1 to 4 days are usual only after an earlier reaction to the same drug"
        return Latency("SJS/TEN", "may fit", f"{window}; {early}.", _ALDEN)
    fits = "fits" if days <= 28 else "may fit"
    return Latency("SJS/TEN", fits, f"{window}.", _ALDEN)


def _dress(days: int, drug: Drug) -> Latency:
    if days <= 0:
        return Latency("DRESS", "does not fit", "The rash came first or on the same day.", _SORIA)
    if drug.inn in _LATE_DRESS:
        text = f"All {_LATE_DRESS[drug.inn]} cases by {drug.inn} in the source began after more than 15 days."
        return Latency("DRESS", "fits" if 15 < days <= 56 else "may fit", text, _SORIA)
    text = "In the source 14 of 41 cases began within 15 days, the others later."
    if drug.group in _ANTIBIOTICS:
        text = f"{text[:-1]}; of the early ones 6 were by antibiotics."
    return Latency("DRESS", "", text, _SORIA)


def _agep(days: int, drug: Drug) -> Latency:
    if days < 0:
        return Latency("AGEP", "does not fit", "The rash came first.", _SIDOROFF)
    antibiotic = drug.group in _ANTIBIOTICS
    median = "1 day for antibiotics" if antibiotic else "11 days for drugs other than antibiotics"
    return Latency("AGEP", "", f"Median in the source: {median}.", _SIDOROFF)
