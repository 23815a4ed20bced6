"""What the platform remembers: one noun per file, in SQLite or PostgreSQL."""

from cutis.web.database.analysis import Analysis
from cutis.web.database.answers import Answers
from cutis.web.database.audit_entry import AuditEntry, AuditHead
from cutis.web.database.bundle import StoredBundle
from cutis.web.database.case_shown import CaseShown
from cutis.web.database.clinical_facts import ClinicalFacts
from cutis.web.database.consent import Consent
from cutis.web.database.consent_text import ConsentText
from cutis.web.database.delivery import Delivery, Dispatch, PatientIdentity, PollBookmark
from cutis.web.database.engine import Database
from cutis.web.database.identity import Identity
from cutis.web.database.invitation import Invitation
from cutis.web.database.member import Member
from cutis.web.database.participant import Participant
from cutis.web.database.participant_link import ParticipantLink
from cutis.web.database.participant_session import ParticipantSession
from cutis.web.database.photo import Photo
from cutis.web.database.photo_label import PhotoLabel
from cutis.web.database.prevalence import Prevalence
from cutis.web.database.protocol_version import ProtocolVersion
from cutis.web.database.reader import Reader
from cutis.web.database.reader_study import ReaderStudy
from cutis.web.database.reading import Reading
from cutis.web.database.reading_case import ReadingCase
from cutis.web.database.reading_report import ReadingFile, ReadingReport
from cutis.web.database.row import Row
from cutis.web.database.second_factor import RecoveryCode, SecondFactor
from cutis.web.database.site import Site
from cutis.web.database.study import Study
from cutis.web.database.study_model import StudyModel
from cutis.web.database.token import Token
from cutis.web.database.user import User
from cutis.web.database.web_session import WebSession

__all__ = [
    "Analysis",
    "Answers",
    "AuditEntry",
    "AuditHead",
    "CaseShown",
    "ClinicalFacts",
    "Consent",
    "ConsentText",
    "Database",
    "Delivery",
    "Dispatch",
    "Identity",
    "Invitation",
    "Member",
    "Participant",
    "ParticipantLink",
    "ParticipantSession",
    "PatientIdentity",
    "Photo",
    "PhotoLabel",
    "PollBookmark",
    "Prevalence",
    "ProtocolVersion",
    "Reader",
    "ReaderStudy",
    "Reading",
    "ReadingCase",
    "ReadingFile",
    "ReadingReport",
    "RecoveryCode",
    "Row",
    "SecondFactor",
    "Site",
    "StoredBundle",
    "Study",
    "StudyModel",
    "Token",
    "User",
    "WebSession",
]
