"""Readers against a model, each on the photos that the reader answered, and all readers together.

One reader's figures are compared with the model's on the same photos, by drawing patients or lesions anew.
For readers like these, and cases like these, the readers' mean is compared with the model by the analysis
of Obuchowski and Rockette with Hillis's degrees of freedom (`stats.mrmc`), which holds for any figure whose
covariance over cases is known; here it comes from the same draws. A reader who answered a part of the
photos counts with that part, and the model is judged on that part beside this reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutis.evaluation.assessment import Draws
from cutis.evaluation.gaps import estimate, spread_p, still
from cutis.evaluation.study import Source, Study
from cutis.stats.classification import Answers, Figures, figures
from cutis.stats.comparison import Difference, holm, newcombe
from cutis.stats.intervals import Estimate, percentile
from cutis.stats.mrmc import analyse
from cutis.stats.mrmc_covariance import ReaderAreas
from cutis.stats.resampling import bootstrap, observed, stacked

_BINARY = ("sensitivity", "specificity", "balanced_accuracy", "accuracy")
_SEVERAL = ("balanced_accuracy", "accuracy")
_GRADES = ("quadratic_kappa",)
LEVEL = 0.05
_Pair = tuple[str, Answers, Answers]  # a reader's name, the reader's answers, the model's on the same photos
_LEAST_GROUPS = 10  # that a reader answered; fewer say too little for an interval


@dataclass(frozen=True)
class Reading:
    """One reader beside the model, on the photos that both answered.

    Attributes:
        reader: name.
        photos: that both answered.
        groups: patients or lesions of these.
        reader_figures: the reader's, by measure.
        model_figures: the model's on these photos.
        differences: reader minus model.
        corrected: p by measure, corrected by Holm over the readers.
    """

    reader: str
    photos: int
    groups: int
    reader_figures: dict[str, Estimate]
    model_figures: dict[str, Estimate]
    differences: dict[str, Difference]
    corrected: dict[str, float]


@dataclass(frozen=True)
class Overall:
    """All readers together beside the model.

    Attributes:
        measure: what is compared.
        readers: how many.
        mean: of the readers.
        model: the model's, on the same photos.
        difference: readers' mean minus the model's.
        df: degrees of freedom; infinite where one reader is all there is.
        random_readers: whether the answer holds for other readers like these, or for these only.
        above: names of readers who are surely above the model.
        below: names of readers who are surely below it.
    """

    measure: str
    readers: int
    mean: Estimate
    model: Estimate
    difference: Difference
    df: float
    random_readers: bool
    above: tuple[str, ...]
    below: tuple[str, ...]


@dataclass(frozen=True)
class ReaderStudy:
    """Readers against one model.

    Attributes:
        model: name.
        measures: compared, the main one first.
        readings: one per reader, in the order of the predictions.
        overall: one per measure.
        left_out: names of readers who share too few photos with the model.
    """

    model: str
    measures: tuple[str, ...]
    readings: tuple[Reading, ...]
    overall: tuple[Overall, ...]
    left_out: tuple[str, ...]

    def of(self, measure: str) -> Overall:
        """All readers together, by one measure."""
        return next(one for one in self.overall if one.measure == measure)


def read_against(study: Study, model: Source, readers: Sequence[Source], draws: Draws) -> ReaderStudy | None:
    """Compare readers with a model.

    Args:
        study: the photos.
        model: one of its sources.
        readers: others of its sources.
        draws: how intervals are drawn.

    Returns:
        None where no reader shares enough photos with the model.
    """
    pairs, left_out = [], []
    for reader in readers:
        both = np.zeros(study.size, dtype=bool)
        both[np.intersect1d(reader.rows, model.rows)] = True
        if len(np.unique(study.index[both])) < _LEAST_GROUPS:
            left_out.append(reader.name)
            continue
        pairs.append((reader.name, _answers(study, reader, both), _answers(study, model, both)))
    if not pairs:
        return None
    measures = _measures(pairs)
    drawn = _drawn(pairs, measures, draws)
    readings = [_reading(pair, drawn[row], measures) for row, pair in enumerate(pairs)]
    corrected = _corrected(readings, measures)
    overall = tuple(_overall(measure, k, drawn, corrected) for k, measure in enumerate(measures))
    return ReaderStudy(model.name, measures, corrected, overall, tuple(left_out))


def mean_point(readers: Sequence[Answers], k: int) -> tuple[float, float]:
    """The readers' mean false positive rate and sensitivity for a class; not a number where undefined."""
    points = np.array([point(reader, k) for reader in readers])
    points = points[~np.isnan(points).any(axis=1)] if len(points) else np.empty((0, 2))
    return (float(points[:, 0].mean()), float(points[:, 1].mean())) if len(points) else (np.nan, np.nan)


def point(answers: Answers, k: int) -> tuple[float, float]:
    """False positive rate and sensitivity of the answers for a class; not a number where undefined."""
    called, is_k = answers.prediction == k, answers.truth == k
    if not is_k.any() or is_k.all():
        return np.nan, np.nan
    return float(called[~is_k].mean()), float(called[is_k].mean())


def _answers(study: Study, source: Source, both: NDArray[np.bool_]) -> Answers:
    """Answers on some photos, numbered by the study's groups so that all sources share the same draws."""
    kept = source.rows[both[source.rows]]
    return replace(study.answers(source, both), index=study.index[kept], count=study.count)


