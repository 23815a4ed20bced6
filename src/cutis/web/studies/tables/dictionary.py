"""What each column of a study's tables is, and each question: one line for each."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cutis.web.studies.facts_tables import FACTS, SCORES
from cutis.web.studies.protocol import Protocol, Question, plain
from cutis.web.studies.tables.columns import MEASURED, PEOPLE, PHOTOS, SAID, SIGNED

Table = pl.DataFrame


def questions_of(protocols: Sequence[tuple[int, Protocol]]) -> dict[tuple[str, str], Question]:
    """Every question of any version, by questionnaire and question; the newest wording, choices of all."""
    found: dict[tuple[str, str], Question] = {}
    for _number, protocol in protocols:
        for form in protocol.questionnaires:
            for question in form.questions:
                before = found.get((form.key, question.key))
                if before is None:
                    found[form.key, question.key] = question
                elif before.choices:
                    more = [one for one in question.choices if one not in before.choices]
                    found[form.key, question.key] = before.model_copy(
                        update={"choices": (*before.choices, *more)}
                    )
    return found


def dictionary_of(
    tables: dict[str, Table], predictions: dict[str, Table], protocols: Sequence[tuple[int, Protocol]]
) -> Table:
    """One line for each column of each table, and one for each question."""
    words = {
        "manifest": PHOTOS,
        "participants": PEOPLE,
        "answers": SAID,
        "consents": SIGNED,
        "measures": MEASURED,
        "facts": FACTS,
        "scores": SCORES,
    }
    lines: list[dict[str, str | None]] = [
        {"table": name, "column": column, "kind": _kind(tables[name], column), "title": title}
        for name, columns in words.items()
        for column, title in columns.items()
    ]
    for name, table in predictions.items():
        lines += [
            {
                "table": f"predictions/{name}",
                "column": column,
                "kind": _kind(table, column),
                "title": _of_predictions(column),
            }
            for column in table.columns
        ]
    for (form, key), question in questions_of(protocols).items():
        ends = question.ends if question.kind == "scale" else (question.least, question.most)
        lines.append(
            {
                "table": "answers",
                "column": f"{form}.{key}",
                "kind": question.kind,
                "title": question.text,
                "choices": ";".join(question.choices) or None,
                "unit": question.unit or None,
                "least": plain(ends[0]) or None,
                "most": plain(ends[1]) or None,
                "needed": "yes" if question.needed else "no",
            }
        )
    columns = ("table", "column", "kind", "title", "choices", "unit", "least", "most", "needed")
    return pl.DataFrame(lines, schema=dict.fromkeys(columns, pl.String), orient="row")


def _kind(table: Table, column: str) -> str:
    kind = table.schema[column]
    return "whole number" if kind == pl.Int64 else "number" if kind == pl.Float64 else "text"


def _of_predictions(column: str) -> str:
    known = {
        "image_id": PHOTOS["image_id"],
        "patient_id": PHOTOS["patient_id"],
        "source": "name and version of the model",
        "kind": "model",
        "prediction": "the answer",
        "grade": "of the photo's quality",
        "reason": "why the photo is not good enough",
        "passed": "the quality gate let the photo pass",
        "p_good": "probability that the photo is good enough",
        "p_good_region": "the same, of the region of interest; empty where it was not looked at",
    }
    if column.startswith("p_reason_"):
        return f"probability of this reason: {column.removeprefix('p_reason_').replace('_', ' ')}"
    return known.get(column) or f"probability of {column.removeprefix('p_')}"
