"""What is asked of a study of several readers, and all that is found in it: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cutis.evaluation.reader_table import Readings
from cutis.stats.comparison import Difference
from cutis.stats.discrimination import Roc
from cutis.stats.intervals import Estimate
from cutis.stats.mrmc import Analysis, Figure, Interval, Method, NonInferiority, Random, ReaderAreas
from cutis.stats.mrmc_curves import AverageCurve
from cutis.stats.mrmc_points import AgainstReader, ReaderPoint


@dataclass(frozen=True)
class Question:
    """What is asked of a study.

    Attributes:
        method: how covariances over cases are found.
        interval: see `mrmc.analyse`.
        confidence: of the two-sided intervals.
        threshold: a case is called positive at this rating or above; None where readers gave ratings only.
            Where they gave two, the larger is the threshold.
        margin: of non-inferiority; None where none is asked.
        reference: treatment that others are compared with; None for the first.
        replicates: draws of patients.
        seed: of the draws.
    """

    method: Method = "delong"
    interval: Interval = "published"
    confidence: float = 0.95
    threshold: float | None = None
    margin: float | None = None
    reference: str | None = None
    replicates: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class ReaderRow:
    """One reader under one treatment, this reader as he or she is.

    Attributes:
        reader: name.
        treatment: name.
        estimate: with its interval over cases.
        standard_error: over cases.
        cases: read.
    """

    reader: str
    treatment: str
    estimate: Estimate
    standard_error: float
    cases: int


@dataclass(frozen=True)
class ReaderPair:
    """One reader's figures under two treatments, first minus second, over other cases."""

    reader: str
    first: str
    second: str
    difference: Difference


@dataclass(frozen=True, eq=False)
class FigureResults:
    """All of one figure of merit.

    Attributes:
        figure: which.
        areas: figures and covariances.
        readers: one per reader and treatment.
        pairs: one per reader and pair of treatments that the reader read under.
        analyses: by what is drawn at random.
        refused: why an analysis cannot be had, by what would be drawn.
        non_inferiority: one per treatment but the reference, of the main analysis.
    """

    figure: Figure
    areas: ReaderAreas
    readers: tuple[ReaderRow, ...]
    pairs: tuple[ReaderPair, ...]
    analyses: Mapping[Random, Analysis]
    refused: Mapping[Random, str]
    non_inferiority: tuple[NonInferiority, ...]

    @property
    def main(self) -> Analysis:
        """The analysis that the answer is taken from: readers and cases random if it can be had."""
        return self.analyses.get("both") or self.analyses["cases"]


@dataclass(frozen=True, eq=False)
class ModelResults:
    """A model beside the readers of one treatment.

    Attributes:
        treatment: of the readers.
        figure: readers (first) and model (second), by AUC.
        curve: the model's ROC curve.
        against: each reader's operating point; empty where there are none.
    """

    treatment: str
    figure: FigureResults
    curve: Roc
    against: tuple[AgainstReader, ...]


@dataclass(frozen=True, eq=False)
class ReaderResults:
    """A study with all that was asked of it.

    Attributes:
        readings: the table.
        question: what was asked.
        threshold: that was used; None where there are no decisions.
        figures: AUC first, then sensitivity and specificity where there are decisions.
        points: each reader's operating point; empty where there are none.
        curves: each reader's ROC curve, by treatment and reader.
        averages: the readers' mean curve with its band, by treatment.
        models: one per treatment that the model has scores for.
    """

    readings: Readings
    question: Question
    threshold: float | None
    figures: tuple[FigureResults, ...]
    points: tuple[ReaderPoint, ...]
    curves: Mapping[str, Mapping[str, Roc]]
    averages: Mapping[str, AverageCurve]
    models: tuple[ModelResults, ...] = field(default=())

    @property
    def auc(self) -> FigureResults:
        """The main figure."""
        return self.figures[0]
