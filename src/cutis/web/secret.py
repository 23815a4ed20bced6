"""The installation's own secret, from which all its seals are made."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cutis.core.errors import CutisError


def read_secret(folder: Path) -> bytes:
    """32 random bytes, made at the first start; readable by nobody else.

    Raises:
        CutisError: the file is not what was written.
    """
    place = folder / "secret.key"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f".secret.{os.getpid()}"
        scratch.unlink(missing_ok=True)
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its secret counts
            os.link(scratch, place)
        scratch.unlink()
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)  # what is sealed with it would be lost with its name
        os.close(handle)
    secret = place.read_bytes()
    if len(secret) != 32:
        raise CutisError(f"{place}: has {len(secret)} bytes, not 32. Restore it from a backup.")
    return secret


def seal(secret: bytes, purpose: str, value: str) -> str:
    """HMAC-SHA256 of a value for one purpose, hexadecimal."""
    return hmac.new(secret, f"{purpose}\n{value}".encode(), hashlib.sha256).hexdigest()


def digest(value: str) -> str:
    """SHA-256, hexadecimal: how cookies, tokens and links are kept. They are random: no salt is due."""
    return hashlib.sha256(value.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Equal, compared in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())
