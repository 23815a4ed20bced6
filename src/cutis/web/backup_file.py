"""The file of a backup: a tar whose members are each known by their SHA-256, or it is none of ours."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from cutis.core.errors import CutisError

FORMAT = 1
DERIVED = "maps"  # folder of what was computed from photos and would take long again
GATEWAY = "gateway"  # folder of what came to the gateway and what waits to be sent
RULES = ("gateway.toml", "gateway.json")  # which photo goes which way: one of them
_FOLDERS = frozenset({"", "tables", "photos", "previews", "models", DERIVED, GATEWAY})


def add(archive: tarfile.TarFile, sums: dict[str, str], name: str, data: bytes) -> None:
    """Add a member."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))
    sums[name] = hashlib.sha256(data).hexdigest()


def add_file(
    archive: tarfile.TarFile, sums: dict[str, str], name: str, place: Path, digest: str = ""
) -> bool:
    """Add a file; False where it is not there, or is not what its name says."""
    try:
        with place.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if digest and found != digest:
                return False
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = file.seek(0, os.SEEK_END), 0o600
            file.seek(0)
            archive.addfile(entry, file)
    except FileNotFoundError:
        return False
    sums[name] = found
    return True


def members_of(archive: tarfile.TarFile, path: Path) -> dict[str, tarfile.TarInfo]:
    """The members of a backup by name, each of which is what it was.

    Raises:
        CutisError: the file is cut off, damaged or none of ours.
    """
    found: dict[str, tarfile.TarInfo] = {}
    digests: dict[str, str] = {}
    told = ""
    try:
        for entry in archive:
            if not entry.isreg() or entry.name in found or not _sound(entry.name):
                raise CutisError(f"{path}: is no backup of cutis ({entry.name[:80]} does not belong in one).")
            file = archive.extractfile(entry)
            assert file is not None
            found[entry.name] = entry
            if entry.name == "sums.json":
                told = file.read().decode()
            else:
                digests[entry.name] = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        wanted = json.loads(told) if told else None
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise CutisError(
            f"{path}: is damaged or cut off ({error}). Copy it again, or take another."
        ) from error
    if not isinstance(wanted, dict) or "backup.json" not in found:
        raise CutisError(f"{path}: is cut off, or no backup of cutis. Copy it again, or take another.")
    wrong = sorted(name for name in {*wanted, *digests} if wanted.get(name) != digests.get(name))
    if wrong:
        raise CutisError(f"{path}: is damaged: {', '.join(wrong[:5])}. Copy it again, or take another.")
    return found


def _sound(name: str) -> bool:
    """A name that leads nowhere but inside."""
    parts = name.split("/")
    top = parts[0] if len(parts) > 1 else ""
    return top in _FOLDERS and not any(
        part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts
    )


def read(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    """A member."""
    file = archive.extractfile(entry)
    assert file is not None
    return file.read()


def lines(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Iterator[dict[str, Any]]:
    """The rows of a member."""
    file: IO[bytes] | None = archive.extractfile(entry)
    assert file is not None
    for line in file:
        yield json.loads(line)
