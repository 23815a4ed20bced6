"""The report of an evaluation: ``report.html`` for people, ``metrics.json`` for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutis import __version__
from cutis.core.bundle_info import BundleInfo
from cutis.core.files import write_text
from cutis.evaluation import reading, sentences
from cutis.evaluation.assessment import Assessment, Draws, assess, steps
from cutis.evaluation.gather import read_study
from cutis.evaluation.mistakes import thumbnail
from cutis.evaluation.page import render
from cutis.evaluation.patients import by_patient, rules_for
from cutis.evaluation.population import composition, people
from cutis.evaluation.study import Study
from cutis.evaluation.subgroups import LEAST_GROUPS, columns_of
from cutis.evaluation.titles import label_titles
from cutis.pages.environment import now
from cutis.stats.intervals import Estimate

Watch = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Measured:
    """A study with the figures of its sources.

    Attributes:
        study: the photos.
        assessments: of all sources, in the order of the predictions.
        columns: that subgroups are made by.
        draws: how intervals were drawn.
        bundle: the tested model, or None.
        titles: of the classes.
        limits: of the study.
        warnings: what must stand beside the answer.
    """

    study: Study
    assessments: tuple[Assessment, ...]
    columns: tuple[str, ...]
    draws: Draws
    bundle: BundleInfo | None
    titles: dict[str, str]
    limits: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        page: ``report.html``.
        metrics: ``metrics.json``.
        results: its content.
        figures: estimates by source and name.
        answer: the result in one sentence.
        limits: what was not looked at, and what the figures cannot bear.
        measured: what the report was made from, for other reports of the same.
    """

    page: Path
    metrics: Path
    results: dict[str, Any]
    figures: dict[str, dict[str, Estimate]]
    answer: str
    limits: tuple[str, ...]
    measured: Measured


def write_report(
    predictions: Sequence[Path | str],
    truth: Path | str,
    out: Path | str,
    *,
    target: str | None = None,
    group: str | None = None,
    split: str | None = None,
    positive: str | None = None,
    bundle: BundleInfo | None = None,
    patients: bool = False,
    prevalences: Sequence[float] = (),
    subgroup_columns: Sequence[str] = (),
    draws: Draws | None = None,
    done: Watch | None = None,
    expect: Watch | None = None,
) -> Report:
    """Measure every source of the predictions against the truth, and write the report.

    Args:
        predictions: predictions files, or run folders that hold one.
        truth: a manifest with the target column.
        out: folder to write to.
        target: name of the target column; needed unless exactly one task's default target is there.
        group: column of the patient or lesion; default as for manifests.
        split: ``train``, ``tune``, ``test`` or ``all``; default ``test`` where the truth names one.
        positive: with two classes, the one that is looked for; default the second.
        bundle: the model that is tested, for its card, its titles of the classes and its rule for patients.
        patients: judge patients in place of photos, see `cutis.evaluation.patients`.
        prevalences: 0..1, at which else the meaning of two answers is told.
        subgroup_columns: what to divide the photos by; default the usual columns that the truth has.
        draws: how intervals are drawn.
        done: called with 1 as work goes on.
        expect: called once with the number of these steps, when it is known.

    Raises:
        ManifestError: the truth does not hold.
        PredictionsError: the predictions do not hold, or do not fit the truth.
        OutputError: the report could not be written.
    """
    draws = draws or Draws()
    study = read_study(predictions, truth, target=target, group=group, split=split, positive=positive)
    if patients:
        study = by_patient(study, rules_for(predictions, bundle))
    columns = columns_of(study, subgroup_columns)
    if expect is not None:
        expect(steps(study, columns))
    assessments = [assess(study, source, columns, draws, done) for source in study.sources]
    titles = label_titles(study.labels, bundle)
    limits = sentences.limits(study, assessments, bundle, titles)
    answer = sentences.headline(study, assessments[0], titles)
    found = {a.name: reading.read(study, a, prevalences, draws) for a in assessments}
    readings = {name: read for name, read in found.items() if read is not None}
    results = _results(study, assessments, draws, limits, readings)
    page = _page(
        study, assessments, draws, bundle, titles=titles, answer=answer, limits=limits, readings=readings
    )
    folder = Path(out)
    write_text(folder / "metrics.json", json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "report.html", page)
    figures = {a.name: a.figures for a in assessments}
    warnings = tuple(_warnings(study, bundle))
    measured = Measured(
        study, tuple(assessments), tuple(columns), draws, bundle, titles, tuple(limits), warnings
    )
    return Report(
        folder / "report.html", folder / "metrics.json", results, figures, answer, tuple(limits), measured
    )


