"""What facts say, in the reader's language: how urgent a referral is by them, which signs, which scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cutis.clinical.alden import alden
from cutis.clinical.drugs import Found, find
from cutis.clinical.facts import Exposure, Facts, delay
from cutis.clinical.flags import SOURCE, Urgency, flags, not_looked_for, urgency
from cutis.clinical.surface import CLASSIFICATION_SOURCE, extent
from cutis.web.analyse.facts.fields import DRUG, GROUPS
from cutis.web.analyse.facts.keeping import Entry
from cutis.web.analyse.facts.scores import LEVELS, Told, days_words, drug_told, scores_told, value_words
from cutis.web.words import _, later

SIGNS = {
    "mucosa": later("mucous membranes involved"),
    "skin pain": later("painful skin"),
    "blisters": later("blisters or erosions"),
    "detachment": later("detached skin"),
    "purpura": later("purpuric or dusky lesions"),
    "organs": later("an inner organ involved"),
    "facial swelling": later("swollen face"),
    "fever": later("fever of 38.5 degrees C or more"),
    "pustules": later("many small pustules"),
    "extent": later("rash on half of the body surface or more"),
    "lymph nodes": later("enlarged lymph nodes"),
    "atypical lymphocytes": later("atypical lymphocytes"),
    "eosinophilia": later("eosinophils of 0.7 x 10^9/L or more"),
    "liver": later("ALT twice the upper limit or more"),
    "drug": later("a drug known for severe reactions, begun in the eight weeks before the rash"),
}
_STEP = {
    Urgency.URGENT: later(
        "Refer urgently, today, to a dermatologist or an emergency department: %(signs)s. Let the prescriber "
        "decide today which suspected drugs can be stopped."
    ),
    Urgency.SOON: later("Have a dermatologist look at it within a day or two: %(signs)s."),
    Urgency.ASK: later(
        "No sign of a severe reaction among the facts given, but these were not looked for: %(open)s. Look "
        "for them before the patient leaves."
    ),
    Urgency.WATCH: later("No sign of a severe reaction in these facts. Look again within two days."),
}
_WORD = {
    Urgency.URGENT: later("Refer urgently"),
    Urgency.SOON: later("Have it looked at soon"),
    Urgency.ASK: later("Not all was looked for"),
    Urgency.WATCH: later("No sign in these facts"),
}
_STATE = {
    Urgency.URGENT: "urgent",
    Urgency.SOON: "attention",
    Urgency.ASK: "attention",
    Urgency.WATCH: "unknown",
}


@dataclass(frozen=True)
class Suspect:
    """A drug of the patient: what the table says of it, since when it was taken, and its score."""

    name: str
    found: str
    since: str
    score: Told


@dataclass(frozen=True, eq=False)
class FactsTold:
    """What one entry says.

    Attributes:
        state, word, sentence: how urgent a referral is by these facts alone.
        present, absent, open: signs, in words.
        detached: what an area like that is called; empty where it is not known.
        entered: every fact, as a title and what was entered.
    """

    entry: Entry
    state: str
    word: str
    sentence: str
    present: tuple[str, ...]
    absent: tuple[str, ...]
    open: tuple[str, ...]
    signs_source: str
    detached: str
    detached_source: str
    scores: tuple[Told, ...]
    drugs: tuple[Suspect, ...]
    entered: tuple[tuple[str, str], ...]


def told(entry: Entry) -> FactsTold:
    """What an entry says, in words."""
    facts = entry.facts
    found = flags(facts)
    level = urgency(found)
    present = tuple(_(SIGNS[one.name]) for one in found if one.present)
    values = {
        "signs": "; ".join(present),
        "open": ", ".join(_(SIGNS[name]) for name in not_looked_for(found)),
    }
    return FactsTold(
        entry,
        _STATE[level],
        _(_WORD[level]),
        _(_STEP[level]) % values,
        present,
        tuple(_(SIGNS[one.name]) for one in found if one.present is False),
        tuple(_(SIGNS[one.name]) for one in found if one.present is None),
        SOURCE,
        _detached(facts),
        CLASSIFICATION_SOURCE,
        scores_told(facts),
        tuple(_suspects(facts)),
        tuple(_entered(facts)),
    )


def _detached(facts: Facts) -> str:
    if not facts.detached_percent:
        return ""
    names = {"SJS": "SJS", "SJS/TEN overlap": _("SJS/TEN overlap"), "TEN": "TEN"}
    values = {"percent": f"{facts.detached_percent:g}", "name": names[extent(facts.detached_percent).name]}
    return _("%(percent)s%% detached: in an epidermal necrolysis that is called %(name)s.") % values


def _suspects(facts: Facts) -> Iterator[Suspect]:
    for exposure, score in zip(facts.drugs, alden(facts), strict=True):
        days = delay(facts, exposure)
        since = "" if days is None else _("begun %(days)s before the rash") % {"days": days_words(days)}
        yield Suspect(exposure.name, _of_table(find(exposure.name)), since, drug_told(score, facts, exposure))


def _of_table(found: Found) -> str:
    if found.drug is not None:
        named = found.drug.inn if found.drug.inn.casefold() != found.asked.casefold() else ""
        level = _(LEVELS[found.drug.sjs_ten]) if found.drug.sjs_ten else ""
        hla = _("risk alleles: %(hla)s") % {"hla": found.drug.hla} if found.drug.hla else ""
        return "; ".join(one for one in (named, level, hla) if one)
    if found.suggestions:
        return _("Not in the table of drugs. Did you mean %(names)s?") % {
            "names": ", ".join(found.suggestions)
        }
    return _("Not in the table of drugs: this says nothing about its safety.")


def _entered(facts: Facts) -> Iterator[tuple[str, str]]:
    for group in GROUPS:
        for one in group.asked:
            words = value_words(one, getattr(facts, one.name))
            if words:
                yield _(one.title), words
    for exposure in facts.drugs:
        yield exposure.name, _course(facts, exposure)


def _course(facts: Facts, exposure: Exposure) -> str:
    found = []
    for one in DRUG[1:]:
        value = getattr(exposure, one.name)
        if one.name == "suspected" and value:
            continue
        if value is not None and one.name in ("start_day", "stop_day"):
            value = -value
        words = _(one.choices[value]) if one.kind == "one" and value else value_words(one, value)
        if words:
            found.append(f"{_(one.title)}: {words}")
    return "; ".join(found) or _("no more is known of it")
