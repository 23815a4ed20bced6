"""New versions of protocols and consent texts; earlier ones stay as they are."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from cutis.web.database import ConsentText, ProtocolVersion
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.studies import arms
from cutis.web.studies.consent import LANGUAGES, LONGEST, texts_now
from cutis.web.studies.protocol import Protocol, latest, protocol_of
from cutis.web.words import _


class StaleError(RefusedError):
    """Somebody else saved a version since this one was begun.

    Args:
        number: of the newest version.
    """

    def __init__(self, number: int) -> None:
        words = _(
            "Somebody saved version %(n)s since you opened this form. Nothing of yours is lost: it stands "
            "below. Compare it with that version, then save yours as the next one, or go back."
        )
        super().__init__(409, words % {"n": number}, title=_("There is a newer version"))
        self.number = number


def save_protocol(
    held: Platform, access: Access, protocol: Protocol, based_on: int
) -> ProtocolVersion | None:
    """Add a version of the protocol.

    Args:
        held: the platform.
        access: who saves, and for which study.
        protocol: checked.
        based_on: number of the version that was changed; 0 is the default one.

    Returns:
        None where nothing differs from the version that counts.

    Raises:
        StaleError: the version that counts is another one.
        RefusedError: arms would change after chance has assigned somebody.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        newest = latest(session, access.study)
        number = newest.number if newest else 0
        if number != based_on:
            raise StaleError(number)
        before = protocol_of(session, access.study)
        if before == protocol:
            return None
        assigned = arms.drawn(session, access.study)
        ways = [[(one.key, one.weight) for one in each.arms] for each in (before, protocol)]
        if assigned and ways[0] != ways[1]:
            raise RefusedError(
                409,
                _(
                    "Chance has assigned participants already: arms can be renamed, but not added, removed, "
                    "moved or weighted anew. Undo that, or make a new study."
                ),
                title=_("Arms cannot change now"),
            )
        made = ProtocolVersion(
            study_id=access.study, number=number + 1, document=protocol.document(), made_by=access.user
        )
        session.add(made)
        session.flush()
        held.audit.add(
            session,
            "protocol.changed",
            who=access.who,
            study=access.study,
            subject=made.id,
            version=made.number,
            on_withdrawal=protocol.on_withdrawal,
        )
    return made


def save_texts(held: Platform, access: Access, texts: Mapping[str, str], based_on: int) -> list[ConsentText]:
    """Add a version of the consent text, in all its languages at once.

    Args:
        held: the platform.
        access: who saves, and for which study.
        texts: by language; languages with an empty text are not offered.
        based_on: number of the version that was changed; 0 where there was none.

    Returns:
        Empty where nothing differs from the version that counts.

    Raises:
        StaleError: the version that counts is another one.
        RefusedError: no text, one that is too long, or an unknown language.
    """
    written = {name: text.replace("\r\n", "\n").strip() for name, text in texts.items()}
    written = {name: text for name, text in written.items() if text}
    if not written:
        raise RefusedError(422, _("There is no text. Write it in one language at least."))
    for name, text in written.items():
        if name not in LANGUAGES:
            raise RefusedError(422, _("The language is one of %(all)s.") % {"all": ", ".join(LANGUAGES)})
        if len(text) > LONGEST:
            words = _("The text in %(language)s has %(n)s characters, more than %(most)s. Shorten it.")
            raise RefusedError(422, words % {"language": LANGUAGES[name], "n": len(text), "most": LONGEST})
        if any(not sign.isprintable() and sign not in "\n\t" for sign in text):
            words = _("The text in %(language)s has characters that cannot be shown. Type them anew.")
            raise RefusedError(422, words % {"language": LANGUAGES[name]})
    with held.database.writing() as session:
        held.audit.lock(session)
        chosen = select(func.max(ConsentText.number)).where(ConsentText.study_id == access.study)
        number = session.scalar(chosen) or 0
        if number != based_on:
            raise StaleError(number)
        if {one.language: one.text for one in texts_now(session, access.study)} == written:
            return []
        made = [
            ConsentText(
                study_id=access.study, number=number + 1, language=name, text=text, made_by=access.user
            )
            for name, text in written.items()
        ]
        session.add_all(made)
        session.flush()
        held.audit.add(
            session,
            "consent.text_changed",
            who=access.who,
            study=access.study,
            version=number + 1,
            languages=", ".join(sorted(written)),
        )
    return made
