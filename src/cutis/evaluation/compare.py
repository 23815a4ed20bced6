"""Do sources differ on the same photos: paired tests, ``compare.html`` and ``compare.json``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from cutis import __version__
from cutis.core.errors import PredictionsError
from cutis.core.files import write_text
from cutis.evaluation.assessment import Draws
from cutis.evaluation.gather import read_study
from cutis.evaluation.page import render
from cutis.evaluation.pairs import Pair, compare_pair, correct
from cutis.evaluation.patients import by_patient, rules_for
from cutis.evaluation.reading import plain_pooling
from cutis.evaluation.study import Study
from cutis.evaluation.titles import label_titles
from cutis.evaluation.words import class_noun, group_noun, listed, of_hundred
from cutis.pages.environment import now
from cutis.pages.numbers import signed_range
from cutis.stats.classification import estimates, figures
from cutis.stats.intervals import Estimate

MEASURES = ("balanced_accuracy", "auc_macro", "auc", "accuracy", "expected_calibration_error")
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Comparison:
    """What was written.

    Attributes:
        page: ``compare.html``.
        data: ``compare.json``.
        answer: the result in one sentence.
        figures: of each source on the photos that it answered.
        pairs: every two sources.
        units: what they were compared on: ``photos``, ``patients`` ...
    """

    page: Path
    data: Path
    answer: str
    figures: dict[str, dict[str, Estimate]]
    pairs: tuple[Pair, ...]
    units: str


def write_comparison(
    predictions: Sequence[Path | str],
    truth: Path | str,
    out: Path | str,
    *,
    target: str | None = None,
    group: str | None = None,
    split: str | None = None,
    positive: str | None = None,
    patients: bool = False,
    draws: Draws | None = None,
    done: Callable[[int], None] | None = None,
    expect: Callable[[int], None] | None = None,
) -> Comparison:
    """Compare every two sources of the predictions on the same photos.

    Args:
        predictions: predictions files, or run folders that hold one.
        truth: a manifest with the target column.
        out: folder to write to.
        target: name of the target column; needed unless exactly one task's default target is there.
        group: column of the patient or lesion; default as for manifests.
        split: ``train``, ``tune``, ``test`` or ``all``; default ``test`` where the truth names one.
        positive: with two classes, the one that is looked for; default the second.
        patients: compare answers for patients in place of photos, see `cutis.evaluation.patients`; a run's
            folder brings its own rule.
        draws: how intervals are drawn.
        done: called with 1 after each source and each pair.
        expect: called once with the number of these steps, when it is known.

    Raises:
        ManifestError: the truth does not hold.
        PredictionsError: the predictions do not hold, there is one source only, or no two share photos of
            more than one patient or lesion.
        OutputError: the comparison could not be written.
    """
    draws, step = draws or Draws(), done or (lambda count: None)
    study = read_study(predictions, truth, target=target, group=group, split=split, positive=positive)
    if patients:
        study = by_patient(study, rules_for(predictions, None))
    if len(study.sources) < 2:
        names = listed([source.name for source in study.sources])
        raise PredictionsError(
            [f"there is one source only, {names}. Comparing takes two or more; name another file."]
        )
    if expect is not None:
        expect(len(study.sources) * (len(study.sources) + 1) // 2)
    measured = {}
    for source in study.sources:
        answers = study.answers(source)
        measured[source.name] = estimates(
            figures(answers, MEASURES), answers.count, draws.replicates, draws.rng()
        )
        step(1)
    pairs = []
    for first, second in combinations(study.sources, 2):
        pairs.append(compare_pair(study, first, second, draws))
        step(1)
    _need_shared_photos(study, pairs)
    corrected = correct(pairs)
    answer = _answer(study, measured, corrected)
    folder = Path(out)
    data = _data(study, measured, corrected, draws)
    page = render(
        "compare.html",
        study=study,
        same_photos=_same_photos(study),
        sizes={source.name: len(source.rows) for source in study.sources},
        measured=measured,
        pairs=corrected,
        answer=answer,
        titles=label_titles(study.labels),
        measures=[name for name in MEASURES if any(name in found for found in measured.values())],
        scale=_scale(corrected),
        draws=draws,
        level=LEVEL,
    )
    write_text(folder / "compare.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "compare.html", page)
    return Comparison(
        folder / "compare.html", folder / "compare.json", answer, measured, corrected, study.units
    )


def _need_shared_photos(study: Study, pairs: Sequence[Pair]) -> None:
    if not any(pair.photos for pair in pairs):
        raise PredictionsError(
            [
                f"{study.truth.path}: {listed([s.name for s in study.sources])} answered no {study.unit} in "
                f"common. Sources are compared on the same {study.units}; predict the same ones."
            ]
        )
    if not any(pair.groups > 1 for pair in pairs):
        whose, photos, names = study.truth.group, study.units, listed([s.name for s in study.sources])
        raise PredictionsError(
            [
                f"{study.truth.path}: all {photos} that {names} answered in common have the same {whose}. "
                f"A comparison draws {group_noun(whose)} anew and needs two or more. Predict more, or "
                "name another column with --group."
            ]
        )


def _same_photos(study: Study) -> bool:
    """Whether all sources answered the same photos."""
    first = study.sources[0].rows
    return all(np.array_equal(source.rows, first) for source in study.sources)


def _scale(pairs: Sequence[Pair]) -> float:
    """A round number that no interval of a difference goes far beyond."""
    widest = max(
        (max(abs(t.difference.low), abs(t.difference.high)) for p in pairs for t in p.tests), default=0.1
    )
    return next((mark for mark in (0.02, 0.05, 0.1, 0.2, 0.5) if widest <= mark), 1.0)


def _answer(study: Study, measured: dict[str, dict[str, Estimate]], pairs: Sequence[Pair]) -> str:
    """Which source is best, and whether it is surely better than the next.

    Where sources answered different photos their figures cannot be ranked, only their pairs.
    """
    tests = [test for pair in pairs for test in pair.tests if test.measure == "balanced_accuracy"]
    if not _same_photos(study):
        sure = sum(test.corrected < LEVEL for test in tests)
        said = f"{sure} of {len(tests)} pairs surely differ" if sure else "no two sources surely differ"
        return f"On the {study.units} that both answered, {said} in balanced accuracy."
    order = sorted(measured, key=lambda name: -measured[name]["balanced_accuracy"].value)
    best, next_best = order[:2]
    pair = next(p for p in pairs if {p.first, p.second} == {best, next_best})
    test = next(t for t in pair.tests if t.measure == "balanced_accuracy")
    sign = 1 if pair.first == best else -1
    low, high = sorted((sign * test.difference.low, sign * test.difference.high))
    points = f"{signed_range(100 * low, 100 * high, 1)} points"
    noun = class_noun(study.truth.target or "", 2)
    if not low and not high:
        return _equal(study, measured, pairs, best)
    most = f"Averaged over {noun}, {best} found most, {of_hundred(measured[best]['balanced_accuracy'])}."
    if test.corrected < LEVEL:
        return f"{most} Its lead over {next_best} is sure: {points}."
    return f"{most} Its lead over {next_best} is not sure: {points}."


def _equal(study: Study, measured: dict[str, dict[str, Estimate]], pairs: Sequence[Pair], best: str) -> str:
    """Sources that found equally much, in whatever draw of the groups: which ones, and how alike they are."""
    apart = {
        ({pair.first, pair.second} - {best}).pop()
        for pair in pairs
        for test in pair.tests
        if best in (pair.first, pair.second) and test.measure == "balanced_accuracy"
        if test.difference.low or test.difference.high
    }
    alike = [source for source in study.sources if source.name not in apart]
    names = listed([source.name for source in alike])
    one, *others = alike
    how = " in what they found"
    if all(np.array_equal(one.prediction, other.prediction) for other in others):
        how += f": they named the same {class_noun(study.truth.target or '')} for every {study.unit}"
        if all(np.array_equal(one.probabilities, other.probabilities) for other in others):  # type: ignore[arg-type]
            how = ": they gave the same answers"
    noun, found = class_noun(study.truth.target or "", 2), of_hundred(measured[best]["balanced_accuracy"])
    if not apart:
        return f"{names} do not differ{how}. Averaged over {noun}, each found {found}."
    return f"Averaged over {noun}, {names} found most, {found} each; they do not differ{how}."


def _data(
    study: Study,
    measured: dict[str, dict[str, Estimate]],
    pairs: Sequence[Pair],
    draws: Draws,
) -> dict[str, Any]:
    return {
        "sources": {name: {k: e.to_dict() for k, e in found.items()} for name, found in measured.items()},
        "n": study.size,
        "groups": study.count,
        "unit": study.unit,
        "pooled": plain_pooling(study),
        "cases": {source.name: len(source.rows) for source in study.sources},
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "n": pair.photos,
                "groups": pair.groups,
                "tests": {
                    test.measure: {
                        "difference": test.difference.value,
                        "low": test.difference.low,
                        "high": test.difference.high,
                        "p": test.difference.p,
                        "p_corrected": test.corrected,
                        "method": test.method,
                    }
                    for test in pair.tests
                },
                "untested": dict(pair.untested),
            }
            for pair in pairs
        ],
        "correction": "Holm over all pairs, per measure; areas of single classes: over all pairs and classes",
        "group": study.truth.group,
        "target": study.truth.target,
        "split": study.flow.split,
        "labels": list(study.labels),
        "confidence": 0.95,
        "replicates": draws.replicates,
        "seed": draws.seed,
        "truth": {"file": study.truth.path.name, "fingerprint": study.fingerprint},
        "cutis": __version__,
        "created": now(),
    }
