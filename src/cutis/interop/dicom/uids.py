"""Identifiers of DICOM objects: new ones, and ones that follow from what they stand for."""

from __future__ import annotations

import hashlib
import hmac
import uuid

ROOT = "2.25."  # of all that are made here, and of others': UIDs that are UUIDs (PS3.5, B.2)
RESULTS = ("series", "overlays", "segmentations")  # what the series of a photo's results are made of


def new_uid() -> str:
    """A new UID, from a random UUID (PS3.5, B.2)."""
    return f"{ROOT}{uuid.uuid4().int}"


def uid_of(*parts: str | bytes) -> str:
    """The UID of this content: the same parts always give the same one, so that sending again adds nothing.

    Args:
        parts: what it stands for, such as ``"report"``, the image's UID and the bundle's digest.
    """
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return _from_digest(digest.digest())


def keyed_uid(uid: str, key: bytes) -> str:
    """Another UID for this one, the same for the same key; without the key nobody can tell which it was."""
    return _from_digest(hmac.new(key, uid.encode(), hashlib.sha256).digest())


def _from_digest(digest: bytes) -> str:
    # The version says "by name"; the digest is a stronger one than that version's own.
    return f"{ROOT}{uuid.UUID(bytes=digest[:16], version=5).int}"
