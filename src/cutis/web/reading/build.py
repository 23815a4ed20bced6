"""Make the reports of a closed study of readers from its tables, in a process of its own.

``python -m cutis.web.reading.build FOLDER``: the folder holds ``build.json`` and the tables; the reports are
written into its folder ``out``, and what is to be said of them into ``said.json``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from cutis.core.errors import CutisError


def build(folder: Path) -> dict[str, Any]:
    """The evidence report of `cutis evaluate`, and that of `cutis mrmc` where there is a rating.

    Args:
        folder: with ``predictions.csv``, ``truth.csv`` and, where there is one, ``readings.csv``.

    Returns:
        ``answer`` and ``notes``, for people.

    Raises:
        CutisError: the tables cannot be evaluated.
    """
    from cutis.evaluation.assessment import Draws
    from cutis.evaluation.evidence.report import write_evidence
    from cutis.evaluation.report import write_report

    asked = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    out = folder / "out"
    predictions = [folder / "predictions.csv"]
    report = write_report(
        predictions,
        folder / "truth.csv",
        out,
        target="truth",
        positive=asked["positive"] or None,
        draws=Draws(asked["draws"]),
    )
    written = write_evidence(report.measured, out, predictions=predictions)
    notes = [written.why_no_paper] if written.why_no_paper else []
    answer = report.answer
    if (folder / "readings.csv").is_file():
        try:
            answer = _readers(folder, out, threshold=asked["threshold"], draws=asked["draws"])
        except CutisError as error:  # the evidence report stands; what the other lacks is said
            notes.append(str(error).replace(str(folder), "").strip())
    return {"answer": answer, "notes": notes}


def _readers(folder: Path, out: Path, *, threshold: float | None, draws: int) -> str:
    from cutis.evaluation.reader_report import write_reader_report
    from cutis.evaluation.reader_results import Question
    from cutis.evaluation.reader_table import read_readings
    from cutis.pages.pdf import write_pdf
    from cutis.stats.mrmc import Interval

    readings = read_readings(folder / "readings.csv")
    few = len(readings.asked.readers) < 5
    interval: Interval = "bounded" if few else "published"
    question = Question(threshold=threshold, interval=interval, replicates=draws)
    told = write_reader_report(readings, out / "mrmc", question)
    (out / "mrmc.html").write_bytes(told.page.read_bytes())
    (out / "mrmc.json").write_bytes(told.data.read_bytes())
    write_pdf((out / "mrmc.html").read_text(encoding="utf-8"), out / "mrmc.pdf")
    return f"{told.answer} {told.second}".strip()


def main(folder: Path) -> int:
    """What the process does."""
    os.nice(5)  # pages come first
    try:
        told = build(folder)
    except CutisError as error:
        told = {"problem": str(error).replace(f"{folder}/", "")}
    (folder / "said.json").write_text(json.dumps(told), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
