"""A bundle: one file that carries a model to any machine, with what one must know to use it rightly.

A zip file with these members:

    bundle.json            what the model answers, from what input, trained on what (`BundleInfo`),
                           and the SHA-256 of every other member
    model.onnx             input ``image`` uint8 (n, height, width, 3) RGB; outputs ``probabilities``,
                           ``embedding``, ``saliency``. Resizing and normalising happen inside.
    dense.onnx             only where the model maps whole images (`Dense`): input ``image`` float32
                           (1, 1, height, width), grey levels 0 to 255; output ``probabilities`` float32
                           (labels, rows, columns), one answer for every patch on a grid
    card.md                the model card, for people
    vectors/input_1.npy …  small images, uint8 (height, width, 3)
    vectors/expected.json  the probabilities that every runtime must reproduce on them

The SHA-256 of bundle.json stands in the zip's comment and identifies the bundle. The checksums find
damage and careless edits; they are not a signature.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import (
    FORMAT,
    BundleInfo,
    Dense,
    FittedOn,
    Member,
    OperatingPoint,
    TrainingData,
    operating_point_from_dict,
    training_from_dict,
)
from cutis.core.errors import BundleError, CutisError
from cutis.core.files import replacing

__all__ = [
    "FORMAT",
    "Bundle",
    "BundleInfo",
    "Dense",
    "FittedOn",
    "Member",
    "OperatingPoint",
    "TrainingData",
    "Vector",
    "Vectors",
    "operating_point_from_dict",
    "training_from_dict",
    "write_bundle",
]

_COMMENT = b"cutis sha256="
_LARGEST = 4 * 2**30  # bytes of one member; a file that claims more is damaged or hostile
_DAMAGED = "Copy or download it again; if you changed it yourself, export it anew."


@dataclass(frozen=True)
class Vector:
    """One test vector.

    Attributes:
        image: uint8 (height, width, 3), RGB.
        probabilities: probability by label name, as the trained network gave it before export.
        findings: likewise by finding, where the bundle has any.
    """

    image: NDArray[np.uint8]
    probabilities: Mapping[str, float]
    findings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Vectors:
    """The bundle's own test: what every runtime must reproduce.

    Attributes:
        cases: images with their probabilities.
        reference: what computed the probabilities, such as ``torch 2.13.0 float32``.
        tolerance: largest difference of a probability that passes.
        difference: largest difference measured when the bundle was written.
    """

    cases: tuple[Vector, ...]
    reference: str
    tolerance: float
    difference: float


@dataclass(frozen=True)
class Bundle:
    """An opened bundle whose checksums hold.

    Attributes:
        path: the file.
        info: what is in it.
        model: bytes of the ONNX graph.
        card: the model card, Markdown.
        vectors: its own test.
        digest: SHA-256 of its ``bundle.json``, which names every other member's: equal digests mean
            equal bundles.
        dense: bytes of the ONNX graph that maps whole images, described by ``info.dense``; None when
            there is none.
    """

    path: Path
    info: BundleInfo
    model: bytes
    card: str
    vectors: Vectors
    digest: str
    dense: bytes | None = None

    @staticmethod
    def open(path: Path | str) -> Bundle:
        """Read a bundle and verify every member's checksum.

        Raises:
            BundleError: missing, not a bundle, truncated, altered, or of a newer format.
        """
        place = Path(path)
        if not place.is_file():
            raise BundleError(
                f"{place}: there is no such bundle. Check the path, or export one with cutis export."
            )
        try:
            with zipfile.ZipFile(place) as archive:
                return _read(place, archive)
        except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            raise BundleError(f"{place}: is not a complete bundle ({error}). {_DAMAGED}") from error
        except OSError as error:
            raise BundleError(f"{place}: could not be read ({error.strerror or error}).") from error


def write_bundle(
    path: Path | str,
    info: BundleInfo,
    model: bytes,
    card: str,
    vectors: Vectors,
    dense: bytes | None = None,
) -> None:
    """Write a bundle whole or not at all. The same contents give the same bytes.

    Args:
        path: the file.
        info: what is in it.
        model: bytes of the ONNX graph.
        card: the model card, Markdown.
        vectors: its own test.
        dense: bytes of the ONNX graph that maps whole images, where ``info.dense`` describes one.

    Raises:
        BundleError: ``dense`` is given without its description, or the other way round.
        OutputError: the disk is full or the folder cannot be written to.
    """
    if (dense is None) != (info.dense is None):
        raise BundleError(f"{path}: a dense graph and its patch and stride (info.dense) belong together.")
    members = {"model.onnx": model, "card.md": card.encode(), **_pack_vectors(vectors)}
    if dense is not None:
        members["dense.onnx"] = dense
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    header = json.dumps(info.to_dict() | {"files": digests}, indent=1, ensure_ascii=False).encode()
    with replacing(path) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        for name, content in {"bundle.json": header, **members}.items():
            entry = zipfile.ZipInfo(name)  # dated 1980: the same contents give the same bytes
            entry.external_attr = 0o644 << 16
            # Weights hardly shrink, and a stored member opens faster.
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".onnx") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
        archive.comment = _COMMENT + hashlib.sha256(header).hexdigest().encode()


def _read(path: Path, archive: zipfile.ZipFile) -> Bundle:
    contents = _members(path, archive)
    if "bundle.json" not in contents:
        raise BundleError(f"{path}: is a zip file but not a cutis bundle (it has no bundle.json).")
    header = contents.pop("bundle.json")
    try:
        data = json.loads(header)
        newer = data["format"] > FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path}: its bundle.json cannot be read ({error!r}). {_DAMAGED}") from error
    if newer:  # before the checksums, which a newer format may keep elsewhere
        needed = data.get("cutis", "(the newest)")
        raise BundleError(
            f"{path}: is a bundle of format {data['format']}, and this cutis reads formats up to {FORMAT}. "
            f"Install cutis {needed} or later."
        )
    digest = hashlib.sha256(header).hexdigest()
    if archive.comment != _COMMENT + digest.encode():
        raise BundleError(f"{path}: bundle.json was altered after the bundle was written. {_DAMAGED}")
    _verify(path, contents, data.get("files", {}))
    try:
        info = BundleInfo.from_dict(data)
        vectors = _unpack_vectors(contents)
        dense = contents["dense.onnx"] if info.dense else None
        return Bundle(
            path, info, contents["model.onnx"], contents["card.md"].decode(), vectors, digest, dense
        )
    except (CutisError, KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{path}: its contents do not hold together ({error}). {_DAMAGED}") from error


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, bytes]:
    contents = {}
    for entry in archive.infolist():
        if entry.file_size > _LARGEST:
            raise BundleError(f"{path}: {entry.filename} claims {entry.file_size} bytes. {_DAMAGED}")
        try:
            contents[entry.filename] = archive.read(entry)
        except Exception as error:  # zipfile leaks zlib, struct and password errors of damaged members
            raise BundleError(f"{path}: {entry.filename} is damaged ({error}). {_DAMAGED}") from error
    return contents


def _verify(path: Path, contents: Mapping[str, bytes], digests: Mapping[str, str]) -> None:
    problems = [f"{name} is missing" for name in digests if name not in contents]
    problems += [f"{name} does not belong to it" for name in contents if name not in digests]
    problems += [
        f"{name} was altered"
        for name, content in contents.items()
        if name in digests and hashlib.sha256(content).hexdigest() != digests[name]
    ]
    if problems:
        raise BundleError(f"{path}: {'; '.join(problems)} (by its checksums). {_DAMAGED}")


def _pack_vectors(vectors: Vectors) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    cases: list[dict[str, Any]] = []
    for number, case in enumerate(vectors.cases, start=1):
        buffer = io.BytesIO()
        np.save(buffer, case.image, allow_pickle=False)
        files[f"vectors/input_{number}.npy"] = buffer.getvalue()
        said = {"probabilities": dict(case.probabilities)}
        found = {"findings": dict(case.findings)} if case.findings else {}
        cases.append({"input": f"input_{number}.npy", **said, **found})
    expected = {
        "reference": vectors.reference,
        "tolerance": vectors.tolerance,
        "difference": vectors.difference,
        "cases": cases,
    }
    return files | {"vectors/expected.json": json.dumps(expected, indent=1).encode()}


def _unpack_vectors(contents: Mapping[str, bytes]) -> Vectors:
    expected = json.loads(contents["vectors/expected.json"])
    cases: Sequence[Mapping[str, Any]] = expected["cases"]
    return Vectors(
        tuple(
            Vector(
                np.load(io.BytesIO(contents[f"vectors/{case['input']}"]), allow_pickle=False),
                case["probabilities"],
                case.get("findings", {}),
            )
            for case in cases
        ),
        expected["reference"],
        expected["tolerance"],
        expected["difference"],
    )
