"""What goes wrong between cutis and a medical record.

    CutisError
    ├── FhirError             a resource or value that cannot be said, or cannot be understood
    ├── WrongPatientError     parts of a result that belong to different patients; nothing is written
    ├── RecordError           the record's server refused, and asking again would not help
    ├── RecordAwayError       the record's server answered too late, wrongly or never; ask again later
    └── NotAuthorisedError    no valid permission, and none could be had

No text of an error holds a patient's name, identifier or a token.
"""

from __future__ import annotations

from cutis.core.errors import CutisError


class FhirError(CutisError):
    """A resource that cannot be understood, or a value that FHIR cannot carry."""


class WrongPatientError(CutisError):
    """Parts of a result belong to different patients, or to nobody. Nothing is written."""


class RecordError(CutisError):
    """The record's server refused a request; the same request would be refused again.

    Args:
        message: what the user reads.
        status: of HTTP.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(message)


class RecordAwayError(CutisError):
    """The record's server answered too late, wrongly or never. The same request may do well later."""


class NotAuthorisedError(CutisError):
    """There is no valid permission for what was asked, and none could be had."""
