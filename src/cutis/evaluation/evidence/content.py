"""What the report holds, put together and numbered before any page is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from cutis.core.bundle_info import BundleInfo
from cutis.core.errors import CutisError
from cutis.evaluation.assessment import Assessment, Draws
from cutis.evaluation.evidence import abstract, participants, results, sets
from cutis.evaluation.evidence.benefit import benefit_panels
from cutis.evaluation.evidence.checklists import Checklist, filled
from cutis.evaluation.evidence.facts import facts, missing, statistics
from cutis.evaluation.evidence.failures import Failures, failures
from cutis.evaluation.evidence.pictures import SHOWN, Picture, numbered
from cutis.evaluation.evidence.readers import ReaderStudy, read_against
from cutis.evaluation.evidence.roc import readers_curve, roc_note, roc_panel
from cutis.evaluation.evidence.tables import Table
from cutis.evaluation.figures import Figure
from cutis.evaluation.gaps import Gap, gaps, measures_of
from cutis.evaluation.pairs import Pair, compare_pair, correct
from cutis.evaluation.report import Measured
from cutis.evaluation.study import Study
from cutis.stats.mrmc import study as reader_study
from cutis.stats.mrmc_points import AgainstReader, model_against_readers

_CURVE_DRAWS = 500  # every draw finds each reader's point and the model's curve anew


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        key: its anchor.
        number: on the page.
        title: of it.
    """

    key: str
    number: int
    title: str


@dataclass(frozen=True, eq=False)
class Content:
    """The report before it is a page.

    Attributes:
        study: the photos.
        assessments: of all sources, the main one first.
        readers: of these, the readers beside the main one.
        title: of the study.
        abstract: headings and paragraphs.
        against: readers beside the model; None without both.
        curve: with two classes, the model's curve at each reader's specificity.
        gaps: of the main source's subgroups.
        failures: of the main source.
        roc: curves of the main source.
        benefit: decision curves of the main source.
        sets: of the main source, that hold the truth; None where they cannot be made.
        pairs: models tested against each other.
        tables: by key, in the order of the page, with their numbers.
        more: tables that are files only.
        pictures: by key, in the order of the page.
        sections: in order.
        checklists: filled in.
        methods: how figures were made, and what is missing.
        bundle: the tested model, or None.
        titles: of the classes.
        limits: of the study.
        draws: how intervals were drawn.
    """

    study: Study
    assessments: tuple[Assessment, ...]
    readers: tuple[Assessment, ...]
    title: str
    abstract: list[tuple[str, str]]
    against: ReaderStudy | None
    curve: tuple[AgainstReader, ...]
    gaps: tuple[Gap, ...]
    failures: Failures
    roc: tuple[Figure, ...]
    benefit: tuple[Figure, ...]
    sets: sets.Sets | None
    pairs: tuple[Pair, ...]
    tables: dict[str, tuple[int, Table]]
    more: tuple[Table, ...]
    pictures: dict[str, Picture]
    sections: tuple[Section, ...]
    checklists: tuple[Checklist, ...]
    methods: tuple[str, ...]
    bundle: BundleInfo | None
    titles: dict[str, str]
    limits: tuple[str, ...]
    draws: Draws

    @property
    def main(self) -> Assessment:
        """The source that the report is about."""
        return self.assessments[0]

    def section(self, key: str) -> Section:
        """A section by its key."""
        return next(one for one in self.sections if one.key == key)


