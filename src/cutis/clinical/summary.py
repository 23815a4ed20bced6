"""The facts beside the picture: red flags, every score with its parts, the drugs, the next step in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cutis.clinical.alden import alden
from cutis.clinical.combine import Calibration, Combined, combine, features
from cutis.clinical.drugs import Found, cited, find
from cutis.clinical.facts import Facts, delay
from cutis.clinical.flags import SOURCE as FLAGS_SOURCE
from cutis.clinical.flags import Flag, Urgency, flags, not_looked_for, urgency
from cutis.clinical.latency import Latency, latency
from cutis.clinical.prognosis import abcd10, scorten
from cutis.clinical.record import to_dict
from cutis.clinical.regiscar import regiscar
from cutis.clinical.score import Score
from cutis.clinical.surface import Extent, extent
from cutis.core.errors import CutisError

FORMAT = 1
NOTE = "Preliminary, for research use: a recommendation whom to refer, no diagnosis, and no medical device."
_WATCH_FOR = (
    "painful skin, sores of mouth, eyes or genitals, blisters, skin that comes off, fever, or a swollen face"
)


@dataclass(frozen=True)
class Picture:
    """What the photos said.

    Attributes:
        score: of a severe reaction in the photos, 0..1.
        operating_point: score from which it counts as a sign; None where none was chosen.
        source: which bundle said it.
    """

    score: float
    operating_point: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for name, value in (("score", self.score), ("operating point", self.operating_point)):
            if value is not None and not 0 <= value <= 1:
                raise CutisError(f"the picture's {name} is {value:g}. Give it as a share, 0 to 1.")

    @property
    def sign(self) -> bool:
        """Whether the score counts as a sign of a severe reaction."""
        return self.operating_point is not None and self.score >= self.operating_point


@dataclass(frozen=True)
class DrugSummary:
    """One drug of the patient.

    Attributes:
        found: what the table says to it.
        days: from its first intake to the rash; None where it is not known.
        latency: how that delay fits each reaction; empty where it is not known.
        causality: its ALDEN score.
        sources: of the table's row.
    """

    found: Found
    days: int | None
    latency: tuple[Latency, ...]
    causality: Score
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """All that the facts say, part by part.

    Attributes:
        facts: what went in.
        flags: all signs, also absent and unknown ones.
        urgency: of a referral.
        next_step: in words.
        scores: SCORTEN, ABCD-10, RegiSCAR.
        detached: what the detached area is called; None where it is not known.
        drugs: in the order given.
        picture: what the photos said, if there were any.
        combined: only where a calibration was given and all that it needs is known.
        not_combined: why there is no combined score; empty where there is one.
    """

    facts: Facts
    flags: tuple[Flag, ...]
    urgency: Urgency
    next_step: str
    scores: tuple[Score, ...]
    detached: Extent | None
    drugs: tuple[DrugSummary, ...]
    picture: Picture | None
    combined: Combined | None
    not_combined: str


def summarise(
    facts: Facts, picture: Picture | None = None, calibration: Calibration | None = None
) -> Summary:
    """Everything that the facts say, beside what the photos said.

    A picture at or above its operating point makes the referral urgent; one below it never makes it less
    urgent than the facts do.
    """
    found = flags(facts)
    combined, why = _combined(facts, picture, calibration)
    level = max(urgency(found), Urgency.URGENT if picture is not None and picture.sign else Urgency.WATCH)
    detached = facts.detached_percent
    return Summary(
        facts=facts,
        flags=found,
        urgency=level,
        next_step=_next_step(level, found, picture),
        scores=(scorten(facts), abcd10(facts), regiscar(facts)),
        detached=None if detached is None else extent(detached),
        drugs=_drugs(facts),
        picture=picture,
        combined=combined,
        not_combined=why,
    )


def _drugs(facts: Facts) -> tuple[DrugSummary, ...]:
    told = []
    for exposure, causality in zip(facts.drugs, alden(facts), strict=True):
        found = find(exposure.name)
        days = delay(facts, exposure)
        fits = () if days is None else latency(days, found.drug)
        told.append(DrugSummary(found, days, fits, causality, cited(found.drug) if found.drug else ()))
    return tuple(told)


def _combined(
    facts: Facts, picture: Picture | None, calibration: Calibration | None
) -> tuple[Combined | None, str]:
    try:
        return combine(features(facts, None if picture is None else picture.score), calibration), ""
    except CutisError as why:
        return None, f"Not combined: {why}"


def _next_step(level: Urgency, found: tuple[Flag, ...], picture: Picture | None) -> str:
    present = [flag.text for flag in found if flag.present]
    if picture is not None and picture.sign:
        present.append(
            f"photos score {picture.score:.2f}, at or above the operating point {picture.operating_point:.2f}"
        )
    signs = "; ".join(present)
    if level is Urgency.URGENT:
        return (
            f"Refer urgently, today, to a dermatologist or an emergency department: {signs}. Let the "
            "prescriber decide today which suspected drugs can be stopped."
        )
    if level is Urgency.SOON:
        return f"Have a dermatologist look at it within a day or two: {signs}. Refer at once on {_WATCH_FOR}."
    if level is Urgency.ASK:
        return (
            f"No sign of a severe reaction among the facts given, but not all were looked for: "
            f"{', '.join(not_looked_for(found))}. Look for them before the patient leaves."
        )
    return f"No sign of a severe reaction in these facts; watch for {_WATCH_FOR}. Look again within two days."


def to_json(summary: Summary) -> dict[str, Any]:
    """The summary as plain data."""
    picture = summary.picture
    return {
        "format": FORMAT,
        "note": NOTE,
        "facts": to_dict(summary.facts),
        "urgency": summary.urgency.name.lower(),
        "next_step": summary.next_step,
        "flags": {"source": FLAGS_SOURCE, "found": [asdict(flag) for flag in summary.flags]},
        "scores": [_score(score) for score in summary.scores],
        "detached": None if summary.detached is None else asdict(summary.detached),
        "drugs": [_drug(drug) for drug in summary.drugs],
        "picture": None if picture is None else asdict(picture),
        "combined": None if summary.combined is None else asdict(summary.combined),
        "not_combined": summary.not_combined,
    }


def _score(score: Score) -> dict[str, Any]:
    told = {"total": score.total, "published": score.published, "missing": list(score.missing)}
    return {**asdict(score), **told}


def _drug(drug: DrugSummary) -> dict[str, Any]:
    row = drug.found.drug
    return {
        "name": drug.found.asked,
        "text": drug.found.text,
        "in_table": None if row is None else {**asdict(row), "sources": list(drug.sources)},
        "days": drug.days,
        "latency": [asdict(fit) for fit in drug.latency],
        "causality": _score(drug.causality),
    }
