"""Which records may ask: each signs every request with a key that was registered here.

Source: HL7, CDS Hooks 2.0, trusting CDS Clients.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cutis.interop.hooks.requests import HookError

ALGORITHMS = ("ES384", "RS384")
_LONGEST = 600  # seconds that a statement may live
_LEEWAY = 30  # seconds between two machines' clocks
_KEPT = 100_000  # identifiers of statements that are remembered until they end


@dataclass(frozen=True)
class Caller:
    """A record that is trusted.

    Attributes:
        issuer: as in its statements' ``iss``.
        keys: its public keys, a JSON Web Key Set. They are configured: no key is fetched from an address in
            a request.
        tenants: organisations that it may ask for; all where empty.
    """

    issuer: str
    keys: Mapping[str, Any]
    tenants: frozenset[str] = frozenset()


@dataclass
class Callers:
    """Checks statements, and remembers them so that none is taken twice.

    Args:
        trusted: records that may ask.
        clock: seconds since 1970.
    """

    trusted: tuple[Caller, ...]
    clock: Callable[[], float] = time.time
    _seen: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def check(self, authorization: str, audience: str) -> Caller:
        """Who asks.

        Args:
            authorization: the header of that name.
            audience: address of what is called, as records know it.

        Raises:
            HookError: 401; nobody who is trusted, or not for this address, or not now, or not for the first
                time.
        """
        kind, _, token = authorization.partition(" ")
        if kind.casefold() != "bearer" or not token:
            raise _refused("it is not signed")
        claims, caller = self._read(token.strip())
        told = claims.get("aud")
        if audience not in (told if isinstance(told, list) else [told]):
            raise _refused("its signature is for another address")
        if caller.tenants and claims.get("tenant") not in caller.tenants:
            raise _refused("its tenant may not ask")
        self._once(caller.issuer, claims)
        return caller

    def _read(self, token: str) -> tuple[Mapping[str, Any], Caller]:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        for caller in self.trusted:
            try:
                keys = KeySet.import_key_set({"keys": list(caller.keys["keys"])})
                read = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            except (JoseError, ValueError, KeyError, TypeError):
                continue
            if read.claims.get("iss") == caller.issuer:
                return read.claims, caller
        raise _refused("its signature is of nobody who is trusted here")

    def _once(self, issuer: str, claims: Mapping[str, Any]) -> None:
        now, ends, made = self.clock(), claims.get("exp"), claims.get("iat")
        if not isinstance(ends, int | float) or not isinstance(made, int | float):
            raise _refused("its statement does not say from when to when it holds")
        if not (made - _LEEWAY <= now < ends + _LEEWAY) or ends - made > _LONGEST:
            raise _refused("its statement does not hold now")
        own = claims.get("jti")
        if not isinstance(own, str) or not own or len(own) > 200:
            raise _refused("its statement has no identifier")
        with self._lock:
            if len(self._seen) >= _KEPT:
                self._seen = {key: until for key, until in self._seen.items() if until > now}
            if len(self._seen) >= _KEPT:
                raise HookError(429, "too many requests at once. Ask again later.")
            if self._seen.get((issuer, own), 0) > now:
                raise _refused("its statement was used before")
            self._seen[issuer, own] = ends + _LEEWAY


def _refused(why: str) -> HookError:
    return HookError(401, f"the request was refused: {why}.")
