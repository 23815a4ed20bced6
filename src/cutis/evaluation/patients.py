"""From photos to patients: each patient's photos become one row, and all else is measured as before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from cutis.core.bundle_info import BundleInfo
from cutis.core.errors import CutisError
from cutis.core.operating_point import OperatingPoint, PatientRule, Pooling, patient_rule_from_dict
from cutis.evaluation.study import Pooled, Source, Study
from cutis.evaluation.words import counted_groups, group_noun, listed
from cutis.stats.pooling import pooled

SEVERAL = "several"  # of a column in which a patient's photos differ


def rule_for(predictions: Sequence[Path | str], bundle: BundleInfo | None) -> PatientRule | None:
    """How patients are answered for: as the bundle says, else as the run does whose folder is evaluated.

    Args:
        predictions: as for `cutis.evaluation.gather.read_study`.
        bundle: the model that is tested.
    """
    if bundle is not None:
        return bundle.patient
    for path in map(Path, predictions):
        run = path / "run.json"
        if run.is_file():
            said = json.loads(run.read_text(encoding="utf-8")).get("patient")
            return patient_rule_from_dict(said) if said else None
    return None


def by_patient(study: Study, rule: PatientRule | None) -> Study:
    """The study with one row per patient (or other group) in place of its photos.

    A patient is positive if any of the photos is. A source's probabilities are pooled by the rule, and the
    patient is called from its operating point on; without a rule they are averaged, and called from 0.5 on. A
    source without probabilities calls a patient if it calls at least half of the photos that it answered.

    Args:
        study: photo by photo, of two classes.
        rule: of the model that is tested.

    Raises:
        CutisError: there are not two classes, the rule looks for another, or each photo is its own group.
    """
    group = study.truth.group
    if len(study.labels) != 2:
        raise CutisError(
            f"--by patient takes two classes, one of which is looked for; there are {listed(study.labels)}. "
            "Evaluate by photo, or name a target of two classes."
        )
    if rule is not None and rule.positive not in study.labels:
        raise CutisError(
            f"the model answers for patients with '{rule.positive}', which is not one of "
            f"{listed(study.labels)}. Name its target column with --target."
        )
    if group == "image_id":
        raise CutisError(
            f"{study.truth.path}: says of no photo which patient it is of. Name the column with --group, or "
            "evaluate by photo."
        )
    positive = study.positive if rule is None else study.labels.index(rule.positive)
    default = OperatingPoint("half", study.labels[positive], 0.5, "set by hand")
    pooling, point = (rule.pooling, rule.point) if rule else (Pooling("mean"), default)
    shown = np.zeros(study.count, dtype=np.bool_)
    shown[study.index[study.target == positive]] = True
    names = study.truth.table[group].unique().sort().to_list()  # as the groups are numbered
    named = replace(study, positive=positive)
    return replace(
        named,
        truth=replace(study.truth, table=_table(named)),
        target=np.where(shown, positive, 1 - positive).astype(np.intp),
        index=np.arange(study.count),
        sources=tuple(_patients(named, source, pooling, point.threshold, names) for source in study.sources),
        pooled=Pooled(
            study.size, study.truth.fingerprint, pooling, point, _words(named, rule, pooling, point)
        ),
    )


def _patients(study: Study, source: Source, pooling: Pooling, threshold: float, names: list[str]) -> Source:
    index = study.index[source.rows]
    answered = np.unique(index)
    called = np.bincount(index, source.prediction == study.positive, study.count)[answered]
    share = called / np.bincount(index, minlength=study.count)[answered]
    probabilities, yes = None, share >= 0.5
    if source.probabilities is not None:
        score = pooled(source.probabilities[:, study.positive], index, pooling)
        yes = score >= threshold
        probabilities = np.empty((len(answered), 2))
        probabilities[:, study.positive], probabilities[:, 1 - study.positive] = score, 1 - score
    there = set(answered.tolist())
    return replace(
        source,
        rows=answered,
        prediction=np.where(yes, study.positive, 1 - study.positive).astype(np.intp),
        probabilities=probabilities,
        missing=tuple(name for number, name in enumerate(names) if number not in there),
    )


def _table(study: Study) -> pl.DataFrame:
    """One row per patient: the photo that the first source finds most telling, and what all agree in."""
    group = study.truth.group
    telling = np.zeros(study.size)
    for source in study.sources[:1]:
        scores = _scores(study, source)
        telling[source.rows] = scores
    table = study.truth.table.with_columns(pl.Series("_telling", -telling)).sort(group, "_telling", "row")
    fixed = {"image", "image_id", group, "split", "_telling"}
    differ = cs.string() - cs.by_name(*fixed, require_all=False)
    rows = table.with_columns(
        pl.when(differ.n_unique().over(group) > 1).then(pl.lit(SEVERAL)).otherwise(differ).name.keep()
    )
    rows = rows.unique(group, keep="first", maintain_order=True)
    return rows.with_columns(image_id=pl.col(group)).drop("_telling")


def _scores(study: Study, source: Source) -> NDArray[np.float64]:
    if source.probabilities is None:
        return np.asarray(source.prediction == study.positive, dtype=np.float64)
    return source.probabilities[:, study.positive]


def _words(study: Study, rule: PatientRule | None, pooling: Pooling, point: OperatingPoint) -> str:
    whose = group_noun(study.truth.group, 1)
    if rule is None:
        return (
            f"mean probability of the {whose}'s photos, called from 0.5 on; no pooling was fitted and no "
            "operating point chosen (name the bundle, or evaluate the run's folder)"
        )
    fitted = point.fitted_on
    where = (
        f" on {counted_groups(fitted.groups, study.truth.group)} of the {fitted.split} split"
        if (fitted and fitted.groups)
        else ""
    )
    note = f". {point.note}" if point.note else ""
    return (
        f"{pooling.method.replace('_', ' ')} of the probabilities of the {whose}'s photos, calibrated; "
        f"called from {point.threshold:.3f} on ({point.rule}), chosen{where}{note}"
    )
