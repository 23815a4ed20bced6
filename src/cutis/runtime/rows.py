"""What each answer becomes in a table of predictions: a model's, or a gate's, which says more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from cutis.core.bundle_info import GOOD
from cutis.core.errors import ImageError
from cutis.core.predictions import GATE, PREFIX, REASON, SCORE
from cutis.runtime.engine import Engine, P, Result
from cutis.runtime.gate import Gate, Verdict


@dataclass(frozen=True)
class Row:
    """One photo's cells.

    Attributes:
        answers: one per question.
        numbers: probabilities of the labels, then of the further columns.
        words: of the further columns of text.
        made_grey: see `Result`.
        passed: a gate let the photo pass.
    """

    answers: tuple[str, ...]
    numbers: tuple[float | None, ...]
    words: tuple[str, ...]
    made_grey: bool
    passed: bool = False


class Rows(Protocol):
    """Answers as rows.

    Attributes:
        words, numbers: names of the columns beside the labels' probabilities.
    """

    words: tuple[str, ...]
    numbers: tuple[str, ...]

    def stream(self, photos: Iterable[P]) -> Iterator[tuple[P, Row | ImageError]]:
        """Answer for any number of photos, in their order."""


def rows_of(engine: Engine) -> Rows:
    """How this bundle's answers are written.

    Raises:
        BundleError: see `Gate`.
    """
    return _Gated(engine) if engine.info.passing else _Plain(engine)


class _Plain:
    words: tuple[str, ...] = ()

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.numbers: tuple[str, ...] = tuple(SCORE + name for name in engine.info.labels.scores)

    def stream(self, photos: Iterable[P]) -> Iterator[tuple[P, Row | ImageError]]:
        for photo, said in self._engine.stream(photos):
            yield photo, said if isinstance(said, ImageError) else _row(said)


class _Gated:
    words: tuple[str, ...] = GATE

    def __init__(self, engine: Engine) -> None:
        self._gate = Gate(engine)
        findings = engine.info.findings
        self._findings = findings.names if findings else ()
        self.numbers: tuple[str, ...] = (
            PREFIX + GOOD,
            f"{PREFIX}{GOOD}_region",
            *(REASON + name for name in self._findings),
        )

    def stream(self, photos: Iterable[P]) -> Iterator[tuple[P, Row | ImageError]]:
        for photo, said in self._gate.stream(photos):
            yield photo, said if isinstance(said, ImageError) else self._row(said)

    def _row(self, verdict: Verdict) -> Row:
        plain = _row(verdict.whole)
        found = (verdict.whole.findings[name] for name in self._findings)
        numbers = (*plain.numbers, verdict.good, verdict.good_region, *found)
        words = (verdict.whole.label, verdict.reason, "yes" if verdict.passed else "no")
        return Row(plain.answers, numbers, words, plain.made_grey, verdict.passed)


def _row(result: Result) -> Row:
    answers = tuple(result.grades.values()) or (result.label,)
    numbers = (*result.probabilities.values(), *result.expected.values())
    return Row(answers, numbers, (), result.made_grey)
