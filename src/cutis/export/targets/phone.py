"""A folder for a phone: an 8-bit graph that answers as the bundle does, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle import Bundle, write_bundle
from cutis.core.errors import BundleError
from cutis.export.quantize import quantise
from cutis.export.targets.parity import INT8, Parity, compare, need
from cutis.export.targets.photos import Photos, need_enough
from cutis.runtime.check import check_parity
from cutis.runtime.engine import Engine

_SLACK = 0.02  # of a probability: an 8-bit graph may round differently on another processor


def need_quantisable(bundle: Bundle) -> None:
    """Refuse bundles of which there can be no 8-bit edition.

    Raises:
        BundleError: it maps whole images, or has 8 bits already.
    """
    if bundle.info.dense is not None:
        raise BundleError(
            f"{bundle.path}: maps whole images with a second graph, whose answers must be those of the "
            "first; there is no 8-bit edition of both. Export it with --target web or --target camera."
        )
    if bundle.info.precision == "int8":
        raise BundleError(
            f"{bundle.path}: is an 8-bit bundle already. Export the one that it was made from, or use "
            "--target web or --target camera."
        )


def make_phone(
    bundle: Bundle, photos: Photos, out: Path, step: Callable[[int], None] | None = None
) -> tuple[Bundle, Parity]:
    """The 8-bit edition, if it answers as the bundle does.

    Args:
        bundle: what is exported.
        photos: half set the ranges of the numbers, half judge the result.
        out: named in messages.
        step: called with 1 after each photo.

    Returns:
        The edition as a bundle of its own, and how far it answers as the one that it was made from.

    Raises:
        CutisError: there are too few photos, or the answers differ too much.
        ImageError: a photo cannot be read.
    """
    need_enough(photos)
    setting, judging = photos.halves()
    need_enough_to_judge(judging, setting)
    model = quantise(bundle.model, _pixels(bundle, setting, step))
    parity = compare(bundle, model, judging, step=step)
    mend = (
        "Give photos of the kind that it will see with --images; where that does not help, this network "
        "needs more than 8 bits: use --target web or --target camera."
    )
    need(parity, INT8, f"{out}: not written: the 8-bit graph", mend)
    return _edition(bundle, model, parity), parity


def need_enough_to_judge(judging: Photos, setting: Photos) -> None:
    """Refuse photos of one patient only, which cannot be divided.

    Raises:
        BundleError: one of the halves is empty.
    """
    if not len(judging) or not len(setting):
        raise BundleError(
            f"all photos {judging.origin or setting.origin} are of one patient or lesion, and cannot be "
            "divided into those that set the ranges and those that judge. Give photos of several."
        )


def write_phone(edition: Bundle, folder: Path) -> None:
    """Write the edition as a bundle and its graph beside it."""
    (folder / "model.onnx").write_bytes(edition.model)
    path = folder / f"{edition.info.name}.cutis"
    write_bundle(path, edition.info, edition.model, edition.card, edition.vectors)


def difference_in_words(parity: Parity) -> str:
    """How far an edition is from its bundle, in a sentence."""
    count = parity.photos - parity.drawn
    points = f"at every threshold for {parity.worst_point:.1%} or more; " if parity.points else ""
    return (
        f"on {count} photos {parity.origin} and {parity.drawn} test images the 8-bit graph gives the same "
        f"answer as the float graph for {parity.answers:.1%}; {points}largest difference of a probability "
        f"{parity.largest:.3f}, mean {parity.mean:.4f}"
    )


def _pixels(
    bundle: Bundle, photos: Photos, step: Callable[[int], None] | None
) -> Iterator[NDArray[np.uint8]]:
    engine = Engine(bundle, 1)
    for path in photos.paths:
        yield engine.pixels(path)
        if step is not None:
            step(1)


def _edition(bundle: Bundle, model: bytes, parity: Parity) -> Bundle:
    info, said = bundle.info, difference_in_words(parity)
    measured = f"{info.metrics_on}, by the {info.stored_as} bundle {info.name}; {said}"
    small = replace(info, name=f"{info.name}_int8", precision="int8", metrics_on=measured)
    draft = replace(bundle, info=small, model=model, card=_card(bundle, said))
    off = check_parity(draft).difference
    vectors = replace(bundle.vectors, difference=off, tolerance=off + _SLACK)
    return replace(draft, vectors=vectors)


def _card(bundle: Bundle, said: str) -> str:
    """The bundle's card, with what is different at its top."""
    info = bundle.info
    title, _, rest = bundle.card.partition("\n")
    title = title.replace(info.name, f"{info.name}_int8", 1)
    stored = f"Weights are stored as {info.stored_as}."
    rest = rest.replace(stored, f"Weights are stored as int8, made from {info.stored_as}.")
    note = (
        f"**8-bit edition of {info.name} {info.version}** (`{bundle.digest[:12]}`). "
        f"{said[0].upper()}{said[1:]}. "
        "The figures below are those of the float graph."
    )
    return f"{title}\n\n{note}\n{rest}"
