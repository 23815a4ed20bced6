"""The answer in sentences, each with a number and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

from cutis.core.bundle_info import BundleInfo
from cutis.evaluation.assessment import Assessment
from cutis.evaluation.study import Study
from cutis.evaluation.subgroups import LEAST_GROUPS
from cutis.evaluation.words import (
    class_noun,
    counted_groups,
    decimal_interval,
    group_noun,
    listed,
    of_hundred,
    sample,
)
from cutis.stats.classification import GRADES

_MOST_NAMED = 4
_FEW = 30  # patients or lesions of a class; below, an interval of a share is wider than 30 points
RENDERED = "The photos are rendered, not taken of people: this says nothing about care."
NOT_FOR_CARE = "Trained on rendered images, not for care."


def headline(study: Study, first: Assessment, titles: dict[str, str]) -> str:
    """The answer in one sentence."""
    if first.answers.binary:
        name = titles[study.labels[study.positive]]
        found, left = first.figures.get("sensitivity"), first.figures.get("specificity")
        show, who = ("with", "others") if study.pooled else ("that show", "that do not")
        parts = [f"Of 100 {study.units} {show} {name}, {first.name} found {_short(found)}"] if found else []
        parts += [f"of 100 {who}, it left {_short(left)} alone"] if left else []
        return _capital("; ".join(parts)) + "."
    noun = class_noun(study.truth.target or "")
    return (
        f"Of 100 {study.units}, {first.name} named the right {noun} for {_short(first.figures['accuracy'])}."
    )


def second_line(study: Study, first: Assessment) -> str:
    """What the headline does not say: rare classes, or the ranking."""
    if first.answers.binary:
        area = first.figures.get("auc")
        if area is None:
            return ""
        return (
            f"Shown one {study.unit} of each kind, it scores the right one higher {of_hundred(area)} times."
        )
    if first.answers.ordinal:
        far, share = (first.figures[name] for name in GRADES[:2])
        return (
            f"Its answers lay {decimal_interval(far, 2)} of a grade from the truth on average, "
            f"which is {decimal_interval(share)} of the whole scale."
        )
    nouns = class_noun(study.truth.target or "", 2)
    present = len(set(first.answers.truth.tolist()))
    return (
        f"Averaged over the {present} {nouns}, so that rare ones count as much as common ones, "
        f"it found {of_hundred(first.figures['balanced_accuracy'])}."
    )


def sureness(first: Assessment) -> str:
    """Whether the source is as sure as it is right."""
    if first.sureness is None:
        return ""
    said, right = (100 * value for value in first.sureness)
    gap = said - right
    error = first.figures["expected_calibration_error"]
    verdict = (
        "as sure as it was right"
        if abs(gap) < 1.5
        else "too sure"
        if gap > 0
        else "less sure than it could be"
    )
    return (
        f"On average it was {said:.0f}% sure and right {right:.0f}% of the time: {verdict}. "
        f"The mean gap between the two is {100 * error.value:.1f} percentage points "
        f"({100 * error.low:.1f}–{100 * error.high:.1f})."
    )


def limits(
    study: Study, assessments: Sequence[Assessment], bundle: BundleInfo | None, titles: dict[str, str]
) -> list[str]:
    """What was not looked at, and what the figures cannot bear."""
    found = [*of_making(study, bundle), *_pooling(study)]
    for assessment in assessments:
        found += _coverage(study, assessment) + _unknown_classes(study, assessment, titles)
    found += _classes(study, titles) + _people(study, assessments)
    noun = class_noun(study.truth.target or "")
    found.append(
        f"Predictive values hold where each {noun} is as common as in these {study.units}, nowhere else."
    )
    found.append("These are photos that were collected beforehand; use in a clinic was not looked at.")
    return found


def of_making(study: Study, bundle: BundleInfo | None) -> list[str]:
    """What the figures cannot bear because of how the photos came about, and of what the model has seen."""
    return [*_rendering(study, bundle), *_split(study, bundle)]


def _rendering(study: Study, bundle: BundleInfo | None) -> list[str]:
    found = []
    if study.rendered == study.size:
        found.append(RENDERED)
    elif study.rendered:
        found.append(
            f"{study.rendered:,} of the {study.size:,} {study.units} are rendered, not taken of people."
        )
    if bundle is not None and bundle.training.rendered:
        found.append(f"{bundle.name}: {NOT_FOR_CARE[0].lower()}{NOT_FOR_CARE[1:]}")
    return found


def _split(study: Study, bundle: BundleInfo | None) -> list[str]:
    columns = study.truth.table.columns
    if study.flow.split == "test":
        return []
    if study.flow.split is not None:
        return [f"These are photos of the '{study.flow.split}' split, which served the making of the model."]
    if "split" in columns:
        return ["All splits are in these figures, photos that the model was trained on among them."]
    if bundle is not None and bundle.training.fingerprint == study.fingerprint:
        return [f"These are the very photos that {bundle.name} was trained on: the figures flatter it."]
    return ["Whether a model was trained on some of these photos cannot be seen from the tables."]


def _pooling(study: Study) -> list[str]:
    """What the answers for patients rest on."""
    if study.pooled is None:
        return []
    found, bare = [], []
    for source in study.sources:
        rule = study.pooled.rules.get(source.name)
        if rule is not None and rule.point.note:
            found.append(f"{source.name}, where its threshold was chosen: {rule.point.note}")
        elif rule is None and source.probabilities is not None and len(study.labels) == 2:
            bare.append(source.name)
    if bare:
        found.append(
            f"{sample(bare, 3)}: nothing was fitted to {study.units}; the photos' probabilities are "
            "averaged, and called from 0.5 on."
        )
    return found


def _coverage(study: Study, assessment: Assessment) -> list[str]:
    found, source = [], assessment.source
    if source.missing:
        found.append(
            f"{source.name} gave no answer for {len(source.missing):,} of the {study.size:,} {study.units} "
            f"({sample(source.missing, 3)}); its figures rest on the other {len(source.rows):,}."
        )
    return found


def _unknown_classes(study: Study, assessment: Assessment, titles: dict[str, str]) -> list[str]:
    answers, found = assessment.answers, []
    there = set(answers.truth.tolist())
    if answers.probabilities is not None:
        unknown = [titles[study.labels[k]] for k in sorted(there) if not answers.scored[k]]
        if unknown:
            found.append(
                f"{assessment.name} does not know {listed(unknown)}: every such {study.unit} counts as "
                "wrong, and there is no curve for it."
            )
    never = [titles[study.labels[k]] for k in sorted(there - set(answers.prediction.tolist()))]
    if never:
        found.append(
            f"{assessment.name} never named {listed(never)}; a predictive value is not defined for it."
        )
    return found


def _classes(study: Study, titles: dict[str, str]) -> list[str]:
    """Classes that are absent, and classes that are too few to say much of."""
    found = []
    groups = {k: len(set(study.index[study.target == k].tolist())) for k in range(len(study.labels))}
    absent = [titles[study.labels[k]] for k, number in groups.items() if not number]
    if absent:
        found.append(f"No {study.unit} shows {listed(absent)}: nothing can be said of finding it.")
    few = sorted((number, titles[study.labels[k]]) for k, number in groups.items() if 0 < number < _FEW)
    whose, nouns = group_noun(study.truth.group), class_noun(study.truth.target or "", 2)
    if len(few) > _MOST_NAMED:
        fewest = f"{few[0][1]} on {few[0][0]}"
        found.append(f"{len(few)} {nouns} rest on fewer than {_FEW} {whose}, {fewest}: take them as rough.")
    elif few:
        said = listed([f"{name} ({counted_groups(number, study.truth.group)})" for number, name in few])
        found.append(f"Few {whose} stand behind {said}: take the figures as rough.")
    return found


def _people(study: Study, assessments: Sequence[Assessment]) -> list[str]:
    columns, found = study.truth.table.columns, []
    if not {"skin_type", "skin_tone_class"} & set(columns):
        found.append(
            "Skin type is not recorded: whether it does as well on dark skin as on light was not looked at."
        )
    unseen = [name.replace("_", " ") for name in ("age", "sex", "body_site") if name not in columns]
    if unseen:
        found.append(f"{_capital(listed(unseen))} {'is' if len(unseen) == 1 else 'are'} not recorded.")
    if small := assessments[0].smallest:
        value = f"{small.column.replace('_', ' ')} {small.value}"
        whose = counted_groups(small.groups, study.truth.group)
        found.append(
            f"The smallest subgroup with figures is '{value}', {whose}; "
            f"below {LEAST_GROUPS} none are given. Subgroups differ in what they hold, so that "
            "their balanced figures compare only roughly."
        )
    return found


def _short(estimate: object) -> str:
    """``85 (83–87)``, where the sentence has said of how many."""
    from cutis.stats.intervals import Estimate

    assert isinstance(estimate, Estimate)
    return of_hundred(estimate).replace(" of 100", "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