def _measures(pairs: Sequence[_Pair]) -> tuple[str, ...]:
    first = pairs[0][1]
    wanted = _BINARY if first.binary else (*_SEVERAL, *_GRADES) if first.ordinal else _SEVERAL
    defined = []
    for measure in wanted:
        values = [_value(answers, measure) for _, *both in pairs for answers in both]
        if not np.isnan(values).any():
            defined.append(measure)
    return tuple(defined)


def _value(answers: Answers, measure: str) -> float:
    return float(observed(figures(answers, [measure]).statistic, answers.count)[0])


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Figures of a reader and of the model on the reader's photos.

    Attributes:
        values: (2, measures), reader first.
        replicates: (2, measures, replicates), the same draws for all readers.
        support: (2, measures) groups that each figure rests on.
    """

    values: NDArray[np.float64]
    replicates: NDArray[np.float64]
    support: NDArray[np.intp]


def _drawn(pairs: Sequence[_Pair], measures: tuple[str, ...], draws: Draws) -> list[_Drawn]:
    whole: dict[int, Figures] = {}  # the model is measured once on photos that several readers answered

    def told(answers: Answers, key: int | None) -> Figures:
        if key is None:
            return figures(answers, measures)
        return whole.setdefault(key, figures(answers, measures))

    every = [
        (told(said, None), told(beside, hash(beside.index.tobytes() + beside.truth.tobytes())))
        for _, said, beside in pairs
    ]
    unique = list({id(one): one for both in every for one in both}.values())
    place = {id(one): row for row, one in enumerate(unique)}
    together, count = stacked([one.statistic for one in unique]), pairs[0][1].count
    shape = (len(unique), len(measures))
    values = observed(together, count).reshape(shape)
    replicates = bootstrap(together, count, draws.replicates, draws.rng()).reshape(*shape, -1)
    rows = [[place[id(one)] for one in both] for both in every]
    return [
        _Drawn(values[both], replicates[both], np.array([unique[row].support for row in both]))
        for both in rows
    ]


def _reading(pair: _Pair, drawn: _Drawn, measures: tuple[str, ...]) -> Reading:
    name, said, _ = pair
    sides = [
        {
            measure: estimate(drawn.values[side, k], drawn.replicates[side, k], int(drawn.support[side, k]))
            for k, measure in enumerate(measures)
        }
        for side in (0, 1)
    ]
    return Reading(
        reader=name,
        photos=len(said.truth),
        groups=len(np.unique(said.index)),
        reader_figures=sides[0],
        model_figures=sides[1],
        differences={measure: _difference(drawn, k) for k, measure in enumerate(measures)},
        corrected={},
    )


def _difference(drawn: _Drawn, k: int) -> Difference:
    value = float(drawn.values[0, k] - drawn.values[1, k])
    replicates = drawn.replicates[0, k] - drawn.replicates[1, k]
    support = drawn.support[:, k]
    if abs(value) > 1e-12 and still(replicates) and support.all():  # such as one all right, one all wrong
        rows = zip(drawn.values[:, k], drawn.replicates[:, k], support, strict=True)
        said, beside = (estimate(*row) for row in rows)
        return newcombe(said, beside)  # on the same cases it is rather too wide
    low, high = percentile(replicates)[0]
    return Difference(value, float(low), float(high), spread_p(value, replicates))


def _corrected(readings: Sequence[Reading], measures: tuple[str, ...]) -> tuple[Reading, ...]:
    by_measure = {m: holm([reading.differences[m].p for reading in readings]) for m in measures}
    return tuple(
        replace(reading, corrected={m: float(by_measure[m][row]) for m in measures})
        for row, reading in enumerate(readings)
    )


def _overall(measure: str, k: int, drawn: Sequence[_Drawn], readings: Sequence[Reading]) -> Overall:
    readers = len(readings)
    values = np.array([one.values[:, k] for one in drawn])  # (readers, 2)
    replicates = np.array([one.replicates[:, k] for one in drawn])  # (readers, 2, replicates)
    replicates = replicates[..., ~np.isnan(replicates).any(axis=(0, 1))]
    covariance = np.cov(replicates.reshape(2 * readers, -1)).reshape(readers, 2, readers, 2)
    names = tuple(reading.reader for reading in readings)
    areas = ReaderAreas(values, covariance, names, ("readers", "model"), "bootstrap")
    found = analyse(areas, "both" if readers > 1 else "cases")
    lead, mean = found.differences[0], found.areas[0]
    beside = estimate(float(values[:, 1].mean()), replicates[:, 1].mean(axis=0), 0)
    sure = [reading for reading in readings if reading.corrected[measure] < LEVEL]
    return Overall(
        measure=measure,
        readers=readers,
        mean=Estimate(mean.value, max(0.0, mean.low), min(1.0, mean.high)),
        model=beside,
        difference=Difference(lead.value, lead.low, lead.high, lead.p),
        df=lead.df,
        random_readers=readers > 1,
        above=tuple(reading.reader for reading in sure if reading.differences[measure].value > 0),
        below=tuple(reading.reader for reading in sure if reading.differences[measure].value < 0),
    )
