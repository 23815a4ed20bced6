"""Between two steps of a sign-in: a cookie that only this server can make, and that is soon too old."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response

from cutis.web.errors import RefusedError
from cutis.web.words import _

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

MINUTES = 10


def put(response: Response, secret: bytes, name: str, value: dict[str, Any], *, encrypted: bool) -> None:
    """Give the browser something to bring back.

    Args:
        response: that carries it.
        secret: of the installation.
        name: of the cookie.
        value: plain data; encrypted, so that nobody reads or changes it.
        encrypted: people come by https.
    """
    sealed = _box(secret, name).encrypt(json.dumps(value).encode()).decode()
    response.set_cookie(
        name, sealed, max_age=60 * MINUTES, httponly=True, samesite="lax", secure=encrypted, path="/sign-in"
    )


def take(request: Request, secret: bytes, name: str) -> dict[str, Any]:
    """What the browser brings back.

    Raises:
        RefusedError: nothing, something else, or it is too old.
    """
    from cryptography.fernet import InvalidToken

    try:
        data = _box(secret, name).decrypt(request.cookies.get(name, "").encode(), ttl=60 * MINUTES)
    except (InvalidToken, ValueError) as error:
        raise RefusedError(
            422,
            _("The sign-in took longer than %(n)s minutes, or was begun in another browser. Begin anew.")
            % {"n": MINUTES},
            title=_("Sign in anew"),
        ) from error
    value: dict[str, Any] = json.loads(data)
    return value


def _box(secret: bytes, name: str) -> Fernet:
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"halfway {name}\n".encode() + secret).digest()))
