"""What the run can say to a checklist: each fact a sentence or two, and the section that shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cutis import __version__
from cutis.core.bundle_info import BundleInfo
from cutis.core.manifest import Manifest
from cutis.evaluation.assessment import Assessment, Draws
from cutis.evaluation.evidence.checklists import Fact
from cutis.evaluation.evidence.failures import Failures
from cutis.evaluation.evidence.model_facts import of_the_model
from cutis.evaluation.evidence.participants import on_several_sides, partitions
from cutis.evaluation.evidence.readers import ReaderStudy
from cutis.evaluation.evidence.results import main_measures, spoken
from cutis.evaluation.evidence.units import counted_photos, evaluated, sized
from cutis.evaluation.gaps import Gap
from cutis.evaluation.population import composition
from cutis.evaluation.study import Study
from cutis.evaluation.subgroups import NOT_RECORDED, ordered_values
from cutis.evaluation.words import class_noun, counted, group_noun, listed, percent, sample

_PLACES = ("site", "cohort", "centre", "center")
_DEVICES = ("device", "camera")
_SKIN = ("skin_type", "skin_tone_class")


def facts(
    study: Study,
    assessments: Sequence[Assessment],
    *,
    against: ReaderStudy | None,
    gaps: Sequence[Gap],
    failures: Failures,
    draws: Draws,
    bundle: BundleInfo | None,
    titles: dict[str, str],
    question: str,
    limits: Sequence[str],
) -> dict[str, Fact]:
    """All that is known, by the names that the checklists ask for.

    What is not known is not there: a checklist then leaves its item open.
    """
    main = assessments[0]
    found = {
        "title": Fact("The title names the test, what it finds, and diagnostic accuracy.", "abstract"),
        "abstract": Fact("Objective, methods, results with intervals, limits.", "abstract"),
        "question": Fact(question, "abstract"),
        "beforehand": Fact("The photos were collected before the sources were tested on them.", "methods"),
        "statistics": Fact(_in_short(study, draws, against), "methods"),
        "indeterminate": Fact(
            "Every answer names one class; a source that could not tell has no answer there.", "methods"
        ),
        "missing": Fact(missing(study), "participants"),
        "predictions": Fact(_predictions(study), "methods"),
        "predictors": Fact("The only predictor is the photo.", "methods"),
        "assessors": Fact("The photo needs no assessor.", "methods"),
        "updating": Fact("No model was updated.", "methods"),
        "accuracy": Fact(_accuracy(study, main), "accuracy"),
        "crosstab": Fact(f"{study.units.capitalize()} by truth and by answer.", "accuracy"),
        "failures": Fact(_wrong(failures), "failures"),
        "limits": Fact(f"{counted(len(limits), 'limit')} found in the tables.", "limits"),
        "audit": Fact(
            "Every answer is in the predictions' tables, every figure in metrics.json and the tables beside "
            "this report.",
            "files",
        ),
        "availability": Fact(_availability(study, bundle), "files"),
        "software": Fact(_software(bundle), "files"),
        "sources": Fact(_sources(assessments), "methods"),
        "public": Fact(
            "Anyone with the photos can repeat it: cutis evaluate with the tables and the seed named here.",
            "files",
        ),
    }
    found |= _data_facts(study, titles)
    found |= _analysis_facts(study, assessments, gaps, against)
    found |= of_the_model(study, bundle)
    return found


def statistics(study: Study, draws: Draws, against: ReaderStudy | None) -> str:
    """How intervals and tests were made."""
    whose = group_noun(study.truth.group)
    names = [spoken(name) for name in main_measures(study)]
    text = (
        f"Figures: {listed(names)}. 95% intervals by the percentile bootstrap: whole {whose} were drawn anew "
        f"{draws.replicates:,} times (seed {draws.seed}); where all draws agree, Wilson's interval on the "
        f"number of {whose}. Gaps between a subgroup and the rest are found on the same draws, and their "
        "p corrected by Holm over all subgroups."
    )
    if against is not None:
        text += (
            f" Readers were compared with the model on the {study.units} that both answered; p of single "
            "readers corrected by Holm."
        )
        if len(against.readings) > 1:
            text += (
                " The readers' mean was compared by the analysis of Obuchowski and Rockette with Hillis's "
                "degrees of freedom, for readers and cases beyond those at hand, with covariances from the "
                "draws."
            )
    return text


def _in_short(study: Study, draws: Draws, against: ReaderStudy | None) -> str:
    text = (
        f"95% intervals from {draws.replicates:,} draws of whole {group_noun(study.truth.group)}; p "
        "corrected by Holm"
    )
    beside = "; readers by Obuchowski and Rockette with Hillis's degrees of freedom" if against else ""
    return f"{text}{beside}."


def missing(study: Study) -> str:
    """What was not answered, and how it was treated."""
    without = [source for source in study.sources if source.missing]
    number = study.flow.unlabelled
    text = "Every photo has a known truth."
    if number:
        left = "was" if number == 1 else "were"
        text = f"{counted(number, 'photo')} without a known truth {left} left out."
    if not without:
        return f"{text} Every source answered every {study.unit}."
    each = [f"{source.name} ({len(source.missing):,})" for source in without]
    return (
        f"{text} {study.units.capitalize()} without an answer: {sample(each, 4)}; figures rest on those "
        f"answered, and sources are compared on {study.units} that both answered."
    )


def _accuracy(study: Study, main: Assessment) -> str:
    from cutis.evaluation.evidence.abstract import said

    there = [name for name in main_measures(study) if name in main.figures][:3]
    return (
        f"{main.name}: "
        + ", ".join(f"{spoken(name)} {said(name, main.figures[name])}" for name in there)
        + "."
    )


def _sources(assessments: Sequence[Assessment]) -> str:
    kinds = {kind: [a.name for a in assessments if a.source.kind == kind] for kind in ("model", "reader")}
    parts = [f"{counted(len(names), kind)}: {sample(names, 4)}" for kind, names in kinds.items() if names]
    return "; ".join(parts).capitalize() + "." if not parts else f"{'; '.join(parts)}."


def _availability(study: Study, bundle: BundleInfo | None) -> str:
    text = f"Truth: {study.truth.path.name}, fingerprint {study.fingerprint[:16]}."
    if bundle is not None:
        licence = bundle.licence or bundle.training.licence
        text += f" Model: {bundle.name} {bundle.version}{f', licence {licence}' if licence else ''}."
    return text


def _software(bundle: BundleInfo | None) -> str:
    text = f"Evaluated with cutis {__version__}."
    return text + (f" Model written by cutis {bundle.cutis}." if bundle is not None else "")


def _data_facts(study: Study, titles: dict[str, str]) -> dict[str, Fact]:
    table, target = study.truth.table, study.truth.target or ""
    shares = composition(study)
    nouns = class_noun(target, 2)
    mix = listed([f"{titles[k]} {v.photos:,} ({percent(v.share)}%)" for k, v in shares.items()])
    found = {
        "data": Fact(
            f"Table {study.truth.path.name}: "
            f"{counted_photos(study, study.flow.listed, study.flow.listed_groups)}.",
            "participants",
        ),
        "eligibility": Fact(_eligibility(study), "participants"),
        "flow": Fact("From the table to the answers, as a diagram with numbers.", "participants"),
        "size": Fact(f"{evaluated(study)}, all that there were.", "participants"),
        "characteristics": Fact(
            "What is known of the people, as a table."
            if study.pooled
            else "What the photos show and of whom they are, as a table.",
            "participants",
        ),
        "mix": Fact(f"{mix}.", "participants"),
        "classes": Fact(f"{len(study.labels)} {nouns}: {sample(list(titles.values()), 3)}.", "methods"),
        "reference": Fact(f"Column {target} of {study.truth.path.name}.", "methods"),
    }
    if len(study.labels) > 2:
        found["alternatives"] = Fact(f"By {class_noun(target)}: {mix}.", "participants")
    if study.ordinal:
        found["severity"] = Fact(f"By grade: {mix}.", "participants")
    if "confirmation" in table.columns:
        found["confirmation"] = Fact(f"Confirmed by: {_shares(study, 'confirmation')}.", "participants")
        cells = [str(cell or "").lower() for cell in table["confirmation"]]
        histology = np.mean(["histo" in cell or "path" in cell or "biops" in cell for cell in cells])
        found["histopathology"] = Fact(
            f"Histopathology stands behind {percent(float(histology))}% of the {study.units}.", "participants"
        )
    for name, columns in (
        ("places", _PLACES),
        ("devices", _DEVICES),
        ("skin", _SKIN),
        ("modality", ("modality",)),
    ):
        there = [column for column in columns if column in table.columns and _recorded(study, column)]
        if there:
            text = "; ".join(f"{column.replace('_', ' ')}: {_shares(study, column)}" for column in there)
            found[name] = Fact(f"{text[:1].upper()}{text[1:]}.", "participants")
    if study.rendered:
        found["synthetic"] = Fact(
            f"Rendered photos: those of {study.rendered:,} of {study.size:,} {study.units}."
            if study.pooled
            else f"{study.rendered:,} of {study.size:,} photos are rendered.",
            "participants",
        )
    elif "rendered" in table.columns:
        found["synthetic"] = Fact("None of the photos is rendered.", "participants")
    return found | _split_facts(study)


def _split_facts(study: Study) -> dict[str, Fact]:
    parts = partitions(study)
    if len(parts) < 2:
        return {}
    whose = group_noun(study.truth.group)
    sizes = listed([f"{name} {_part(study, part)}" for name, part in parts.items()])
    both = on_several_sides(study)
    sides = "none has photos in two splits" if not both else f"{both:,} have photos in several splits"
    found = {
        "partitions": Fact(f"By column split: {sizes}.", "participants"),
        "sizes": Fact(f"{sizes[:1].upper()}{sizes[1:]}.", "participants"),
        "disjoint": Fact(f"Of {whose}, {sides}.", "participants"),
        "partitioned": Fact("The table of characteristics has one column per split.", "participants"),
    }
    if study.flow.split == "test":
        found["internal"] = Fact("The test split of the same table as the training photos.", "participants")
    return found


def _analysis_facts(
    study: Study, assessments: Sequence[Assessment], gaps: Sequence[Gap], against: ReaderStudy | None
) -> dict[str, Fact]:
    found = {}
    if gaps:
        columns = listed(list(dict.fromkeys(gap.column.replace("_", " ") for gap in gaps)))
        sure = len({(gap.column, gap.value) for gap in gaps if gap.sure})
        found["fairness"] = Fact(
            f"Figures and gaps to the rest by {columns}; sure after correction: {sure or 'none'}.",
            "subgroups",
        )
        found["variability"] = Fact(f"By {columns}{', and by reader' if against else ''}.", "subgroups")
        clusters = [gap for gap in gaps if gap.column in _PLACES]
        if clusters:
            found["clusters"] = Fact(f"By {clusters[0].column.replace('_', ' ')}.", "subgroups")
    if against is not None:
        readers = counted(len(against.readings), "reader")
        found["comparison"] = Fact(f"{readers} beside {against.model} on the same {study.units}.", "readers")
        found.setdefault("variability", Fact("By reader.", "readers"))
    elif len(assessments) > 1:
        found["comparison"] = Fact(
            f"{counted(len(assessments), 'source')} on the same {study.units}.", "accuracy"
        )
    return found


def _predictions(study: Study) -> str:
    text = "Predictions were read from tables, one row per photo and source"
    return f"{text}; the photos of each {study.unit} then became one answer." if study.pooled else f"{text}."


def _wrong(found: Failures) -> str:
    if not found.wrong:
        return "No answer was wrong."
    return f"{counted(found.wrong, 'wrong answer')}, by what was taken for what, with the surest of them."


def _eligibility(study: Study) -> str:
    flow, noun = study.flow, class_noun(study.truth.target or "")
    chosen = f"the photos of split {flow.split}" if flow.split else "every photo of the table"
    left = f"left out: {counted(flow.unlabelled, 'photo')} without a known {noun}"
    return f"Evaluated were {chosen}; {left if flow.unlabelled else f'none lacks a known {noun}'}."


def _part(study: Study, part: Manifest) -> str:
    groups = part.table[study.truth.group].n_unique() if study.pooled else 0
    return sized(study, groups, groups) if study.pooled else counted(len(part), "photo")


def _recorded(study: Study, column: str) -> bool:
    return study.truth.table[column].null_count() < study.size


def _shares(study: Study, column: str) -> str:
    cells = [
        NOT_RECORDED if cell is None else str(cell).replace("_", " ") for cell in study.truth.table[column]
    ]
    parts = [f"{value} {percent(cells.count(value) / len(cells))}%" for value in ordered_values(cells)]
    return sample(parts, 6)
