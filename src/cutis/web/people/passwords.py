"""Passwords, kept as argon2 hashes."""

from __future__ import annotations

from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cutis.web.errors import RefusedError
from cutis.web.words import _

SHORTEST = 12
LONGEST = 200
_HASHER = PasswordHasher()  # argon2id, 64 MiB, as RFC 9106 advises for servers
_AT_ONCE = BoundedSemaphore(2)  # more at a time would let strangers fill the memory


def hashed(password: str, login: str) -> str:
    """The hash of a new password.

    Raises:
        RefusedError: too short, too long, or easily guessed from the name.
    """
    if len(password) < SHORTEST:
        words = _("The password has %(count)d characters. Choose one of at least %(least)d.")
        raise RefusedError(422, words % {"count": len(password), "least": SHORTEST})
    if len(password) > LONGEST:
        words = _("The password has more than %(most)d characters. Choose a shorter one.")
        raise RefusedError(422, words % {"most": LONGEST})
    if len(set(password)) < 5 or (login and login.casefold() in password.casefold()):
        raise RefusedError(
            422, _("The password is easily guessed. Choose several words that do not belong together.")
        )
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """The password is the one that was hashed; what is no hash takes as long as any, and never fits."""
    known = kept if kept and kept.startswith("$argon2") else None
    with _AT_ONCE:
        try:
            return _HASHER.verify(known or _nobodys(), password[: LONGEST + 1]) and known is not None
        except (VerificationError, InvalidHashError):
            return False


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
