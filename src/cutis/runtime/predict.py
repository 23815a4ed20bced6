"""Predict any number of photos into one file, past unreadable ones and across interruptions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import CutisError, ImageError
from cutis.core.predictions import ANSWER
from cutis.core.predictions_writer import PredictionsWriter
from cutis.runtime.engine import Engine
from cutis.runtime.inputs import Inputs
from cutis.runtime.rows import rows_of


@dataclass(frozen=True)
class Outcome:
    """What became of the photos.

    Attributes:
        written: rows in the file.
        earlier: how many of them an interrupted run had left.
        unreadable: photos without a row, with the reason.
        made_grey: photos in colour that a model for grey ones saw as grey.
        passed: photos of this run that a gate let pass; None where the bundle is no gate.
    """

    written: int
    earlier: int
    unreadable: tuple[ImageError, ...]
    made_grey: int = 0
    passed: int | None = None


def predict(
    engine: Engine,
    inputs: Inputs,
    out: Path | str,
    *,
    source: str | None = None,
    restart: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Write one row per readable photo, in the order of the inputs.

    A run that was stopped goes on where it was when it is called again with the same bundle and photos.

    Args:
        engine: an opened bundle.
        inputs: from `gather`.
        out: ends in ``.csv`` or ``.parquet``.
        source: of the predictions; the bundle's name when None.
        restart: begin anew, whatever an earlier run left.
        progress: called with the number of photos just done.

    Raises:
        CutisError: not one photo could be read; nothing is written.
        OutputError: see `PredictionsWriter`.
    """
    source = source or engine.info.name
    rows = rows_of(engine)
    key = hashlib.sha256(json.dumps([engine.bundle.digest, source, inputs.digest]).encode()).hexdigest()
    unreadable: list[ImageError] = []
    made_grey = passed = 0
    with PredictionsWriter(
        out,
        tuple(engine.info.labels.told),
        group=inputs.group,
        key=key,
        restart=restart,
        answers=engine.info.labels.columns(ANSWER),
        words=rows.words,
        numbers=rows.numbers,
    ) as writer:
        earlier = len(writer.done)
        left = (
            [index for index, name in enumerate(inputs.ids) if name not in writer.done] if earlier else None
        )
        todo = range(len(inputs)) if left is None else left
        if progress and earlier:
            progress(earlier)
        stream = rows.stream(inputs.paths[index] for index in todo)
        for index, (_, answer) in zip(todo, stream, strict=True):
            if isinstance(answer, ImageError):
                unreadable.append(answer)
            else:
                name, group = inputs.ids[index], inputs.groups[index]
                writer.write(name, group, source, answer.answers, answer.numbers, words=answer.words)
                made_grey += answer.made_grey
                passed += answer.passed
            if progress:
                progress(1)
        written = len(inputs) - len(unreadable)
        if not written:
            raise CutisError(_nothing(unreadable))
    gated = passed if engine.info.passing else None
    return Outcome(written, earlier, tuple(unreadable), made_grey, gated)


def _nothing(unreadable: list[ImageError]) -> str:
    first = "\n".join(str(error) for error in unreadable[:20])
    return f"{first}\nNone of {len(unreadable)} photos could be read; nothing was written."