def put_together(measured: Measured, predictions: Sequence[Path | str] = ()) -> Content:
    """Measure what only the evidence report shows, and number its parts.

    Args:
        measured: the study with its figures.
        predictions: what it was read from, for the answers on other splits.
    """
    study, draws, titles = measured.study, measured.draws, measured.titles
    bundle, limits = measured.bundle, measured.limits
    ordered = _main_first(measured.assessments)
    main = ordered[0]
    readers = tuple(a for a in ordered[1:] if a.source.kind == "reader")
    said_by = [a.source for a in readers]
    is_model = main.source.kind == "model"
    against = read_against(study, main.source, said_by, draws) if readers and is_model else None
    curve = _curve(study, main, readers, draws) if against is not None else ()
    wrong = failures(study, main.source, said_by, draws)
    found = gaps(study, main.source, measured.columns, replicates=draws.replicates // 2, rng=draws.rng())
    pairs = _model_pairs(study, ordered, draws)
    known = {
        "against": against,
        "gaps": found,
        "failures": wrong,
        "draws": draws,
        "bundle": bundle,
        "titles": titles,
        "limits": limits,
    }
    asked = abstract.question(study, main, readers, titles)
    benefit = benefit_panels(study, main, draws)
    held, why = sets.find_sets(study, main.source, predictions, draws)
    averaged = readers_curve(study, said_by, draws) if main.roc else None
    roc = (roc_panel(study, main, readers, averaged, draws),) if averaged is not None else main.roc
    tables = _tables(study, ordered, against, curve, found, wrong, pairs, held, titles)
    noted = roc_note(study, main, readers, averaged)
    pictures = numbered(study, ordered, readers, against, found, wrong, benefit, (roc, noted), titles)
    return Content(
        study=study,
        assessments=ordered,
        readers=readers,
        title=abstract.title(study, main, titles),
        abstract=abstract.abstract(study, main, readers, **known),  # type: ignore[arg-type]
        against=against,
        curve=curve,
        gaps=found,
        failures=wrong,
        roc=roc,
        benefit=tuple(benefit),
        sets=held,
        pairs=pairs,
        more=_more(study, ordered, against),
        tables={table.key: (number + 1, table) for number, table in enumerate(tables)},
        pictures=pictures,
        sections=_sections(main, readers, pairs, found, bundle),
        checklists=filled(facts(study, ordered, question=asked, **known)),  # type: ignore[arg-type]
        methods=_methods(statistics(study, draws, against), sets.method(study, held, why), missing(study)),
        bundle=bundle,
        titles=titles,
        limits=limits,
        draws=draws,
    )


def _methods(*paragraphs: str) -> tuple[str, ...]:
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _main_first(assessments: Sequence[Assessment]) -> tuple[Assessment, ...]:
    """The first model is what the report is about; without one, the first reader."""
    main = next((a for a in assessments if a.source.kind == "model"), assessments[0])
    return (main, *(a for a in assessments if a is not main))


def _curve(
    study: Study, main: Assessment, readers: Sequence[Assessment], draws: Draws
) -> tuple[AgainstReader, ...]:
    """With two classes and probabilities: is the model's curve above or below each reader's point?"""
    source, k = main.source, study.positive
    if len(study.labels) != 2 or source.probabilities is None:
        return ()
    place = np.full(study.size, -1)
    place[source.rows] = np.arange(len(source.rows))
    ratings = np.full((len(readers), 1, len(source.rows)), np.nan)
    for number, reader in enumerate(readers):
        rows = place[reader.source.rows]
        ratings[number, 0, rows[rows >= 0]] = reader.source.prediction[rows >= 0] == k
    try:
        asked = reader_study(
            ratings,
            study.target[source.rows] == k,
            readers=[a.name for a in readers],
            groups=study.index[source.rows],
            partial=True,
        )
    except CutisError:  # one class only, or a reader who saw one class only: there is no such point
        return ()
    return model_against_readers(
        asked,
        source.probabilities[:, k],
        0.5,
        replicates=min(_CURVE_DRAWS, draws.replicates),
        rng=draws.rng(),
    )


def _model_pairs(study: Study, assessments: Sequence[Assessment], draws: Draws) -> tuple[Pair, ...]:
    models = [a.source for a in assessments if a.source.kind == "model"]
    return correct([compare_pair(study, *both, draws) for both in combinations(models, 2)])


def _tables(
    study: Study,
    assessments: Sequence[Assessment],
    against: ReaderStudy | None,
    curve: Sequence[AgainstReader],
    found: Sequence[Gap],
    wrong: Failures,
    pairs: Sequence[Pair],
    held: sets.Sets | None,
    titles: dict[str, str],
) -> list[Table]:
    main = assessments[0]
    made = [
        participants.characteristics(study, titles),
        results.sources(study, assessments),
        results.classes(study, main, titles),
        results.confusion(study, main, titles),
    ]
    if pairs:
        made.append(results.models(study, pairs))
    if held is not None:
        made.append(sets.table_of(study, main.name, held, titles))
    if against is not None:
        made += [results.readers(study, against, measure) for measure in against.measures[:SHOWN]]
    if curve:
        made.append(results.curve(main.name, curve))
    if main.subgroups:
        made += [results.subgroups(study, main, found, measure) for measure in measures_of(study)]
    if wrong.confusions:
        made.append(results.mistakes(study, main, wrong, titles))
    return made


def _more(study: Study, assessments: Sequence[Assessment], against: ReaderStudy | None) -> tuple[Table, ...]:
    left = against.measures[SHOWN:] if against is not None else ()
    tables = [results.readers(study, against, measure) for measure in left if against is not None]
    return (*tables, results.every_figure(assessments))


def _sections(
    main: Assessment,
    readers: Sequence[Assessment],
    pairs: Sequence[Pair],
    found: Sequence[Gap],
    bundle: BundleInfo | None,
) -> tuple[Section, ...]:
    named = [
        ("abstract", "Abstract", True),
        ("methods", "What was tested, and how", True),
        ("participants", "Data and participants", True),
        ("accuracy", "Accuracy", True),
        ("readers", "Readers against the model", bool(readers) and main.source.kind == "model"),
        ("subgroups", "Subgroups", bool(main.subgroups)),
        ("failures", "Wrong answers", True),
        ("card", "Model card", bundle is not None),
        ("limits", "Limits", True),
        ("files", "Files, and how to repeat it", True),
        ("checklists", "Reporting checklists", True),
    ]
    there = [(key, title) for key, title, shown in named if shown]
    return tuple(Section(key, number + 1, title) for number, (key, title) in enumerate(there))