def _results(
    study: Study,
    assessments: list[Assessment],
    draws: Draws,
    limits: list[str],
    readings: dict[str, reading.Reading],
) -> dict[str, Any]:
    read = [(a, readings[a.name]) for a in assessments if a.name in readings]
    return {
        "sources": {a.name: _plain(a.figures) for a in assessments},
        "n": study.size,
        "groups": study.count,
        "group": study.truth.group,
        "unit": study.unit,
        "pooled": reading.plain_pooling(study),
        "target": study.truth.target,
        "split": study.flow.split,
        "labels": list(study.labels),
        "positive": study.labels[study.positive] if len(study.labels) == 2 else None,
        "rendered": study.rendered,
        "confidence": 0.95,
        "replicates": draws.replicates,
        "seed": draws.seed,
        "cases": {
            a.name: {
                "kind": a.source.kind,
                "n": len(a.source.rows),
                "groups": a.answers.count,
                "missing": list(a.source.missing),
                "not_evaluated": a.source.beside,
            }
            for a in assessments
        },
        "confusion": {a.name: a.confusion.astype(int).tolist() for a in assessments},
        "operating_point": {a.name: reading.plain_point(study, a, found) for a, found in read},
        "at_prevalence": {a.name: reading.plain_prevalences(found) for a, found in read if found.elsewhere},
        "subgroups": {a.name: _plain_subgroups(a) for a in assessments},
        "limits": limits,
        "truth": {"file": study.truth.path.name, "fingerprint": study.fingerprint},
        "cutis": __version__,
        "created": now(),
    }


def _plain(figures: Any) -> dict[str, dict[str, float]]:
    return {name: estimate.to_dict() for name, estimate in figures.items()}


def _plain_subgroups(assessment: Assessment) -> list[dict[str, Any]]:
    return [
        {
            "column": table.column,
            "value": row.value,
            "n": row.photos,
            "groups": row.groups,
            "classes": row.classes,
            "metrics": _plain(row.figures),
        }
        for table in assessment.subgroups
        for row in table.rows
    ]


def _page(
    study: Study,
    assessments: list[Assessment],
    draws: Draws,
    bundle: BundleInfo | None,
    *,
    titles: dict[str, str],
    answer: str,
    limits: list[str],
    readings: dict[str, reading.Reading],
) -> str:
    first = assessments[0]
    title = titles[study.labels[study.positive]]
    asked = {name: read for name, read in readings.items() if read.elsewhere}
    return render(
        "report.html",
        study=study,
        assessments=assessments,
        first=first,
        draws=draws,
        bundle=bundle,
        titles=titles,
        readers=sum(a.source.kind == "reader" for a in assessments),
        composition=composition(study),
        people=people(study),
        answer=answer,
        second=sentences.second_line(study, first),
        sureness={a.name: sentences.sureness(a) for a in assessments},
        limits=limits,
        readings=asked,
        reading_lines={name: reading.lines(study, read, title) for name, read in asked.items()},
        least_groups=LEAST_GROUPS,
        warnings=_warnings(study, bundle),
        pictures={m.path: thumbnail(m.path) for a in assessments for m in a.mistakes},
    )


def _warnings(study: Study, bundle: BundleInfo | None) -> list[str]:
    """What must stand beside the answer."""
    said = [sentences.RENDERED] if study.rendered == study.size else []
    if bundle is not None and bundle.training.rendered:
        said.append(sentences.NOT_FOR_CARE)
    return said
