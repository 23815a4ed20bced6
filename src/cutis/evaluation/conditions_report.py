"""One page on several conditions: ``report.html`` for people, ``metrics.json`` for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutis import __version__
from cutis.core.bundle_info import BundleInfo
from cutis.core.files import write_text
from cutis.core.labels import Labels
from cutis.evaluation import sentences
from cutis.evaluation.assessment import Draws
from cutis.evaluation.conditions import PREFIX, Graded, GradedSource, read_conditions
from cutis.evaluation.page import render
from cutis.evaluation.subgroups import LEAST_GROUPS
from cutis.evaluation.words import (
    decimal_interval,
    group_noun,
    listed,
    of_hundred,
    percent_range,
    percent_value,
)
from cutis.pages.environment import now
from cutis.stats.intervals import Estimate

_FEW = 30  # patients or lesions that show a condition; below, its figures are wide


@dataclass(frozen=True)
class ConditionsReport:
    """What was written.

    Attributes:
        page: ``report.html``.
        metrics: ``metrics.json``.
        results: its content.
        figures: estimates by source and name.
        answer: the result in one sentence.
        limits: what was not looked at, and what the figures cannot bear.
        graded: what the report was made from.
    """

    page: Path
    metrics: Path
    results: dict[str, Any]
    figures: dict[str, dict[str, Estimate]]
    answer: str
    limits: tuple[str, ...]
    graded: Graded


def write_conditions_report(
    predictions: Sequence[Path | str],
    truth: Path | str,
    out: Path | str,
    *,
    prefix: str = PREFIX,
    group: str | None = None,
    split: str | None = None,
    bundle: BundleInfo | None = None,
    subgroup_columns: Sequence[str] = (),
    draws: Draws | None = None,
) -> ConditionsReport:
    """Measure every source on all conditions at once, and write the report.

    Args:
        predictions: predictions files, or run folders that hold one.
        truth: a manifest with a column ``<prefix>_<condition>`` for each.
        out: folder to write to.
        prefix: of those columns.
        group: column of the patient or lesion; default as for manifests.
        split: ``train``, ``tune``, ``test`` or ``all``; default ``test`` where the truth names one.
        bundle: the model that is tested, for its titles and for what it was trained on.
        subgroup_columns: what to divide the photos by; default the usual columns that the truth has.
        draws: how intervals are drawn.

    Raises:
        ManifestError: the truth does not hold, or knows none of the conditions.
        PredictionsError: the predictions do not hold, or have nothing in common with the truth.
        OutputError: the report could not be written.
    """
    draws = draws or Draws()
    graded = read_conditions(
        predictions,
        truth,
        prefix=prefix,
        group=group,
        split=split,
        subgroup_columns=subgroup_columns,
        draws=draws,
    )
    titles = _titles(graded, bundle)
    first = graded.sources[0]
    answer, limits = headline(graded, first, titles), _limits(graded, bundle, titles)
    results = _results(graded, prefix, draws, limits)
    page = render(
        "conditions.html",
        graded=graded,
        first=first,
        titles=titles,
        bundle=bundle,
        draws=draws,
        prefix=prefix,
        answer=answer,
        second=second_line(graded, first),
        limits=limits,
        warnings=_warnings(graded, bundle),
        known={name: shown(graded, name) for name in graded.studies},
        least_groups=LEAST_GROUPS,
    )
    folder = Path(out)
    write_text(folder / "metrics.json", json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "report.html", page)
    return ConditionsReport(
        folder / "report.html",
        folder / "metrics.json",
        results,
        {source.name: source.figures for source in graded.sources},
        answer,
        tuple(limits),
        graded,
    )


def headline(graded: Graded, first: GradedSource, titles: dict[str, str]) -> str:
    """The answer in one sentence: how often right on average, and where least."""
    right = first.accuracies
    least = list(right)[-1]
    what = "was right" if graded.present else "met the grade"
    mean = f"Of 100 answers, {first.name} {what} in {_short(first.figures['accuracy'])}"
    if len(right) > 1:
        mean += f", the mean over {len(right)} conditions; least for {_inside(titles[least])}, in "
        mean += _short(right[least])
    return f"{mean}."


def _inside(title: str) -> str:
    """A title within a sentence."""
    return title[0].lower() + title[1:]


def _short(share: Estimate) -> str:
    return f"{percent_value(share)} ({percent_range(share)})"


def second_line(graded: Graded, first: GradedSource) -> str:
    """What being right does not say: how far off, or how well present is told from absent."""
    if graded.present:
        area = first.figures.get("auc")
        if area is None:
            return ""
        return (
            "Shown one photo with a condition and one without, it scores the right one higher "
            f"{of_hundred(area)} times, on average."
        )
    far = first.figures["mean_absolute_deviation"]
    return f"Its answers lay {decimal_interval(far, 2)} of a grade from the truth on average."


def shown(graded: Graded, condition: str) -> list[int]:
    """How many photos are known to show each grade of a condition."""
    study = graded.studies[condition]
    return [int((study.target == k).sum()) for k in range(len(study.labels))]


def _titles(graded: Graded, bundle: BundleInfo | None) -> dict[str, str]:
    """Of the conditions: the bundle's, else those of the task that knows them, else their names in words."""
    from cutis.tasks import get_task, task_names

    known: list[Labels] = [get_task(name).labels for name in task_names()]
    known = [bundle.labels, *known] if bundle is not None else known
    found = {}
    for name in graded.studies:
        owner = next((labels for labels in known if labels.several and name in labels), None)
        found[name] = owner[name].text if owner is not None else name.replace("_", " ")
    return found


