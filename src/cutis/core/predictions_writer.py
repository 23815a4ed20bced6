"""Writes predictions row by row, so that a killed run goes on where it was; see `cutis.core.predictions`."""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from cutis.core.errors import OutputError
from cutis.core.files import replacing
from cutis.core.predictions import ANSWER, PREFIX

_FLUSH = 1.0  # seconds of work that a kill may cost


class PredictionsWriter:
    """Writes predictions row by row; the file appears when it is complete.

    Until then the rows stand in a journal beside the file. A later writer with the same key goes on from
    that journal, so that a killed run loses nothing. Use as a context manager.

    Args:
        path: ends in ``.csv`` or ``.parquet``.
        labels: label names with a probability, in order.
        group: name of the group column; ``image_id`` where each image stands for itself.
        key: says what the run is made of (model, images, options); a journal of another key is refused.
        restart: throw away any journal.
        answers: columns of what is answered; one per condition where there are several.
        words: further columns of text, before the probabilities.
        numbers: further columns of numbers, after them; they begin with ``p_`` or ``score_``.

    Raises:
        OutputError: another suffix, the folder cannot be written to, the disk is full, or an unfinished
            run with another key lies there.

    Attributes:
        done: ids of the images whose rows are already in the journal.
    """

    def __init__(
        self,
        path: Path | str,
        labels: Sequence[str],
        *,
        group: str = "image_id",
        key: str,
        restart: bool = False,
        answers: Sequence[str] = (ANSWER,),
        words: Sequence[str] = (),
        numbers: Sequence[str] = (),
    ) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() not in (".csv", ".parquet"):
            raise OutputError(f"{self.path}: predictions are a .csv or a .parquet file. Choose such a name.")
        self.journal = self.path.with_name(f".{self.path.name}.journal")
        self.done: set[str] = set()
        own = () if group == "image_id" else (group,)
        scores = (*(PREFIX + label for label in labels), *numbers)
        self._columns = ("image_id", *own, "source", "kind", *answers, *words, *scores)
        self._first = "# " + json.dumps({"key": key}) + "\n"
        self._scores, self._grouped, self._restart = scores, bool(own), restart
        self._handle: TextIOWrapper | None = None
        self._flushed = 0.0
        self._empty = True

    def __enter__(self) -> PredictionsWriter:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with (
                replacing(self.journal) as scratch,
                scratch.open("w", encoding="utf-8", newline="") as handle,
            ):
                handle.write(self._first)
                rows = csv.writer(handle, lineterminator="\n")
                rows.writerow(self._columns)
                if self.journal.exists() and not self._restart:
                    for row in self._earlier_rows():
                        rows.writerow(row)
                        self.done.add(row[0])
            self._handle = self.journal.open("a", encoding="utf-8", newline="")
        except OSError as error:
            raise self._failed(error) from error
        self._writer = csv.writer(self._handle, lineterminator="\n")
        return self

    def write(
        self,
        image_id: str,
        group: str,
        source: str,
        prediction: str | Sequence[str],
        probabilities: Sequence[float | None],
        *,
        kind: str = "model",
        words: Sequence[str] = (),
    ) -> None:
        """Add one row.

        Args:
            image_id: of the image.
            group: its patient or lesion; ignored where each image stands for itself.
            source: who says so.
            prediction: label name, or several joined by ``;``; or one per column of answers.
            probabilities: (labels + numbers,) 0 to 1; of the further numbers, None is not known.
            kind: ``model`` or ``reader``.
            words: of the further columns of text.

        Raises:
            OutputError: the disk is full; the rows so far are kept for the next run.
        """
        assert self._handle is not None
        own = (group,) if self._grouped else ()
        said = (prediction,) if isinstance(prediction, str) else prediction
        try:
            self._empty = False
            self._writer.writerow((image_id, *own, source, kind, *said, *words, *map(_number, probabilities)))
            if time.monotonic() - self._flushed > _FLUSH:
                self._handle.flush()
                self._flushed = time.monotonic()
        except OSError as error:
            raise self._failed(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._handle is not None
        try:
            self._handle.close()
            if kind is None:
                self._finish()
            elif self._empty and not self.done:
                self.journal.unlink()
        except OSError as problem:
            if kind is None:
                raise self._failed(problem) from problem

    def _finish(self) -> None:
        with replacing(self.path) as scratch:
            if self.path.suffix.lower() == ".parquet":
                import polars as pl

                text = {name: pl.String for name in self._columns if name not in self._scores}
                number = dict.fromkeys(self._scores, pl.Float64)
                rows = pl.scan_csv(self.journal, skip_rows=1, schema={**text, **number}, comment_prefix=None)
                rows.sink_parquet(scratch)
            else:
                with self.journal.open("rb") as rows_in, scratch.open("wb") as rows_out:
                    rows_in.readline()
                    shutil.copyfileobj(rows_in, rows_out)
        self.journal.unlink()

    def _earlier_rows(self) -> Iterator[list[str]]:
        """The complete rows of the journal; a kill may have torn the last one."""
        torn = not _ends_with_newline(self.journal)
        with self.journal.open(encoding="utf-8", errors="replace", newline="") as handle:
            ours = handle.readline() == self._first and next(csv.reader(handle), []) == list(self._columns)
            rows = csv.reader(handle)
            row = next(rows, None)
            if row is not None and not ours:
                raise OutputError(
                    f"{self.path}: an unfinished run of another model, other images or other options lies "
                    f"beside it ({self.journal.name}). Finish that one first, or start anew with --restart."
                )
            while row is not None:
                following = next(rows, None)
                if len(row) == len(self._columns) and not (torn and following is None):
                    yield row
                row = following

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.path}: could not be written ({error.strerror or error}). The rows so far are kept beside "
            "it: make room, give the same command again, and it goes on from there."
        )


def _number(value: float | None) -> str:
    return "" if value is None else format(value, ".7g")


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as handle:
        handle.seek(-1, 2)
        return handle.read() == b"\n"
