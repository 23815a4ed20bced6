"""A study as one zip: photos, tables as CSV and Parquet, what each column is, and files for REDCap."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from sqlalchemy import select

from cutis.web.database import ConsentText, Study
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.studies.redcap import redcap_files
from cutis.web.studies.tables import Tables, tables_of

_README = """# {name}

Exported from cutis. Participants are named by pseudonyms only; signatures are not exported, and of who
withdrew nothing is but that they did.

| file | what it is |
| :-- | :-- |
| `manifest.csv` | one line for each photo, for `cutis data check` and `cutis studies import` |
| `images/` | the photos{images} |
| `predictions/TASK.csv` | what models answered; a new version of a model is a source beside the old one |
| `measures.csv` | numbers that can be followed over visits, one line each |
| `facts.csv`, `scores.csv` | clinical facts that were entered beside answers, and the scores made from them |
| `participants.csv`, `answers.csv`, `consents.csv` | who takes part, what was answered, what was signed |
| `data_dictionary.csv` | what each column and each question is |
| `study.json` | every version of the protocol and of the consent texts |
| `redcap/` | for REDCap; how to import them is in `redcap/README.md` |

Each table is there as Parquet too. Add the truth to the manifest as a column, and judge the models with
`cutis evaluate predictions/TASK.csv --truth manifest.csv --target COLUMN --out REPORT`.
"""
_REDCAP = """# For REDCap

1. Make a project, and switch on longitudinal data collection.
2. Data dictionary: upload `data_dictionary.csv` (this replaces the project's fields).
3. Define My Events: upload `events.csv`, then under Designate Instruments `instruments.csv`.
4. Repeating instruments: let `photos` repeat in every event.
5. Data import tool: import `data.csv` (dates as YYYY-MM-DD).

A record is a participant, an event is a visit, an instrument is a questionnaire; each photo is an instance of
`photos`. Choices have numbers, in the order of the protocol.
"""


def export(held: Platform, access: Access, place: Path, *, images: bool = True) -> None:
    """Write a study's zip, and the line of the audit that says so.

    Args:
        held: the platform.
        access: who exports, and which study.
        place: of the zip; made anew.
        images: with the photos themselves.
    """
    with held.database.reading() as session:
        study = session.get_one(Study, access.study)
        tables = tables_of(session, study)
        texts = session.scalars(
            select(ConsentText)
            .where(ConsentText.study_id == study.id)
            .order_by(ConsentText.number, ConsentText.language)
        ).all()
    with held.database.writing() as session:
        held.audit.add(
            session,
            "study.exported",
            who=access.who,
            study=access.study,
            subject=access.study,
            photos=len(tables.photos),
            images=images,
        )
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        _write_tables(archive, tables)
        archive.writestr("study.json", _study(tables, texts))
        archive.writestr(
            "README.md",
            _README.format(name=study.name, images="" if images else "; not in this export"),
        )
        for name, content in redcap_files(tables).items():
            archive.writestr(f"redcap/{name}", content)
        archive.writestr("redcap/README.md", _REDCAP)
        for photo in tables.photos if images else ():
            # Who withdraws while this is written has no file any more.
            try:
                pixels = held.store.photo(photo.digest, photo.kind).read_bytes()
            except FileNotFoundError:
                continue
            archive.writestr(
                zipfile.ZipInfo(f"images/{photo.id}.{photo.kind}"), pixels, compress_type=zipfile.ZIP_STORED
            )


def _write_tables(archive: zipfile.ZipFile, tables: Tables) -> None:
    named: dict[str, pl.DataFrame] = {
        "manifest": tables.manifest,
        "participants": tables.participants,
        "answers": tables.answers,
        "consents": tables.consents,
        "measures": tables.measures,
        "facts": tables.facts,
        "scores": tables.scores,
        "data_dictionary": tables.dictionary,
        **{f"predictions/{name}": table for name, table in tables.predictions.items()},
    }
    for name, table in named.items():
        archive.writestr(f"{name}.csv", table.write_csv())
        parquet = io.BytesIO()
        table.write_parquet(parquet)
        archive.writestr(f"{name}.parquet", parquet.getvalue())


def _study(tables: Tables, texts: Sequence[ConsentText]) -> str:
    made = {
        "format": 1,
        "name": tables.study.name,
        "about": tables.study.about,
        "keeps_capture_time": tables.study.keeps_capture_time,
        "protocols": [
            {"number": number, "document": protocol.document()}
            for number, protocol in reversed(tables.protocols)
            if number
        ],
        "consent_texts": [
            {"number": one.number, "language": one.language, "text": one.text} for one in texts
        ],
    }
    return json.dumps(made, ensure_ascii=False, indent=1)
