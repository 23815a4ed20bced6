"""Red flags among the facts, and how urgent a referral is by them.

The flags are those that dermatologists name as signs of a severe drug reaction (Roujeau and Stern 1994, N
Engl J Med 331:1272; Creamer et al. 2016, Br J Dermatol 174:1194). How many of them make which urgency is
cutis's own rule, made to miss little; it is no published score and was not validated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from cutis.clinical.drugs import find
from cutis.clinical.facts import Facts, delay
from cutis.clinical.units import in_first_unit

SOURCE = "Roujeau and Stern 1994, N Engl J Med 331:1272; Creamer et al. 2016, Br J Dermatol 174:1194"
_CORE = ("mucosa", "skin pain", "blisters", "detachment", "fever", "facial swelling")


class Urgency(IntEnum):
    """How urgent a referral is, least first. A recommendation to refer, never a diagnosis."""

    WATCH = 0
    ASK = 1
    SOON = 2
    URGENT = 3


@dataclass(frozen=True)
class Flag:
    """One sign.

    Attributes:
        name: short and stable.
        present: None where it is not known.
        text: what was found.
        alone: whether it calls for urgent referral by itself.
    """

    name: str
    present: bool | None
    text: str
    alone: bool


def flags(facts: Facts) -> tuple[Flag, ...]:
    """All signs, present, absent and not known."""
    sites = facts.mucosal_sites
    found = "" if not sites else f"at {', '.join(sites)}"
    return (
        Flag(
            "mucosa",
            None if sites is None else bool(sites),
            f"mucous membranes involved {found}".strip(),
            True,
        ),
        Flag("skin pain", facts.skin_pain, "the skin hurts", True),
        Flag("blisters", facts.blisters, "blisters or erosions of the skin", True),
        Flag("detachment", _detachment(facts), _detachment_text(facts), True),
        Flag("purpura", facts.purpura, "purpuric or dusky lesions", True),
        Flag(
            "organs", None if facts.organs is None else bool(facts.organs), "an inner organ is involved", True
        ),
        Flag("facial swelling", facts.facial_swelling, "the face is swollen", False),
        Flag("fever", _at_least(facts.temperature, 38.5), _fever_text(facts), False),
        Flag("pustules", facts.pustules, "many small pustules", False),
        Flag(
            "extent",
            _at_least(facts.rash_percent, 50),
            "the rash covers half of the body surface or more",
            False,
        ),
        Flag("lymph nodes", facts.lymph_nodes, "lymph nodes are enlarged", False),
        Flag("atypical lymphocytes", facts.atypical_lymphocytes, "atypical lymphocytes in the blood", False),
        Flag("eosinophilia", _eosinophilia(facts), f"eosinophils {facts.eosinophils}", False),
        Flag(
            "liver", _liver(facts), f"ALT {facts.alt}, twice the upper limit {facts.alt_upper} or more", False
        ),
        _drug_flag(facts),
    )


def urgency(found: tuple[Flag, ...]) -> Urgency:
    """How urgent a referral is: cutis's own rule, in which a further sign never lowers it.

    Urgent by one sign that speaks for itself (mucosa, pain, blisters, detachment, purpura, an organ) or by
    any two; soon by one; otherwise to be watched, if the six signs that matter most were looked for and are
    absent.
    """
    present = [flag for flag in found if flag.present]
    if any(flag.alone for flag in present) or len(present) >= 2:
        return Urgency.URGENT
    if present:
        return Urgency.SOON
    return Urgency.ASK if not_looked_for(found) else Urgency.WATCH


def not_looked_for(found: tuple[Flag, ...]) -> tuple[str, ...]:
    """Of the six signs that matter most, those that are not known."""
    return tuple(flag.name for flag in found if flag.name in _CORE and flag.present is None)


def _at_least(value: float | None, least: float) -> bool | None:
    return None if value is None else value >= least


def _detachment(facts: Facts) -> bool | None:
    if facts.nikolsky or (facts.detached_percent or 0) > 0:
        return True
    nothing_open = facts.nikolsky is False and facts.blisters is False
    return False if facts.detached_percent == 0 or nothing_open else None


def _detachment_text(facts: Facts) -> str:
    if facts.detached_percent:
        return f"{facts.detached_percent:g}% of the body surface is detached"
    return "the epidermis can be rubbed off (Nikolsky sign)"


def _fever_text(facts: Facts) -> str:
    return f"fever of {facts.temperature:g} degrees C" if facts.temperature is not None else "fever"


def _eosinophilia(facts: Facts) -> bool | None:
    return None if facts.eosinophils is None else in_first_unit("eosinophils", facts.eosinophils) >= 0.7


def _liver(facts: Facts) -> bool | None:
    if facts.alt is None or facts.alt_upper is None:
        return None
    return in_first_unit("alt", facts.alt) >= 2 * in_first_unit("alt_upper", facts.alt_upper)


def _drug_flag(facts: Facts) -> Flag:
    """A drug that is known for a severe reaction, begun within the eight weeks before the rash."""
    known, open_ones = [], not facts.drugs
    for exposure in facts.drugs:
        drug = find(exposure.name).drug
        days = delay(facts, exposure)
        graded = drug is not None and (
            drug.sjs_ten in ("high_risk", "lower_risk") or drug.dress == "associated"
        )
        if drug is not None and graded and days is not None and 0 < days <= 56:
            known.append(f"{drug.inn}, begun {days} {'day' if days == 1 else 'days'} before")
        open_ones = open_ones or drug is None or days is None
    present = True if known else None if open_ones else False
    return Flag("drug", present, f"a drug known for severe reactions: {'; '.join(known)}", False)
