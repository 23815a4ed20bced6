"""Two bundles on the same labelled photos of a study: paired tests, see `cutis.evaluation.pairs`."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.core.bundle import BundleInfo
from cutis.core.errors import CutisError
from cutis.web.database import Analysis, Photo
from cutis.web.database.analysis import DONE
from cutis.web.models.labels import truth_of
from cutis.web.words import _

if TYPE_CHECKING:
    from cutis.evaluation.pairs import Test
    from cutis.stats.intervals import Estimate

LEAST_PHOTOS, LEAST_PARTICIPANTS = 20, 10
LEVEL = 0.05
_DRAWS = 1000


@dataclass(frozen=True)
class Asked:
    """A bundle that is compared."""

    digest: str
    name: str
    info: BundleInfo


@dataclass(frozen=True)
class Compared:
    """What was found.

    Attributes:
        labelled: photos of the study with a label for the task.
        both: of these, the ones that both bundles answered; ``participants`` they are of.
        unanswered: by digest, labelled photos that the bundle has not answered.
        answer: in a sentence; or why there is none.
        measured: by name of the bundle, on the photos that both answered.
        tests: first minus second.
    """

    labelled: int
    both: int
    participants: int
    unanswered: dict[str, list[str]]
    answer: str
    measured: dict[str, dict[str, Estimate]]
    tests: tuple[Test, ...]


def compare(session: Session, study: str, task: str, one: Asked, other: Asked) -> Compared:
    """Compare two bundles of a task.

    Args:
        session: of `Database.reading`.
        study: identity.
        task: that both answer.
        one: the first.
        other: the second.
    """
    truth = truth_of(session, study, task)
    answers = {asked.digest: _answers(session, study, asked, truth) for asked in (one, other)}
    both = sorted(set(answers[one.digest]) & set(answers[other.digest]))
    whose = _participants(session, study, both)
    unanswered = {asked.digest: sorted(set(truth) - set(answers[asked.digest])) for asked in (one, other)}
    participants, classes = len(set(whose.values())), {truth[photo] for photo in both}
    problem = _too_few(len(truth), len(both), participants, len(classes), one.info)
    if problem:
        return Compared(len(truth), len(both), participants, unanswered, problem, {}, ())
    try:
        measured, tests = _tested(both, truth, whose, (one, other), answers)
        answer = _answer(one.name, other.name, tests)
    except CutisError:  # such as photos that are all of one class
        measured, tests = {}, ()
        answer = _("The labels do not tell the two apart: too few photos of each class.")
    return Compared(len(truth), len(both), participants, unanswered, answer, measured, tests)


def _too_few(labelled: int, both: int, participants: int, classes: int, info: BundleInfo) -> str:
    """Why there is nothing to compare yet; empty where there is."""
    if info.labels.several:
        return _(
            "This model grades several conditions side by side; compare those with the command cutis compare."
        )
    if not labelled:
        return _("No photo of this study has a label for this task yet. Bring a table of labels below.")
    if not both:
        return _("No labelled photo was answered by both models yet.")
    if both < LEAST_PHOTOS or participants < LEAST_PARTICIPANTS or classes < 2:
        return _(
            "Too few to compare: %(photos)s labelled photos of %(participants)s participants were answered "
            "by both. It takes at least %(p)s photos of %(n)s participants, and two classes among them."
        ) % {"photos": both, "participants": participants, "p": LEAST_PHOTOS, "n": LEAST_PARTICIPANTS}
    return ""


def _answers(
    session: Session, study: str, asked: Asked, truth: dict[str, str]
) -> dict[str, dict[str, float]]:
    """Photo -> probabilities by name, of the labelled photos that a bundle has answered."""
    chosen = select(Analysis.photo_id, Analysis.result).where(
        Analysis.study_id == study, Analysis.bundle_digest == asked.digest, Analysis.state == DONE
    )
    found: dict[str, dict[str, float]] = {}
    for photo, result in session.execute(chosen):
        said = probabilities(result)
        if photo in truth and said and set(asked.info.labels.told) <= set(said):
            found[photo] = said
    return found


def probabilities(result: dict[str, Any] | None) -> dict[str, float]:
    """Probabilities by name, of an analysis' result."""
    said = (result or {}).get("probabilities")
    return said if isinstance(said, dict) else {}


def _participants(session: Session, study: str, photos: list[str]) -> dict[str, str]:
    wanted = set(photos)
    rows = session.execute(select(Photo.id, Photo.participant_id).where(Photo.study_id == study))
    return {photo: participant for photo, participant in rows if photo in wanted}


def _tested(
    photos: list[str],
    truth: dict[str, str],
    whose: dict[str, str],
    asked: tuple[Asked, Asked],
    answers: dict[str, dict[str, dict[str, float]]],
) -> tuple[dict[str, dict[str, Estimate]], tuple[Test, ...]]:
    """Figures of each and the paired tests, by the same code that compares tables of predictions."""
    from cutis.evaluation.assessment import Draws
    from cutis.evaluation.compare import MEASURES
    from cutis.evaluation.gather import read_study
    from cutis.evaluation.pairs import compare_pair, correct
    from cutis.stats.classification import estimates, figures

    draws = Draws(_DRAWS)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "truth.csv"
        _write(
            table, ["image", "image_id", "patient_id", "label"], [[p, p, whose[p], truth[p]] for p in photos]
        )
        said = [Path(folder) / f"{number}.csv" for number in range(2)]
        for place, one in zip(said, asked, strict=True):
            _write(place, *_table(one, photos, whose, answers[one.digest]))
        study = read_study(said, table, target="label", group="patient_id")
    measured = {}
    for source in study.sources:
        given = study.answers(source)
        measured[source.name] = estimates(
            figures(given, MEASURES), given.count, draws.replicates, draws.rng()
        )
    (pair,) = correct([compare_pair(study, study.sources[0], study.sources[1], draws)])
    return measured, pair.tests


def _table(
    asked: Asked, photos: list[str], whose: dict[str, str], answers: dict[str, dict[str, float]]
) -> tuple[list[str], list[list[str]]]:
    names = list(asked.info.labels.told)
    rows = []
    for photo in photos:
        values = [answers[photo][name] for name in names]
        label = asked.info.labels.found(asked.info.labels.decide(values))[0].name
        rows.append([photo, whose[photo], asked.name, "model", label, *(f"{value:.7g}" for value in values)])
    return ["image_id", "patient_id", "source", "kind", "prediction", *(f"p_{name}" for name in names)], rows


def _write(place: Path, heads: list[str], rows: list[list[str]]) -> None:
    with place.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heads, *rows])


def _answer(one: str, other: str, tests: tuple[Test, ...]) -> str:
    """Which found more, and whether that is sure."""
    test = next((each for each in tests if each.measure == "balanced_accuracy"), None)
    if test is None:
        return _("Too few participants to tell the two apart.")
    difference = test.difference
    better, lead = (one, other) if difference.value >= 0 else (other, one), abs(difference.value)
    low, high = sorted((abs(difference.low), abs(difference.high)))
    values = {"one": better[0], "other": better[1], "points": f"{100 * lead:.1f}"}
    if test.corrected < LEVEL:
        between = {"low": f"{100 * low:.1f}", "high": f"{100 * high:.1f}"}
        return _(
            "%(one)s finds more than %(other)s: %(points)s points of balanced accuracy more "
            "(%(low)s to %(high)s)."
        ) % {**values, **between}
    return (
        _(
            "It is not sure that the two differ: %(one)s is %(points)s points of balanced accuracy ahead "
            "of %(other)s, which may be chance."
        )
        % values
    )
