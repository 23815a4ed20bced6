"""How good the photos of a study are, by site and by who took them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.stats.intervals import wilson
from cutis.web.database import Analysis, Participant, Photo, Site, StoredBundle, Study
from cutis.web.database.analysis import DONE
from cutis.web.database.participant import WITHDRAWN
from cutis.web.words import _, pgettext


@dataclass(frozen=True)
class Group:
    """Photos of one site or one way of taking them.

    Attributes:
        by: what it is a group by.
        low, high: 95% interval of the share that is good enough, photos counted as if each stood for itself.
        reason: the most frequent reason among those that are not, or empty.
    """

    by: str
    name: str
    photos: int
    passed: int
    low: float
    high: float
    reason: str
    made_by: str

    @property
    def share(self) -> float:
        """That is good enough."""
        return self.passed / self.photos


def quality_by_group(session: Session, study: Study) -> list[Group]:
    """Quality by site and by who took the photos, from the newest quality model that answered for each photo.

    Cameras are not told apart: what a camera writes of itself into a photo is removed when it arrives.
    """
    sites = {one.id: one.name for one in session.scalars(select(Site).where(Site.study_id == study.id))}
    rows = session.execute(
        select(
            Photo.id,
            Photo.added_by,
            Participant.site_id,
            Analysis.result,
            StoredBundle.name,
            StoredBundle.version,
        )
        .join(Photo, Photo.id == Analysis.photo_id)
        .join(Participant, Participant.id == Photo.participant_id)
        .join(StoredBundle, StoredBundle.digest == Analysis.bundle_digest)
        .where(
            Analysis.study_id == study.id,
            Analysis.state == DONE,
            StoredBundle.task == "image_quality",
            Participant.state != WITHDRAWN,
        )
        .order_by(Analysis.created)
    )
    newest = {row.id: row for row in rows if (row.result or {}).get("kind") == "quality"}
    groups = defaultdict[tuple[str, str], list[tuple[bool, str, str]]](list)
    for row in newest.values():
        said = row.result
        reason = str(said.get("titles", {}).get(said.get("reason"), said.get("reason") or ""))
        one = (bool(said.get("passed")), reason, f"{row.name} {row.version}")
        if sites:
            groups[_("Site"), sites.get(row.site_id or "", _("no site"))].append(one)
        groups[
            pgettext("where", "Taken"), _("at the clinic") if row.added_by else _("by participants")
        ].append(one)
    return [_group(by, name, some) for (by, name), some in sorted(groups.items())]


def _group(by: str, name: str, some: list[tuple[bool, str, str]]) -> Group:
    passed = sum(good for good, _reason, _model in some)
    reasons = Counter(reason for good, reason, _model in some if not good and reason)
    models = sorted({model for _good, _reason, model in some})
    around = wilson(passed, len(some))
    return Group(
        by,
        name,
        len(some),
        passed,
        around.low,
        around.high,
        reasons.most_common(1)[0][0] if reasons else "",
        ", ".join(models),
    )
