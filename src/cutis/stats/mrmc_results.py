"""What an analysis of several readers and cases gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cutis.stats.mrmc_covariance import Components

Random = Literal["both", "cases", "readers"]
Interval = Literal["published", "bounded"]


@dataclass(frozen=True)
class OverallTest:
    """Are all treatments alike?

    Attributes:
        f: mean square of treatments over what it would be if they were.
        df_treatment: degrees of freedom above.
        df_error: degrees of freedom below; infinite where readers are fixed.
        p: chance of so large an f, or a larger one, if they were; 1 where nothing varies.
    """

    f: float
    df_treatment: float
    df_error: float
    p: float


@dataclass(frozen=True)
class TreatmentArea:
    """The readers' mean AUC (or other figure) under one treatment, from its readings alone.

    Attributes:
        treatment: name.
        value: mean AUC.
        standard_error: of the mean.
        df: degrees of freedom of the interval.
        low: lower end of the interval.
        high: upper end; not cut at 1 as published.
        readers: how many it is the mean of.
    """

    treatment: str
    value: float
    standard_error: float
    df: float
    low: float
    high: float
    readers: int


@dataclass(frozen=True)
class TreatmentDifference:
    """Mean AUC under the first treatment minus that under the second.

    Attributes:
        first: name.
        second: name.
        value: the difference.
        standard_error: of the difference; the same for all pairs.
        t: their ratio.
        df: degrees of freedom.
        p: two-sided, not corrected for the number of pairs (see `comparison.holm`); 1 where nothing varies.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    first: str
    second: str
    value: float
    standard_error: float
    t: float
    df: float
    p: float
    low: float
    high: float


@dataclass(frozen=True)
class Analysis:
    """One analysis of a study.

    Attributes:
        random: what the answer is meant for.
        confidence: of the two-sided intervals.
        test: of all treatments at once; None for a study of one.
        areas: one per treatment.
        differences: one per pair of treatments, in their order.
        components: what the AUCs vary by, the same in every analysis.
        compared: readers on whom the test and the differences rest.
        interval: how intervals were found.
    """

    random: Random
    confidence: float
    test: OverallTest | None
    areas: tuple[TreatmentArea, ...]
    differences: tuple[TreatmentDifference, ...]
    components: Components
    compared: tuple[str, ...]
    interval: Interval


@dataclass(frozen=True)
class NonInferiority:
    """Is the new treatment worse than the reference by less than a margin?

    Attributes:
        new: name.
        reference: name.
        margin: that was named before.
        value: mean figure under the new treatment minus that under the reference.
        low: lower end of the two-sided interval, which is the one-sided bound at half its error;
            not a number where nothing varies.
        p: one-sided, of a new treatment that is worse by the margin or more; 1 where nothing varies.
        shown: the bound lies above minus the margin.
    """

    new: str
    reference: str
    margin: float
    value: float
    low: float
    p: float
    shown: bool