def _limits(graded: Graded, bundle: BundleInfo | None, titles: dict[str, str]) -> list[str]:
    studies = graded.studies
    some = next(iter(studies.values()))
    found = sentences.of_making(some, bundle)
    if graded.ungraded:
        found.append(f"Predicted, but not known of any photo: {listed(graded.ungraded)}.")
    groups = group_noun(graded.truth.group)
    few = []
    for name, study in studies.items():
        count = len(set(study.index[study.target > 0].tolist()))
        if count < _FEW:
            few.append(f"{_inside(titles[name])} ({count})")
    if few:
        found.append(f"Few {groups} show {listed(few)}: what is said of finding them is uncertain.")
    partly = [_inside(titles[name]) for name, study in studies.items() if study.size < len(graded.truth)]
    if partly:
        found.append(f"Not known of every photo, and judged on the others: {listed(partly)}.")
    found.append("Each condition is judged by itself; that one is taken for another is not looked at.")
    found.append("These are photos that were collected beforehand; use in a clinic was not looked at.")
    return found


def _warnings(graded: Graded, bundle: BundleInfo | None) -> list[str]:
    rendered = all(study.rendered == study.size for study in graded.studies.values())
    said = [sentences.RENDERED] if rendered else []
    if bundle is not None and bundle.training.rendered:
        said.append(sentences.NOT_FOR_CARE)
    return said


def _results(graded: Graded, prefix: str, draws: Draws, limits: list[str]) -> dict[str, Any]:
    return {
        "sources": {
            source.name: {name: estimate.to_dict() for name, estimate in source.figures.items()}
            for source in graded.sources
        },
        "n": len(graded.truth),
        "groups": graded.count,
        "group": graded.truth.group,
        "unit": "photo",
        "target": prefix,
        "split": graded.split,
        "conditions": list(graded.studies),
        "labels": list(graded.grades),
        "known": {name: study.size for name, study in graded.studies.items()},
        "confidence": 0.95,
        "replicates": draws.replicates,
        "seed": draws.seed,
        "cases": {
            source.name: {
                "kind": source.kind,
                "n": {name: len(said.truth) for name, said in source.answers.items()},
            }
            for source in graded.sources
        },
        "confusion": {
            source.name: {name: table.astype(int).tolist() for name, table in source.confusion.items()}
            for source in graded.sources
        },
        "subgroups": {
            source.name: [
                {
                    "column": table.column,
                    "value": row.value,
                    "n": row.photos,
                    "groups": row.groups,
                    "conditions": row.classes,
                    "metrics": {name: estimate.to_dict() for name, estimate in row.figures.items()},
                }
                for table in source.subgroups
                for row in table.rows
            ]
            for source in graded.sources
        },
        "limits": limits,
        "truth": {"file": graded.truth.path.name, "fingerprint": graded.truth.fingerprint},
        "cutis": __version__,
        "created": now(),
    }
