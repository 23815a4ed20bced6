"""Which readers read which cases under which treatments, checked before anything is computed from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError, OneClassError
from cutis.stats.resampling import number_groups

Array = NDArray[np.float64]
Design = Literal[
    "crossed",  # every reader rated every case under every treatment
    "split-plot",  # blocks of readers with cases of their own, crossed within each block
    "cases nested in readers",  # the same with one reader per block
    "cases nested in treatments",
    "readers nested in treatments",
    "partially crossed",  # some readers were not there under some treatments
    "partly read",  # readings are missing here and there
]


@dataclass(frozen=True)
class Study:
    """Who read what, under which treatment, and how it was rated.

    Attributes:
        ratings: (readers, treatments, cases), higher means more likely positive; nan where there is no
            reading, and otherwise finite. Each reader read both classes, or nothing, under each treatment.
        truth: (cases,) whether each case is positive.
        readers: (readers,) names.
        treatments: (treatments,) names: modalities, or without and with help.
        index: (cases,) patient of each case, 0 .. count-1.
        count: number of patients.
    """

    ratings: Array
    truth: NDArray[np.bool_]
    readers: tuple[str, ...]
    treatments: tuple[str, ...]
    index: NDArray[np.intp]
    count: int

    @property
    def read(self) -> NDArray[np.bool_]:
        """(readers, treatments, cases) whether there is a reading."""
        return ~np.isnan(self.ratings)

    @property
    def took_part(self) -> NDArray[np.bool_]:
        """(readers, treatments) whether the reader read anything under the treatment."""
        return np.asarray(self.read.any(axis=2))


def design_of(asked: Study) -> Design:
    """What kind of study it is, by who read what."""
    read, took_part = asked.read, asked.took_part
    several = read.shape[1] > 1
    if read.all():
        return "crossed"
    if several and np.all(took_part.sum(axis=1) == 1):
        return "readers nested in treatments"
    if not took_part.all():
        return "partially crossed"
    by_case = np.asarray(read.any(axis=0))  # (treatments, cases)
    if several and np.all(by_case.sum(axis=0) == 1):
        return "cases nested in treatments"
    by_reader = np.asarray(read.any(axis=1))  # (readers, cases)
    if len(by_reader) > 1 and np.all(by_reader.sum(axis=0) == 1):
        return "cases nested in readers"
    alike = np.array([[np.array_equal(a, b) or not np.any(a & b) for b in by_reader] for a in by_reader])
    return "split-plot" if alike.all() and not np.all(by_reader == by_reader[0]) else "partly read"


def study(
    ratings: ArrayLike,
    truth: ArrayLike,
    *,
    readers: Sequence[str] | None = None,
    treatments: Sequence[str] | None = None,
    cases: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
    partial: bool = False,
) -> Study:
    """Check the readings of a study and put names to them.

    Ties are fine, and so are scales that differ between readers: only the order of a reader's ratings
    under one treatment counts. In a study that is not fully crossed every reader's figure is that of the
    cases that the reader read; readings that are missing by chance or by plan do no harm, those that are
    missing because a case was hard do.

    Args:
        ratings: (readers, treatments, cases) any scale, higher means more likely positive, nan where a
            reader did not rate a case.
        truth: (cases,) 0 or 1.
        readers: (readers,) names; 1, 2, 3 ... when None.
        treatments: (treatments,) names; 1, 2, 3 ... when None.
        cases: (cases,) names, used in messages only; 1, 2, 3 ... when None.
        groups: (cases,) patient of each case; none means that each case is another patient.
        partial: readings may be missing, and readers absent under some treatments.

    Raises:
        OneClassError: all cases of the study, or those that one reader read under one treatment, are of
            one class; or a class has one patient only, so that nothing is known of its spread.
        CutisError: shapes or names do not fit, a case has no truth, a reading is infinite, or one is missing
            in a study that is to be fully crossed.
    """
    values, classes = _numbers("ratings", ratings), _numbers("truth", truth)
    if values.ndim != 3 or 0 in values.shape or classes.shape != values.shape[2:]:
        raise CutisError(
            f"ratings have the shape {values.shape} and truth {classes.shape}; expected "
            "(readers, treatments, cases) and (cases,), at least one of each."
        )
    named = tuple(
        _names(kind, given, size)
        for kind, given, size in zip(
            ("reader", "treatment", "case"), (readers, treatments, cases), values.shape, strict=True
        )
    )
    positive = _positive(classes, named[2])
    _check_readings(values, positive, named, partial)
    grouped = np.arange(len(positive)) if groups is None else np.asarray(groups)
    if grouped.shape != positive.shape:
        raise CutisError(f"{len(positive)} cases need as many groups; got an array of shape {grouped.shape}.")
    index, count = number_groups(grouped)
    for kind, members in (("positive", positive), ("negative", ~positive)):
        if len(np.unique(index[members])) < 2:
            raise OneClassError(
                f"all {kind} cases are of {len(np.unique(index[members]))} patient; how much they differ "
                "needs two patients of each class. Add cases to the study."
            )
    _check_patients(values, positive, index, named)
    return Study(values, positive, named[0], named[1], index, count)


def under(asked: Study, treatment: int) -> tuple[Study, NDArray[np.bool_], NDArray[np.bool_]]:
    """A study of one of the treatments, with the readers who took part in it and the cases that they read.

    Args:
        asked: from `study`.
        treatment: its number.

    Returns:
        The study, (readers,) which of the readers are in it, and (cases,) which of the cases.
    """
    read = asked.read[:, treatment]
    readers, cases = np.asarray(read.any(axis=1)), np.asarray(read.any(axis=0))
    index, count = number_groups(asked.index[cases])
    part = Study(
        asked.ratings[:, treatment][np.ix_(readers, cases)][:, None],
        asked.truth[cases],
        tuple(name for name, there in zip(asked.readers, readers, strict=True) if there),
        (asked.treatments[treatment],),
        index,
        count,
    )
    return part, readers, cases


def with_model(asked: Study, scores: ArrayLike, *, name: str = "model") -> Study:
    """Set a stand-alone model beside the readers, as a second treatment in which all readers say the same.

    Analysed with random readers, this asks whether the mean AUC of readers like these differs from the
    model's on cases like these. It is the single-treatment analysis of each reader's AUC minus the
    model's: both have the same standard error, degrees of freedom and p. The model's own interval comes
    out as one over cases alone, for a model does not vary between readers. The variance components are
    those of the made-up design and say nothing of readers by themselves.

    Args:
        asked: readers under one treatment.
        scores: (cases,) the model's, of the same cases in the same order.
        name: what the model is called.

    Raises:
        CutisError: the study has several treatments, or the scores do not fit or are not finite.

    Source: Hillis 2007, Stat Med 26:596; for a model among readers Chakraborty 2017, Observer Performance
        Methods for Diagnostic Imaging, chapter 22.
    """
    if len(asked.treatments) != 1:
        raise CutisError(
            f"a model is set beside readers under one treatment; this study has {len(asked.treatments)}: "
            f"{', '.join(asked.treatments)}. Make a study of one of them."
        )
    values = _numbers(f"scores of '{name}'", scores)
    if values.shape != asked.truth.shape or not np.all(np.isfinite(values)):
        raise CutisError(
            f"scores of '{name}' have the shape {values.shape}; expected {asked.truth.shape}, a finite score "
            "for each case of the study."
        )
    both = np.where(asked.read, values, np.nan)  # on the cases that each reader read
    names = _names("treatment", (asked.treatments[0], name), 2)
    together = np.concatenate([asked.ratings, both], axis=1)
    return Study(together, asked.truth, asked.readers, names, asked.index, asked.count)


def _numbers(what: str, given: ArrayLike) -> Array:
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CutisError(
            f"{what}: not an array of numbers. Write nan where there is none, and rows of equal length."
        ) from error


def _names(kind: str, given: Sequence[str] | None, size: int) -> tuple[str, ...]:
    called = tuple(str(n + 1) for n in range(size)) if given is None else tuple(str(one) for one in given)
    if len(called) != size:
        raise CutisError(f"there are {size} {kind}s and {len(called)} names of {kind}s.")
    twice = sorted({one for one in called if called.count(one) > 1}) if len(set(called)) < size else []
    if twice:
        raise CutisError(f"{kind} '{twice[0]}' is there more than once. Give each {kind} its own name.")
    return called


def _positive(classes: Array, cases: tuple[str, ...]) -> NDArray[np.bool_]:
    wrong = np.flatnonzero((classes != 0) & (classes != 1))
    if wrong.size:
        case = int(wrong[0])
        told = "has no truth" if np.isnan(classes[case]) else f"has the truth {classes[case]:g}"
        raise CutisError(
            f"case '{cases[case]}' {told} ({wrong.size} such cases); every case needs 0 (negative) or "
            "1 (positive). Correct it or take the case out."
        )
    if np.all(classes == classes[0]):
        raise OneClassError(
            f"all {len(classes)} cases are {_CLASS[bool(classes[0])]}; an AUC needs cases of both classes."
        )
    return np.asarray(classes == 1)


def _check_readings(
    values: Array, positive: NDArray[np.bool_], named: tuple[tuple[str, ...], ...], partial: bool
) -> None:
    readers, treatments, cases = named
    missing = np.isnan(values)
    if np.any(np.isinf(values)):
        r, t, c = np.argwhere(np.isinf(values))[0]
        raise CutisError(
            f"reader '{readers[r]}', treatment '{treatments[t]}', case '{cases[c]}': the rating is "
            f"{values[r, t, c]:g}. Ratings are finite numbers."
        )
    for r, t in np.argwhere(missing.any(axis=2)):
        read, where = ~missing[r, t], f"reader '{readers[r]}' under treatment '{treatments[t]}'"
        if read.any() and np.all(positive[read] == positive[read][0]):
            raise OneClassError(
                f"{where} read only {_CLASS[bool(positive[read][0])]} cases "
                f"({int(read.sum())} of {len(cases)}); an AUC needs cases of both classes."
            )
    if partial:
        _check_roles(missing, named)
    elif missing.any():
        r, t, c = np.argwhere(missing)[0]
        raise CutisError(
            f"reader '{readers[r]}' under treatment '{treatments[t]}' did not rate "
            f"{int(missing[r, t].sum())} of {len(cases)} cases, the first of them '{cases[c]}'; "
            f"{int(missing.sum())} readings are missing in all. Say that the study is partial, or take out "
            "the reader, or the cases that not everyone read under every treatment."
        )


def _check_roles(missing: NDArray[np.bool_], named: tuple[tuple[str, ...], ...]) -> None:
    for axis, kind in enumerate(("reader", "treatment", "case")):
        idle = np.flatnonzero(missing.all(axis=tuple(other for other in range(3) if other != axis)))
        if idle.size:
            raise CutisError(
                f"{kind} '{named[axis][idle[0]]}' has no reading at all ({idle.size} such {kind}s). "
                f"Take the {kind} out of the study."
            )


def _check_patients(
    values: Array,
    positive: NDArray[np.bool_],
    index: NDArray[np.intp],
    named: tuple[tuple[str, ...], ...],
) -> None:
    """Where not everything was read, everyone must still have two patients of each class."""
    if not np.isnan(values).any():
        return
    for r, t in np.argwhere(~np.isnan(values).all(axis=2)):
        read = ~np.isnan(values[r, t])
        for members in (positive, ~positive):
            if len(np.unique(index[read & members])) < 2:
                kind = _CLASS[bool(members[positive][0])]
                raise OneClassError(
                    f"reader '{named[0][r]}' under treatment '{named[1][t]}' read {kind} cases of one "
                    "patient only; how much they differ needs two of each class. Take the reader out."
                )


_CLASS = {True: "positive", False: "negative"}
