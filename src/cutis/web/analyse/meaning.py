"""What an answer means where something is as common as among a clinic's own patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.stats.utility import predictive_values
from cutis.web.database import Prevalence
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.words import _

USUAL = 0.02  # shown first where nobody has said how common it is; an example, and named as one


@dataclass(frozen=True)
class Meaning:
    """An answer among 1,000 patients, as many of whom have it as is said.

    Attributes:
        share: that have it.
        known: the clinic has said so; otherwise it is an example.
        found, missed, alarms, cleared: of 1,000 patients, whole ones.
        some_missed: fewer than one in 1,000 would be missed, but some.
        ppv: of those with this answer, the share that has it; with its interval, each 0 to 1.
        npv: of those with another answer, the share that has it not.
    """

    share: float
    known: bool
    found: int
    missed: int
    alarms: int
    cleared: int
    ppv: tuple[float, float, float]
    npv: tuple[float, float, float]
    some_missed: bool = False

    @property
    def ill(self) -> int:
        """Of 1,000 patients, those that have it."""
        return self.found + self.missed

    @property
    def positive(self) -> int:
        """Of 1,000 patients, those with this answer."""
        return self.found + self.alarms


def meaning(rates: Mapping[str, Any], share: float, *, known: bool) -> Meaning | None:
    """What an answer means.

    Args:
        rates: its ``sensitivity`` and ``specificity``, each ``value``, ``low`` and ``high``.
        share: of patients that have it, 0 to 1.
        known: see `Meaning`.

    Returns:
        None where it is not known how often the answer is right.
    """
    if not {"sensitivity", "specificity"} <= set(rates):
        return None
    sensitivity, specificity = rates["sensitivity"], rates["specificity"]
    each = {
        end: predictive_values(sensitivity[end], specificity[end], share) for end in ("value", "low", "high")
    }
    ill = round(1000 * share)
    found = min(ill, round(1000 * share * sensitivity["value"]))
    alarms = min(1000 - ill, round(1000 * (1 - share) * (1 - specificity["value"])))
    ppv = _number(each["value"].ppv), _number(each["low"].ppv), _number(each["high"].ppv)
    npv = _number(each["value"].npv), _number(each["low"].npv), _number(each["high"].npv)
    some = ill == found and sensitivity["value"] < 1
    return Meaning(share, known, found, ill - found, alarms, 1000 - ill - alarms, ppv, npv, some)


def prevalences(session: Session, study: str) -> dict[tuple[str, str], float]:
    """How common things are in a study, by task and label, as far as it says."""
    found = session.scalars(select(Prevalence).where(Prevalence.study_id == study))
    return {(one.task, one.label): one.share for one in found}


def set_prevalence(held: Platform, access: Access, task: str, label: str, share: float) -> None:
    """Say how common something is among the study's patients.

    Raises:
        RefusedError: the share does not lie between 0 and 1.
    """
    need_share(share)
    with held.database.writing() as session:
        held.audit.lock(session)
        chosen = select(Prevalence).where(
            Prevalence.study_id == access.study, Prevalence.task == task, Prevalence.label == label
        )
        kept = session.scalar(chosen)
        if kept is None:
            kept = Prevalence(study_id=access.study, task=task, label=label)
            session.add(kept)
        kept.share, kept.set_by, kept.changed = share, access.user, now()
        session.flush()
        held.audit.add(
            session,
            "prevalence.set",
            who=access.user,
            study=access.study,
            subject=kept.id,
            task=task,
            label=label,
            share=share,
        )


def need_share(share: float) -> None:
    """Check how common something is said to be.

    Raises:
        RefusedError: it does not lie between 0 and 1.
    """
    if not 0 < share < 1:
        raise RefusedError(
            422, _("How common it is, is a percentage above 0 and below 100."), title=_("Not a percentage")
        )


def _number(value: Any) -> float:
    return 0.0 if isnan(value) else float(value)  # not a number where nobody has this answer
