"""From photos to patients: each patient's photos become one row, and all else is measured as before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import BundleInfo
from cutis.core.errors import CutisError
from cutis.core.operating_point import PatientRule, Pooling, patient_rule_from_dict
from cutis.evaluation.averaged import averaged
from cutis.evaluation.rows import one_each
from cutis.evaluation.study import Pooled, Source, Study
from cutis.evaluation.words import counted_groups, group_noun, listed
from cutis.stats.pooling import pooled

HALF = 0.5


def rules_for(predictions: Sequence[Path | str], bundle: BundleInfo | None) -> dict[str, PatientRule]:
    """How each source answers for patients: as its run says whose folder is evaluated, or as the bundle does.

    Args:
        predictions: as for `cutis.evaluation.gather.read_study`.
        bundle: the model that is tested.

    Returns:
        By the source's name; a source that has no rule is not there.

    Raises:
        CutisError: a run is damaged.
    """
    rules = {}
    for path in map(Path, predictions):
        run = path / "run.json"
        if not run.is_file():
            continue
        try:
            said = json.loads(run.read_text(encoding="utf-8")).get("patient")
            if said:
                rules[path.absolute().name] = patient_rule_from_dict(said)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CutisError(f"{run}: is damaged ({error}). Copy it again, or train again.") from error
    if bundle is not None and bundle.patient is not None:
        rules[bundle.name] = bundle.patient
    return rules


def by_patient(study: Study, rules: Mapping[str, PatientRule]) -> Study:
    """The study with one row per patient (or other group) in place of its photos.

    A patient is positive if any of the photos is. A source's probabilities are pooled by its rule, and the
    patient is called from its operating point on; without a rule they are averaged, and called from 0.5 on. A
    source without probabilities calls a patient if it calls at least half of the photos that it answered. Of
    more than two classes none is looked for, and photos are `averaged`.

    Args:
        study: photo by photo.
        rules: by source. Where one source has probabilities and one rule is given, it is that source's,
            whatever its name.

    Raises:
        CutisError: a rule looks for a class that is not there, each photo is its own group, or of more than
            two classes the photos of a group show several.
    """
    group = study.truth.group
    _need_patients(study, rules)
    if len(study.labels) != 2:
        return averaged(study)
    mine = _by_source(study, rules)
    looked_for = {rule.positive for rule in mine.values()}
    positive = study.labels.index(looked_for.pop()) if len(looked_for) == 1 else study.positive
    named = replace(study, positive=positive)
    shown = np.zeros(study.count, dtype=np.bool_)
    shown[study.index[study.target == positive]] = True
    names = study.truth.table[group].unique().sort().to_list()  # as the groups are numbered
    return replace(
        named,
        truth=replace(study.truth, table=one_each(named, _telling(named))),
        target=np.where(shown, positive, 1 - positive).astype(np.intp),
        index=np.arange(study.count),
        sources=tuple(_patients(named, source, mine.get(source.name), names) for source in study.sources),
        pooled=Pooled(
            photos=study.size,
            fingerprint=study.truth.fingerprint,
            rules=mine,
            words={source.name: _words(study, source, mine.get(source.name)) for source in study.sources},
        ),
    )


def _need_patients(study: Study, rules: Mapping[str, PatientRule]) -> None:
    wrong = [rule.positive for rule in rules.values() if rule.positive not in study.labels]
    if wrong:
        raise CutisError(
            f"the model answers for patients with '{wrong[0]}', which is not one of "
            f"{listed(study.labels)}. Name its target column with --target."
        )
    if study.truth.group == "image_id":
        raise CutisError(
            f"{study.truth.path}: says of no photo which patient it is of. Name the column with --group, or "
            "evaluate by photo."
        )


def _by_source(study: Study, rules: Mapping[str, PatientRule]) -> dict[str, PatientRule]:
    scored = [source.name for source in study.sources if source.probabilities is not None]
    if len(scored) == len(rules) == 1:
        return dict(zip(scored, rules.values(), strict=True))
    return {name: rules[name] for name in scored if name in rules}


def _patients(study: Study, source: Source, rule: PatientRule | None, names: list[str]) -> Source:
    pooling, threshold = (rule.pooling, rule.point.threshold) if rule else (Pooling("mean"), HALF)
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


def _telling(study: Study) -> NDArray[np.float64]:
    """(photos,) the first source's probability of what is looked for."""
    telling = np.zeros(study.size)
    for source in study.sources[:1]:
        telling[source.rows] = _scores(study, source)
    return telling


def _scores(study: Study, source: Source) -> NDArray[np.float64]:
    if source.probabilities is None:
        return np.asarray(source.prediction == study.positive, dtype=np.float64)
    return source.probabilities[:, study.positive]


def _words(study: Study, source: Source, rule: PatientRule | None) -> str:
    group = study.truth.group
    whose = group_noun(group, 1)
    if source.probabilities is None:
        return f"called where at least half of the {whose}'s photos are"
    if rule is None:
        return (
            f"mean probability of the {whose}'s photos, called from {HALF} on; no pooling was fitted and no "
            "operating point chosen (name the bundle, or evaluate the run's folder)"
        )
    pooling, point, fitted = rule.pooling, rule.point, rule.point.fitted_on
    where = f", chosen on {counted_groups(fitted.groups, group)}" if fitted and fitted.groups else ""
    split = f" of the {fitted.split} split" if where and fitted else ""
    note = f". {point.note}" if point.note else ""
    return (
        f"{pooling.method.replace('_', ' ')} of the probabilities of the {whose}'s photos, calibrated; "
        f"called from {point.threshold:.3f} on ({point.rule}){where}{split}{note}"
    )
