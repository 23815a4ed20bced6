"""Have a study's photos, or a model's answers to them, changed since the first weeks?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.core.bundle import BundleInfo
from cutis.web.database import Analysis, Photo
from cutis.web.database.analysis import DONE
from cutis.web.models.compare import probabilities
from cutis.web.words import _

FIRST = timedelta(weeks=4)
LEAST_PARTICIPANTS = 5
_MOST = 2000  # photos of the beginning, and as many of the end
_SHUFFLES = 499
_DRAWS = 400
_SURE = 0.01  # two looks, each week anew: one in twenty would cry wolf

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Week:
    """One week of the chart.

    Attributes:
        number: 1 for the first.
        value: mean over participants, with its interval; or a distance, whose interval is a point.
    """

    number: int
    value: float
    low: float
    high: float
    photos: int


@dataclass(frozen=True, eq=False)
class Drifted:
    """One thing that is watched.

    Attributes:
        key: ``score``, ``embedding`` or ``quality``.
        title: for people.
        sentence: what was found.
        state: ``good``, ``attention`` or ``unknown``.
        weeks: of the chart.
        level: mean of the first weeks.
        first: how many weeks these are.
    """

    key: str
    title: str
    sentence: str
    state: str
    weeks: tuple[Week, ...]
    level: float
    first: int


@dataclass(frozen=True, eq=False)
class _Rows:
    """Analyses, the oldest first: when the photo was added, whose it is, its score and its embedding."""

    created: list[datetime]
    whose: NDArray[np.str_]
    score: Array
    embedding: Array

    def __len__(self) -> int:
        return len(self.created)


def drift(session: Session, study: str, digest: str, info: BundleInfo) -> tuple[Drifted, ...]:
    """What became of a bundle's answers in a study.

    Args:
        session: of `Database.reading`.
        study: identity.
        digest: of the bundle.
        info: what is in it.
    """
    rows = _rows(session, study, digest, info)
    if not len(rows):
        return ()
    start = rows.created[0]
    late = np.array([moment >= start + FIRST for moment in rows.created])
    end = rows.created[-1]
    recent = late & np.array([moment > end - FIRST for moment in rows.created])
    key = "quality" if info.passing else "score"
    found = [_of_scores(rows, ~late, recent, key, score_name(info))]
    if rows.embedding.shape[1]:
        found.append(_of_embeddings(rows, ~late, recent))
    return tuple(found)


def score_name(info: BundleInfo) -> str:
    """What is watched of a bundle's answers."""
    if info.passing:
        return _("Chance that the photo is good")
    if info.labels.ordered:
        return _("Mean grade")
    if len(info.labels.outputs) == 2 and info.operating_points:
        label = info.operating_points[0].label
        title = info.labels[label].text if label in info.labels else label
        return _("Score of '%(label)s'") % {"label": title}
    return _("How sure it is of its answer")


def score_of(info: BundleInfo, said: dict[str, float]) -> float | None:
    """The number of one answer that is watched; None where the answer does not have it."""
    names = list(info.labels.told)
    if not names or not set(names) <= set(said):
        return None
    values = np.array([said[name] for name in names])
    if info.passing:
        return float(sum(said[name] for name in info.good))
    if info.labels.ordered and len(names) == len(info.labels.outputs):
        return float(info.labels.expected(values).mean())
    if len(names) == 2 and info.operating_points and info.operating_points[0].label in said:
        return float(said[info.operating_points[0].label])
    return float(values.max())


def _rows(session: Session, study: str, digest: str, info: BundleInfo) -> _Rows:
    chosen = (
        select(Analysis.id, Photo.created, Photo.participant_id, Analysis.result, Analysis.embedding)
        .join(Photo, Photo.id == Analysis.photo_id)
        .where(Analysis.study_id == study, Analysis.bundle_digest == digest, Analysis.state == DONE)
    )
    begin = session.execute(chosen.order_by(Photo.created, Photo.id).limit(_MOST)).all()
    end = session.execute(chosen.order_by(Photo.created.desc(), Photo.id.desc()).limit(_MOST)).all()
    every: dict[str, Any] = {one.id: one for one in (*begin, *reversed(end))}
    kept = [(one, score_of(info, probabilities(one.result))) for one in every.values()]
    scored = [(one, score) for one, score in kept if score is not None]
    vectors = [np.frombuffer(one.embedding or b"", dtype=np.float16) for one, _s in scored]
    whole = len({len(vector) for vector in vectors}) == 1
    return _Rows(
        [one.created for one, _s in scored],
        np.array([one.participant_id for one, _s in scored], dtype=np.str_),
        np.array([score for _one, score in scored], dtype=np.float64),
        np.stack(vectors).astype(np.float64) if whole else np.zeros((len(scored), 0)),
    )


