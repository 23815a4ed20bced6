"""Columns of a study's tables, each in words, and tables that have just these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

PHOTOS = {
    "image": "the photo's file, as seen from this table",
    "image_id": "identity of the photo",
    "patient_id": "pseudonym of the participant",
    "site": "where the participant is seen",
    "visit": "key of the protocol's visit; empty outside of it",
    "view": "key of the protocol's view; empty outside of it",
    "taken": "when, by the camera's clock, where the study keeps it",
    "added": "when it arrived, UTC",
    "added_by": "member: at the clinic; participant: by link",
    "width": "pixels",
    "height": "pixels",
    "sha256": "of the file",
}
PEOPLE = {
    "patient_id": "pseudonym of the participant",
    "site": "where the participant is seen",
    "enrolled": "the day from which visits are counted",
    "arm": "key of the arm that chance gave",
    "state": "enrolled, completed or withdrawn",
    "eligibility": "key=yes or key=no of each criterion, as answered at enrolment",
}
SAID = {
    "patient_id": "pseudonym of the participant",
    "visit": "key of the visit",
    "questionnaire": "key of the questionnaire",
    "question": "key of the question",
    "value": "the answer; several choices are joined by ;",
    "protocol": "version of the protocol that was answered",
    "answered": "when, UTC; of several of one visit the latest counts",
    "counts": "yes for the answers that count",
    "key": "the sender's own name of these answers",
}
SIGNED = {
    "patient_id": "pseudonym of the participant",
    "version": "of the consent text",
    "language": "of the text that was signed",
    "signed": "when, UTC",
    "signed_by_clock": "when, as the device said",
    "kind": "drawn on the screen, or on paper; signatures are not exported",
    "withdrawn": "when, UTC",
}
MEASURED = {
    "image_id": "identity of the photo",
    "patient_id": "pseudonym of the participant",
    "visit": "key of the visit",
    "view": "key of the view",
    "source": "name and version of the model",
    "measure": "what is measured",
    "title": "in words",
    "value": "the number; shares are from 0 to 1",
}
_WHOLE = ("width", "height", "version", "protocol", "low", "high", "published")


def table(columns: dict[str, str], rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """A table of these columns, whole numbers as such, all else as text but for what was measured."""
    kinds: dict[str, Any] = {
        name: pl.Float64 if name == "value" and "measure" in columns else pl.String for name in columns
    }
    kinds.update({name: pl.Int64 for name in _WHOLE if name in columns})
    return pl.DataFrame(list(rows), schema=kinds, orient="row")
