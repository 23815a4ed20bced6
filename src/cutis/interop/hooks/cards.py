"""Which card a clinician sees, in cutis's own words only: nothing of the record's text is repeated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cutis.clinical.drugs import Found, cited
from cutis.clinical.latency import Latency, latency
from cutis.interop.fhir.elements import named
from cutis.interop.hooks.record import Rash, Screened, Taken, rashes, screened, taken
from cutis.interop.hooks.requests import HookRequest

LONGEST_SUMMARY = 139  # the specification asks for fewer than 140 characters
WATCH_FOR = (
    "painful skin, sores of mouth, eyes or genitals, blisters, skin that comes off, fever, a swollen face"
)
NO_DIAGNOSIS = "A hint for whoever sees the patient, never a diagnosis; for research use, no medical device."
RAISED = ("high_risk", "lower_risk")  # of SJS/TEN, in case-control studies
LATEST = 56  # days after which none of the sources' windows is open


@dataclass(frozen=True)
class Words:
    """Where cards lead, and the clinic they are for.

    Attributes:
        screen: address of the screening; with ``smart``, the launch address of the SMART app.
        smart: the link opens in the record, with the patient.
        prevalence: share of such patients who have a severe reaction in this clinic, 0..1; None where nobody
            has said.
        source: address about cutis; may be empty.
    """

    screen: str
    smart: bool = True
    prevalence: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Suspect:
    """A drug whose delay fits.

    Attributes:
        taken: the drug.
        days: from its first intake to the rash; None where the record does not say.
        windows: what the publications say of that delay.
        strong: high risk of SJS/TEN and in the most suggestive window.
    """

    taken: Taken
    days: int | None
    windows: tuple[Latency, ...]
    strong: bool


def cards(request: HookRequest, words: Words, today: date) -> list[dict[str, Any]]:
    """The cards for a request; none where nothing suggests a drug reaction.

    Args:
        request: checked; its prefetch names are those of `cutis.interop.hooks.services.PREFETCH`.
        words: of this clinic.
        today: the day of the request.

    Raises:
        HookError: a resource is of another patient.
    """
    found = rashes(request.resources("conditions", "Condition"), today)
    kinds = ("MedicationRequest", "MedicationStatement")
    history = taken(request.resources("medications", *kinds))
    ordered = taken(iter([{**one, "status": "active"} for one in request.drafts()]))
    seen = screened(request.resources("screening", "Observation"))
    if not found:
        return []
    suspects = _suspects(found, history, today)
    if suspects:
        return [
            _card(
                request, _summary(suspects[0]), _detail(suspects, seen, words), _level(suspects, seen), words
            )
        ]
    new = [one for one in ordered if one.drug.sjs_ten in RAISED]
    if new:
        return [_card(request, _order_summary(new[0]), _order_detail(new, seen, words), "warning", words)]
    return []


def _suspects(found: Sequence[Rash], history: Sequence[Taken], today: date) -> list[Suspect]:
    began = min((rash.began for rash in found if rash.began), default=None)
    suspects = [one for drug in history if (one := _suspect(drug, began, today)) is not None]
    return sorted(suspects, key=lambda one: (not one.strong, one.days is None, one.days or 0))


def _suspect(drug: Taken, began: date | None, today: date) -> Suspect | None:
    known = drug.drug
    raised = known.sjs_ten in RAISED
    if not raised and known.dress != "associated" and not known.agep:
        return None  # what is only under surveillance is too common for a card
    if drug.began is None:
        return None  # a drug of unknown age is no new drug
    days = ((began or today) - drug.began).days
    if days <= 0 or days > LATEST:
        return None
    windows = latency(days, known)
    fits = {one.reaction: one.fits for one in windows}
    graded = raised and fits.get("SJS/TEN") in ("fits", "may fit")
    others = any(one.reaction != "SJS/TEN" and one.fits in ("fits", "may fit", "") for one in windows)
    if not (graded or others):
        return None
    strong = known.sjs_ten == "high_risk" and fits.get("SJS/TEN") == "fits"
    return Suspect(drug, days if began else None, windows, strong)


def _summary(first: Suspect) -> str:
    after = f"{first.days} days after" if first.days is not None else "after"
    if first.days == 1:
        after = "1 day after"
    text = f"Rash {after} {first.taken.drug.inn} was begun: exclude a severe drug reaction"
    return text[:LONGEST_SUMMARY]


def _order_summary(new: Taken) -> str:
    return f"A rash is recorded: screen it before {new.drug.inn} is begun"[:LONGEST_SUMMARY]


def _level(suspects: Sequence[Suspect], seen: Screened | None) -> str:
    if seen is not None and seen.reached:
        return "critical"
    return "warning" if suspects[0].strong else "info"


def _detail(suspects: Sequence[Suspect], seen: Screened | None, words: Words) -> str:
    lines = []
    for one in suspects[:5]:
        lines.append(f"- **{one.taken.drug.inn}**: {_known(one.taken)}")
        lines += [f"    - {window.reaction}: {window.text} ({window.source})" for window in one.windows]
    if suspects[0].days is None:
        lines.append("- The record does not say when the rash began; today was taken. Ask the patient.")
    return "\n".join([*lines, "", *_closing(seen, words)])


def _order_detail(new: Sequence[Taken], seen: Screened | None, words: Words) -> str:
    lines = [f"- **{one.drug.inn}**: {_known(one)}" for one in new]
    lines.append("- A rash that is already there would hide the first signs of a reaction to it.")
    return "\n".join([*lines, "", *_closing(seen, words)])


def _known(one: Taken) -> str:
    said = Found(one.drug.inn, one.drug).text.partition(": ")[2]
    return f"{said} Sources: {'; '.join(cited(one.drug))}."


def _closing(seen: Screened | None, words: Words) -> list[str]:
    told = (
        [_score(seen, words.prevalence)] if seen else ["No photo was screened yet: take photos of the rash."]
    )
    if seen and seen.rendered:
        told.append("The model was trained on rendered images, not for care.")
    return [*told, f"Look for {WATCH_FOR}; refer at once on any of them.", NO_DIAGNOSIS]


def _score(seen: Screened, prevalence: float | None) -> str:
    side = "at or above" if seen.reached else "below"
    point = f", {side} the operating point {seen.threshold:.2f}" if seen.threshold is not None else ""
    when = f" of {seen.day.isoformat()}" if seen.day else ""
    text = f"Photos{when}: score {seen.probability:.2f}{point}."
    share, meant = _meaning(seen, prevalence)
    if share is None or meant is None:
        return f"{text} What it means depends on how common severe reactions are where you work."
    where = f"Where {1000 * share:.3g} in 1,000 such patients have a severe reaction"
    return f"{text} {where}, it means about {1000 * meant:.0f} in 1,000 ({meant:.0%}) for this one."


def _meaning(seen: Screened, prevalence: float | None) -> tuple[float | None, float | None]:
    """A share of such patients, and what the score means there; of this clinic where both can be had."""
    if prevalence is not None and seen.made_for is not None and 0 < seen.made_for < 1:
        from cutis.stats.utility import probability_at

        return prevalence, float(probability_at(seen.probability, seen.made_for, prevalence))
    return seen.prevalence, seen.here


def _card(request: HookRequest, summary: str, detail: str, level: str, words: Words) -> dict[str, Any]:
    link: dict[str, Any] = {"label": "Screen photos of the rash", "url": words.screen}
    link["type"] = "smart" if words.smart else "absolute"
    if words.smart:
        link["appContext"] = json.dumps({"task": "drug_reaction", "hookInstance": request.instance})
    source = {"label": "cutis, for research use"} | ({"url": words.source} if words.source else {})
    return {
        "uuid": named("card", request.instance, request.hook, summary),
        "summary": summary,
        "detail": detail,
        "indicator": level,
        "source": source,
        "links": [link],
        "overrideReasons": [
            {"code": code, "system": "urn:cutis:override", "display": text}
            for code, text in (
                ("other-cause", "The rash has another cause"),
                ("already-known", "Known, and being looked after"),
                ("not-taken", "The drug was not taken"),
            )
        ],
    }
