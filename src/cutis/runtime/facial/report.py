"""The files of a facial analysis: a page per participant, on screen and on paper, and tables beside it."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import CutisError
from cutis.pages.pdf import write_pdf
from cutis.runtime.facial.answer import answer
from cutis.runtime.facial.page import Participant, page
from cutis.runtime.facial.repeats import Repeats
from cutis.runtime.facial.repeats import repeats as known_repeats
from cutis.runtime.facial.tables import write_measures
from cutis.runtime.facial.values import FaceAnalysis, Refused
from cutis.runtime.facial.visits import Timeline, timeline
from cutis.runtime.facial.words import Answer

MEASURES, CHANGES = "measures.csv", "changes.csv"


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        answers: by participant.
        pages: names of the pages, by participant.
        why_no_paper: in words, where PDF was asked for and could not be made.
    """

    answers: dict[str, Answer]
    pages: dict[str, str]
    why_no_paper: str


def write_report(
    done: Sequence[FaceAnalysis | Refused],
    out: Path,
    *,
    pdf: bool = True,
    repeats: Repeats | None = None,
) -> Written:
    """Write ``face.html`` (``face_<participant>.html`` where there are several), PDF, and the tables.

    Args:
        done: photos of any number of participants; those refused are named with the reason.
        out: folder that exists and to which nothing else writes, see `cutis.core.folders.filling`.
        pdf: the same on paper.
        repeats: on which changes between visits rest; by default those that are shipped.

    Raises:
        CutisError: no photo could be judged; says why for each.
    """
    judged = [one for one in done if isinstance(one, FaceAnalysis)]
    refused = [one for one in done if isinstance(one, Refused)]
    if not judged:
        raise CutisError("\n".join(f"{one.source.path}: {one.words}" for one in refused))
    known = known_repeats() if repeats is None else repeats
    people = list(dict.fromkeys(one.source.patient for one in judged))
    names = page_names(people)
    write_measures(done, out / MEASURES)
    lines = {who: timeline([one for one in judged if one.source.patient == who], known) for who in people}
    timed = any(len(line.visits) > 1 for line in lines.values())
    if timed:
        write_changes(lines, out / CHANGES)
    answers, why = {}, ""
    for who in people:
        own = tuple(one for one in judged if one.source.patient == who)
        others = tuple(
            one for one in refused if one.source.patient == who or one.source.patient not in people
        )
        answers[who] = answer(own, lines[who])
        shown = Participant(
            name=who,
            identified=own[0].source.identified,
            photos=own,
            refused=others,
            timeline=lines[who],
            repeats=known,
            files=_files(names[who], pdf=pdf and not why, timed=timed),
        )
        html = page(shown)
        (out / f"{names[who]}.html").write_text(html, encoding="utf-8")
        if pdf and not why:
            try:
                write_pdf(html, out / f"{names[who]}.pdf")
            except CutisError as error:  # the page stands; what the paper lacks is said
                why = str(error)
    return Written(answers, {who: f"{name}.html" for who, name in names.items()}, why)


def page_names(people: Sequence[str]) -> dict[str, str]:
    """A file name without ending for each participant's page."""
    if len(people) == 1:
        return {people[0]: "face"}
    names: dict[str, str] = {}
    for who in people:
        plain = "face_" + (re.sub(r"[^\w.-]+", "_", who)[:60].strip("._") or "participant")
        name, again = plain, 2
        while name.lower() in {one.lower() for one in names.values()}:
            name, again = f"{plain}_{again}", again + 1
        names[who] = name
    return names


def write_changes(lines: dict[str, Timeline], path: Path) -> None:
    """Write a row per participant, area, measure and later visit, against the first visit that has it."""
    columns = ("patient_id", "area", "measure", "unit", "from_visit", "to_visit", "before", "after")
    judged = (
        "difference",
        "smallest_detectable_change",
        "verdict",
        "sure",
        "registered",
        "agreement",
        "error_mm",
    )
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow((*columns, *judged))
        for who, line in lines.items():
            for area in line.areas:
                for course in area.courses:
                    base = next((n for n, value in enumerate(course.values) if math.isfinite(value)), None)
                    for place, value in enumerate(course.values):
                        if base is None or place <= base or not math.isfinite(value):
                            continue
                        change, how = course.changes.get(place), area.laid[place]
                        before = course.values[base]
                        row = (who, area.name, course.measure, course.unit)
                        visits = (line.visits[base].name, line.visits[place].name)
                        told = (
                            ("", "", "")
                            if change is None
                            else (f"{change.smallest_change:.6g}", change.verdict, change.sure)
                        )
                        laid = (
                            ("", "", "")
                            if how is None
                            else (how.fits, f"{how.agreement:.3f}", f"{how.error:.3f}" if how.fits else "")
                        )
                        numbers = (f"{before:.6g}", f"{value:.6g}", f"{value - before:.6g}")
                        table.writerow((*row, *visits, *numbers, *told, *laid))


def _files(name: str, *, pdf: bool, timed: bool) -> tuple[tuple[str, str], ...]:
    files = [(f"{name}.html", "this page: one file, works offline")]
    if pdf:
        files.append((f"{name}.pdf", "the same on paper"))
    files.append((MEASURES, "a row per photo, area and measure; what was not judged has its reason"))
    if timed:
        files.append(
            (CHANGES, "a row per area, measure and later visit, with the smallest detectable change")
        )
    return tuple(files)