def _of_scores(
    rows: _Rows, first: NDArray[np.bool_], recent: NDArray[np.bool_], key: str, title: str
) -> Drifted:
    from cutis.stats.drift import score_drift

    rng = np.random.default_rng(0)
    weeks = _weeks(rows, rng)
    level = _mean(rows, first)
    if sentence := _too_few(rows, first, recent):
        return Drifted(key, title, sentence, "unknown", weeks, level, _first_weeks(rows, first))
    found = score_drift(
        rows.score[first],
        rows.score[recent],
        _SHUFFLES,
        rng,
        first_groups=rows.whose[first],
        second_groups=rows.whose[recent],
    )
    change = _change(rows, first, recent, rng)
    values = {
        "change": f"{change[0]:+.2f}".replace("-", "−"),
        "low": f"{change[1]:+.2f}".replace("-", "−"),
        "high": f"{change[2]:+.2f}".replace("-", "−"),
        "distance": f"{found.distance:.2f}",
        "p": _chance(found.p),
    }
    if found.p < _SURE:
        sentence = _(
            "The answers have changed since the first weeks: on average by %(change)s (%(low)s to %(high)s); "
            "the distributions are %(distance)s apart, by chance in %(p)s. Look at the newest photos, and "
            "measure the model anew on labelled ones."
        )
        return Drifted(key, title, sentence % values, "attention", weeks, level, _first_weeks(rows, first))
    sentence = _(
        "No change since the first weeks that is more than chance: on average %(change)s "
        "(%(low)s to %(high)s)."
    )
    return Drifted(key, title, sentence % values, "good", weeks, level, _first_weeks(rows, first))


def _of_embeddings(rows: _Rows, first: NDArray[np.bool_], recent: NDArray[np.bool_]) -> Drifted:
    from cutis.stats.drift import embedding_drift

    rng = np.random.default_rng(0)
    title = _("How far the photos are from those of the first weeks")
    numbers, weeks = _numbers(rows), []
    for number in sorted(set(numbers[~first].tolist())):
        chosen = numbers == number
        if min(_count(rows, first), _count(rows, chosen)) < 2:
            continue
        apart = embedding_drift(
            rows.embedding[first],
            rows.embedding[chosen],
            0,
            rng,
            first_groups=rows.whose[first],
            second_groups=rows.whose[chosen],
        )
        weeks.append(Week(int(number), apart.distance, apart.distance, apart.distance, int(chosen.sum())))
    if sentence := _too_few(rows, first, recent):
        return Drifted("embedding", title, sentence, "unknown", tuple(weeks), 0.0, _first_weeks(rows, first))
    found = embedding_drift(
        rows.embedding[first],
        rows.embedding[recent],
        _SHUFFLES,
        rng,
        first_groups=rows.whose[first],
        second_groups=rows.whose[recent],
    )
    values = {"distance": f"{found.distance:.3f}", "p": _chance(found.p)}
    if found.p < _SURE:
        state = "attention"
        sentence = _(
            "The photos look different to the model than those of the first weeks: %(distance)s apart, by "
            "chance in %(p)s. Another camera, other light or other patients can be the reason."
        )
    else:
        state = "good"
        sentence = _("The photos look to the model as those of the first weeks did: %(distance)s apart.")
    return Drifted("embedding", title, sentence % values, state, tuple(weeks), 0.0, _first_weeks(rows, first))


def _too_few(rows: _Rows, first: NDArray[np.bool_], recent: NDArray[np.bool_]) -> str:
    if not recent.any():
        return _("These are the first weeks, with which later ones will be compared.")
    if min(_count(rows, first), _count(rows, recent)) < LEAST_PARTICIPANTS:
        return _(
            "Too few to tell change from chance: it takes photos of %(n)s participants in the first four "
            "weeks and in the last four."
        ) % {"n": LEAST_PARTICIPANTS}
    return ""


def _chance(p: float) -> str:
    """``1 of 500`` and the like."""
    if p < 0.01:
        return _("fewer than 1 of 100 studies")
    return _("%(n)s of 100 studies") % {"n": round(100 * p)}


def _count(rows: _Rows, chosen: NDArray[np.bool_]) -> int:
    return len(set(rows.whose[chosen].tolist()))


def _numbers(rows: _Rows) -> NDArray[np.intp]:
    start = rows.created[0]
    return np.array([(moment - start).days // 7 + 1 for moment in rows.created], dtype=np.intp)


def _first_weeks(rows: _Rows, first: NDArray[np.bool_]) -> int:
    return min(FIRST.days // 7, int(_numbers(rows)[first].max()))


def _by_participant(rows: _Rows, chosen: NDArray[np.bool_]) -> Array:
    """Mean score of each participant: one with many photos counts as one."""
    names, index = np.unique(rows.whose[chosen], return_inverse=True)
    return np.bincount(index, rows.score[chosen], len(names)) / np.bincount(index, minlength=len(names))


def _mean(rows: _Rows, chosen: NDArray[np.bool_]) -> float:
    return float(_by_participant(rows, chosen).mean())


def _drawn(means: Array, rng: np.random.Generator) -> Array:
    """Means of as many draws of the participants."""
    return np.asarray(means[rng.integers(0, len(means), (_DRAWS, len(means)))].mean(axis=1))


def _change(
    rows: _Rows, first: NDArray[np.bool_], recent: NDArray[np.bool_], rng: np.random.Generator
) -> Sequence[float]:
    """Mean of the last weeks less that of the first, with its interval."""
    before, after = _by_participant(rows, first), _by_participant(rows, recent)
    low, high = np.quantile(_drawn(after, rng) - _drawn(before, rng), (0.025, 0.975))
    return float(after.mean() - before.mean()), float(low), float(high)


def _weeks(rows: _Rows, rng: np.random.Generator) -> tuple[Week, ...]:
    numbers, found = _numbers(rows), []
    for number in np.unique(numbers):
        chosen = numbers == number
        means = _by_participant(rows, chosen)
        low, high = np.quantile(_drawn(means, rng), (0.025, 0.975))
        found.append(Week(int(number), float(means.mean()), float(low), float(high), int(chosen.sum())))
    return tuple(found)
