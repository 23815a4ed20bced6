"""ONE table of who may do what. Routes name a permission; nothing else decides."""

from __future__ import annotations

from enum import StrEnum

from cutis.web.words import later


class Role(StrEnum):
    """What somebody is: of the installation, or of one study."""

    ADMINISTRATOR = "administrator"
    INVESTIGATOR = "investigator"
    CLINICIAN = "clinician"
    READER = "reader"
    PARTICIPANT = "participant"  # by link, without an account


# As people read them, where they are translated: ``_(role)``.
NAMES = {
    Role.ADMINISTRATOR: later("administrator"),
    Role.INVESTIGATOR: later("investigator"),
    Role.CLINICIAN: later("clinician"),
    Role.READER: later("reader"),
    Role.PARTICIPANT: later("participant"),
}
STUDY_ROLES = (Role.INVESTIGATOR, Role.CLINICIAN, Role.READER)


class Permission(StrEnum):
    """What a route needs; the value is how the documentation names it."""

    OPEN = "be anybody"
    SIGNED_IN = "be signed in"
    MANAGE_PEOPLE = "manage accounts"
    MAKE_STUDY = "make a study"
    SEE_AUDIT = "see the audit of the installation"
    ADD_MODELS = "add models"
    MANAGE_GATEWAY = "see and mend the gateway"
    SEE_STUDY = "see a study"
    SEE_MEMBERS = "see the members of a study"
    MANAGE_STUDY = "change a study, its sites and its members"
    SEE_PHOTOS = "see participants and photos"
    ADD_PHOTOS = "add participants and photos"
    EXPORT_STUDY = "export a study"
    SEE_STUDY_AUDIT = "see the audit of a study"
    SEE_MODELS = "see the models of a study"
    MANAGE_READINGS = "make and follow studies of readers"
    READ_CASES = "read the cases that one was given"
    TAKE_PART = "take part by link"


# An administrator sees no study and no photo without being its member: running the machine needs neither.
TABLE: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.MANAGE_PEOPLE,
            Permission.MAKE_STUDY,
            Permission.SEE_AUDIT,
            Permission.ADD_MODELS,
            Permission.MANAGE_GATEWAY,
        }
    ),
    Role.INVESTIGATOR: frozenset(
        {
            Permission.SEE_STUDY,
            Permission.SEE_MEMBERS,
            Permission.MANAGE_STUDY,
            Permission.SEE_PHOTOS,
            Permission.ADD_PHOTOS,
            Permission.EXPORT_STUDY,
            Permission.SEE_STUDY_AUDIT,
            Permission.MANAGE_READINGS,
            Permission.READ_CASES,
            Permission.SEE_MODELS,
        }
    ),
    Role.CLINICIAN: frozenset(
        {
            Permission.READ_CASES,
            Permission.SEE_STUDY,
            Permission.SEE_MEMBERS,
            Permission.SEE_PHOTOS,
            Permission.ADD_PHOTOS,
            Permission.SEE_MODELS,
        }
    ),
    Role.READER: frozenset({Permission.SEE_STUDY, Permission.READ_CASES}),
    Role.PARTICIPANT: frozenset({Permission.TAKE_PART}),
}
# What reaches all of a study: who is bound to some of its sites has none of these, whatever the role.
OF_EVERY_SITE = frozenset({Permission.MANAGE_STUDY, Permission.SEE_STUDY_AUDIT, Permission.MANAGE_READINGS})
OF_A_STUDY = frozenset(one for role in STUDY_ROLES for one in TABLE[role])
