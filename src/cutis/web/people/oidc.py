"""Sign-in by an OpenID provider: who somebody is, told by a server that the installation trusts.

The authorisation code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636), state and nonce. What the
provider says opens an account that is linked to that identity, and no other: addresses for mail are not
looked at, since a provider may let people choose them.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from cutis.web.errors import RefusedError
from cutis.web.settings import Settings
from cutis.web.words import _

SLACK = 120  # seconds by which two clocks may differ
_SECONDS = 10.0
_FRESH = 3600.0
_LARGEST = 1_000_000  # bytes of an answer
_SIGNATURES = ["RS256", "PS256", "ES256", "EdDSA"]


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way: where to send the browser, and what must come back with it."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Told:
    """Who somebody is, by the provider."""

    issuer: str
    subject: str
    name: str
    login: str


class Provider:
    """The provider of an installation.

    Args:
        settings: of the installation.
    """

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.oidc_issuer.rstrip("/")
        self._client = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._lock = Lock()
        self._known: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, dict[str, Any]] | None = None

    def begin(self, back: str) -> Begun:
        """Begin a sign-in.

        Args:
            back: address of ours to which the browser returns.

        Raises:
            RefusedError: the provider does not answer as it should.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _n in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": back,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        where = self._discovered()["authorization_endpoint"]
        return Begun(f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}", state, nonce, verifier)

    def finish(self, code: str, verifier: str, nonce: str, back: str) -> Told:
        """Exchange the code for what the provider says of somebody.

        Args:
            code: that the browser brought.
            verifier: of `Begun`.
            nonce: likewise.
            back: as in `begin`.

        Raises:
            RefusedError: the provider does not take the code, or what it says does not hold.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self._client,
            "code_verifier": verifier,
        }
        who = (self._client, self._secret) if self._secret else None
        told = _json("POST", self._discovered()["token_endpoint"], data=form, auth=who)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise _unsound()
        claims = self._claims(token, nonce)
        name = claims.get("name") or claims.get("preferred_username") or ""
        login = claims.get("email") or claims.get("preferred_username") or ""
        return Told(self.issuer, str(claims["sub"]), str(name)[:120], str(login).lower()[:80])

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """What a token says, if it is signed by the provider, for us, for this sign-in, and now."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        for again in (False, True):  # the provider may have changed its keys since they were read
            try:
                keys = KeySet.import_key_set(self._key_set(again=again))  # type: ignore[arg-type]
                claims = dict(jwt.decode(token, keys, algorithms=_SIGNATURES).claims)
                break
            except (JoseError, ValueError, KeyError, TypeError) as error:
                if again:
                    raise _unsound() from error
        at = time.time()
        meant = claims.get("aud")
        audience = meant if isinstance(meant, list) else [meant]
        for_us = self._client in audience and claims.get("azp", self._client) == self._client
        if claims.get("iss", "").rstrip("/") != self.issuer or not for_us or claims.get("nonce") != nonce:
            raise _unsound()
        subject, ends, made = claims.get("sub"), claims.get("exp"), claims.get("iat")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise _unsound()
        if not isinstance(ends, int | float) or not isinstance(made, int | float):
            raise _unsound()
        if made > at + SLACK or ends < at - SLACK:
            minutes = abs(made - at) / 60
            raise RefusedError(
                422,
                _(
                    "The clocks of the provider and of this server differ by %(n).0f minutes, so that its "
                    "word does not count. Tell the administrator to set the server's clock."
                )
                % {"n": minutes},
                title=_("Clocks that disagree"),
            )
        return claims

    def _discovered(self) -> dict[str, Any]:
        """What the provider says of itself; read once an hour."""
        with self._lock:
            if self._known is None or self._known[0] < time.monotonic() - _FRESH:
                found = _json("GET", f"{self.issuer}/.well-known/openid-configuration")
                needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                sound = all(isinstance(found.get(name), str) and _safe(found[name]) for name in needed)
                if str(found.get("issuer", "")).rstrip("/") != self.issuer or not sound:
                    raise _unsound()
                self._known = (time.monotonic(), found)
            return self._known[1]

    def _key_set(self, *, again: bool) -> dict[str, Any]:
        where = self._discovered()["jwks_uri"]
        with self._lock:
            if again or self._keys is None or self._keys[0] < time.monotonic() - _FRESH:
                self._keys = (time.monotonic(), _json("GET", where))
            return self._keys[1]


def _safe(address: str) -> bool:
    """https, or this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    )


def _json(method: str, address: str, **more: Any) -> dict[str, Any]:
    if not _safe(address):
        raise _unsound()
    try:
        answer = httpx.request(method, address, timeout=_SECONDS, follow_redirects=False, **more)
        if answer.status_code != 200 or len(answer.content) > _LARGEST:
            raise _unsound()
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise RefusedError(
            502,
            _("The provider does not answer. Try again, or sign in with your password."),
            title=_("The provider does not answer"),
        ) from error
    if not isinstance(found, dict):
        raise _unsound()
    return found


def _unsound() -> RefusedError:
    return RefusedError(
        422,
        _("What the provider said does not hold, so nobody was signed in. Begin anew."),
        title=_("Not signed in"),
    )
