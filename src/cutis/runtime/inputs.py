"""Which photos are to be predicted: images, folders and manifests, each photo with a name of its own."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import CutisError, ManifestError
from cutis.imaging.read import find_images

TABLES = (".csv", ".parquet", ".tsv")


@dataclass(frozen=True, eq=False)
class Inputs:
    """Photos in order. A million take some hundred megabytes, so that they are kept as plain text.

    Attributes:
        ids: of each photo, all different.
        paths: of each photo.
        groups: patient or lesion of each photo.
        group: name of the group column; ``image_id`` where each photo stands for itself.
        notes: what the user should know about how photos were named.
    """

    ids: list[str]
    paths: list[str]
    groups: list[str]
    group: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def digest(self) -> str:
        """Sha-256 of which photos there are, in this order."""
        digest = hashlib.sha256(self.group.encode())
        for parts in zip(self.ids, self.paths, self.groups, strict=True):
            digest.update("\0".join(parts).encode("utf-8", "surrogateescape") + b"\n")
        return digest.hexdigest()


def gather(inputs: Sequence[Path | str], *, split: str | None = None) -> Inputs:
    """List the photos of images, folders and manifests.

    Args:
        inputs: paths; a ``.csv`` or ``.parquet`` file is a manifest.
        split: only this split of the manifests.

    Raises:
        CutisError: a path is not there, or a folder has no images.
        ManifestError: a manifest has wrong rows, or shares an id with another one.
    """
    places = [Path(item) for item in inputs]
    tables = [place for place in places if place.suffix.lower() in TABLES]
    loose = [place for place in places if place.suffix.lower() not in TABLES]
    if split is not None and (loose or not tables):
        raise CutisError(
            "--split needs a manifest that has a column split; give no images or folders with it."
        )
    listed = _listed(tables, split)
    once: dict[Path, tuple[Path, Path]] = {}  # a folder and a part of it hold the same photos
    for place in loose:
        for base, path in _found(place):
            once.setdefault(path.absolute(), (base, path))
    found = list(once.values())
    ids, notes = _names([path for _, path in found], [base for base, _ in found], set(listed.ids))
    return Inputs(
        listed.ids + ids,
        listed.paths + [str(path) for _, path in found],
        listed.groups + ids,
        listed.group,
        notes,
    )


def _listed(tables: Sequence[Path], split: str | None) -> Inputs:
    """The rows of manifests."""
    everything = Inputs([], [], [], "image_id")
    if not tables:
        return everything
    from cutis.core.manifest import read_manifest

    # A photo that is not there is reported with the unreadable ones, when the others are done.
    manifests = [read_manifest(table, find_images=False) for table in tables]
    names = sorted({manifest.group for manifest in manifests})
    if len(names) > 1:
        columns = " and ".join(names)
        raise ManifestError(
            [f"the manifests have different group columns ({columns}). Predict them one by one."]
        )
    for manifest in manifests if split is None else [manifest.part(split) for manifest in manifests]:
        everything.ids.extend(manifest.table["image_id"])
        everything.paths.extend(map(str, manifest.paths))
        everything.groups.extend(manifest.table[manifest.group])
    twice = [name for name, count in Counter(everything.ids).items() if count > 1]
    if twice:
        mend = "Predict the manifests one by one."
        raise ManifestError([f"image_id '{name}' stands in more than one manifest. {mend}" for name in twice])
    return Inputs(everything.ids, everything.paths, everything.groups, names[0])


def _found(place: Path) -> Iterator[tuple[Path, Path]]:
    """Each photo of a folder, or the photo itself, with the folder that its name counts from."""
    if place.is_dir():
        empty = True
        for photo in find_images(place):
            empty = False
            yield place, photo
        if empty:
            raise CutisError(f"{place}: there are no images in this folder.")
    elif place.is_file():
        yield place.parent, place
    else:
        raise CutisError(f"{place}: there is no such file or folder. Check the path.")


def spelt(name: str) -> str:
    """A path's name as a text can hold it: bytes that are no UTF-8, as old archives leave, are spelt out."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _names(
    paths: Sequence[Path], bases: Sequence[Path], taken: set[str]
) -> tuple[list[str], tuple[str, ...]]:
    """A name for each photo: its stem, or where several share it as much of its path as tells them apart."""

    def relative(path: Path, base: Path) -> Path:
        return path.relative_to(base)

    rules: tuple[tuple[Callable[[Path, Path], Path], str], ...] = (
        (lambda path, _: Path(path.stem), ""),
        (lambda path, base: relative(path, base).with_suffix(""), "by folder and name"),
        (relative, "by folder and full name"),
        (lambda path, _: path.absolute(), "by their whole path"),
    )
    names = [""] * len(paths)
    open_ones = list(range(len(paths)))
    notes = []
    for rule, title in rules:
        for index in open_ones:
            names[index] = spelt(rule(paths[index], bases[index]).as_posix())
        count = Counter(names)
        shared = [index for index in open_ones if count[names[index]] > 1 or names[index] in taken]
        settled = sorted(set(open_ones) - set(shared))
        if title and settled:
            example = names[settled[0]]
            notes.append(
                f"{len(settled)} photos share a file name and are named {title}, such as '{example}'."
            )
        open_ones = shared
        if not open_ones:
            break
    return names, tuple(notes)
