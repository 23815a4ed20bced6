"""A second thing to show at sign-in: the code of an app (TOTP), or one of the codes kept for its loss.

Codes are those of RFC 6238: 6 digits, 30 seconds, SHA-1, as every app makes them. One from half a minute ago
or to come is taken, for clocks that are a little off; none is taken twice.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cutis.web.database import RecoveryCode, SecondFactor, User
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.secret import same, seal
from cutis.web.words import _

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

STEP = 30  # seconds
_AROUND = 1  # steps before and after that are taken
_APART = 40  # steps in which a clock that is off is recognised, when the app is set up
CODES = 10
_SIGNS = "abcdefghjkmnpqrstvwxyz23456789"  # none that is taken for another


def has(session: Session, user: str) -> bool:
    """Somebody has to show a second thing."""
    chosen = select(SecondFactor.user_id).where(
        SecondFactor.user_id == user, SecondFactor.confirmed.is_not(None)
    )
    return session.scalar(chosen) is not None


def begin(session: Session, secret: bytes, user: User) -> str:
    """A new shared secret, which counts for nothing until it is confirmed.

    Returns:
        It, in base 32.

    Raises:
        RefusedError: somebody has one already.
    """
    import pyotp

    if has(session, user.id):
        raise RefusedError(409, _("You have a second step already. End it first."))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))
    shared = pyotp.random_base32()
    session.add(SecondFactor(user_id=user.id, sealed=_box(secret).encrypt(shared.encode()).decode()))
    return shared


def begun(session: Session, secret: bytes, user: str) -> str:
    """The shared secret that waits to be confirmed.

    Raises:
        RefusedError: there is none.
    """
    kept = session.get(SecondFactor, user)
    if kept is None or kept.confirmed is not None:
        raise RefusedError(409, _("Begin anew: set up the second step on the page of your account."))
    return _shared(secret, kept)


def address(shared: str, login: str) -> str:
    """What an app reads from the picture."""
    import pyotp

    return str(pyotp.TOTP(shared).provisioning_uri(name=login, issuer_name="cutis"))


def picture(shared: str, login: str) -> str:
    """The QR code, an SVG of its own colours: apps need dark on light."""
    import segno

    made: str = segno.make(address(shared, login), error="m").svg_inline(
        scale=5, dark="#000", light="#fff", title="QR code"
    )
    return made


def confirm(session: Session, secret: bytes, user: str, code: str) -> list[str]:
    """The app shows the right code: from now on it is asked for.

    Returns:
        Codes for the loss of the app, which stand nowhere else.

    Raises:
        RefusedError: the code is not right, or the app's clock is off; how far is said.
    """
    kept = session.get(SecondFactor, user)
    shared = begun(session, secret, user)
    assert kept is not None
    step = _step(shared, code, _AROUND)
    if step is None:
        off = _step(shared, code, _APART)
        if off is None:
            raise RefusedError(422, _("The code is not right. Type the newest one that the app shows."))
        minutes = (off - _now()) * STEP / 60
        words = (
            _("The code is right for a clock that is %(n).0f min ahead of this server's.")
            if minutes > 0
            else _("The code is right for a clock that is %(n).0f min behind this server's.")
        )
        mend = _("Let the phone set its time by itself, then type a new code. It is %(time)s UTC here.")
        raise RefusedError(422, f"{words % {'n': abs(minutes)}} {mend % {'time': f'{now():%H:%M:%S}'}}")
    kept.confirmed, kept.last_step = now(), step
    return new_codes(session, secret, user)


def new_codes(session: Session, secret: bytes, user: str) -> list[str]:
    """New codes for the loss of the app; earlier ones are good no longer."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user))
    codes = [
        "-".join("".join(secrets.choice(_SIGNS) for _n in range(5)) for _m in range(2)) for _k in range(CODES)
    ]
    session.add_all(RecoveryCode(user_id=user, digest=_of_code(secret, user, code)) for code in codes)
    return codes


def codes_left(session: Session, user: str) -> int:
    """How many codes for the loss of the app are still good."""
    chosen = select(RecoveryCode.id).where(RecoveryCode.user_id == user, RecoveryCode.used.is_(None))
    return len(session.scalars(chosen).all())


def use(session: Session, secret: bytes, user: str, code: str) -> str:
    """Take a code at sign-in.

    Returns:
        ``app`` or ``recovery``.

    Raises:
        RefusedError: it is not right, or was used before.
    """
    kept = session.get(SecondFactor, user, with_for_update=True)
    if kept is None or kept.confirmed is None:
        raise RefusedError(409, _("Begin anew: sign in with your password."))
    typed = code.strip().lower().replace(" ", "")
    if typed.isdecimal():
        step = _step(_shared(secret, kept), typed, _AROUND)
        if step is not None and step > kept.last_step:
            kept.last_step = step
            return "app"
        if step is not None:
            raise RefusedError(422, _("This code was used already. Wait for the next one."))
    else:
        used = session.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.user_id == user,
                RecoveryCode.digest == _of_code(secret, user, typed),
                RecoveryCode.used.is_(None),
            )
            .values(used=now())
            .returning(RecoveryCode.id)
        )
        if used.first() is not None:
            return "recovery"
    raise RefusedError(
        422,
        _(
            "The code is not right. Type the newest one; if it is, the phone's clock may be off: it is "
            "%(time)s UTC here."
        )
        % {"time": f"{now():%H:%M}"},
    )


def end(session: Session, user: str) -> bool:
    """No second thing is asked for any more.

    Returns:
        Whether one was.
    """
    was = has(session, user)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user))
    return was


def _now() -> int:
    return int(time.time()) // STEP


def _step(shared: str, code: str, around: int) -> int | None:
    """The time step of which a code is, the nearest first; None where it is of none."""
    import pyotp

    typed, app, at = code.strip().replace(" ", ""), pyotp.TOTP(shared), _now()
    if not (typed.isdecimal() and len(typed) == 6):
        return None
    steps = sorted(range(at - around, at + around + 1), key=lambda step: abs(step - at))
    return next((step for step in steps if same(app.at(step * STEP), typed)), None)


def _shared(secret: bytes, kept: SecondFactor) -> str:
    return _box(secret).decrypt(kept.sealed.encode()).decode()


def _box(secret: bytes) -> Fernet:
    """What is shared with an app is of no use to somebody who has the database alone."""
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor\n" + secret).digest()))


def _of_code(secret: bytes, user: str, code: str) -> str:
    return seal(secret, "recovery code", f"{user}\n{code}")
