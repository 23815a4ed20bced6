"""Is a photo good enough? A gate's answer, its reason, and the second look before a photo is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.core.bundle_info import GOOD, BundleInfo, OperatingPoint
from cutis.core.errors import BundleError, ImageError
from cutis.imaging.native import Native, is_jpeg, of_jpeg, of_pixels
from cutis.imaging.read import read_rgb
from cutis.imaging.reduce import reduced
from cutis.imaging.regions import Region, given, region_of_interest
from cutis.imaging.upright import upright_rgb
from cutis.runtime import gate_detail
from cutis.runtime.advice import SENTENCES, advice
from cutis.runtime.engine import Engine, P, Photo, Result
from cutis.runtime.gate_detail import Detail
from cutis.runtime.session import Session

RULES = ("ppv >= 0.9", "youden")  # of operating points, the first that a bundle has is used
Corners = tuple[float, float, float, float]  # top, left, bottom, right, pixels
_QUICK = 6_000  # pixels of the copy in which the region of interest of a photo that passed is found


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a gate says of a photo.

    Attributes:
        whole: of the whole photo.
        good: probability that the whole photo is good, 0..1.
        passed: whether the whole photo, or else its region of interest, reaches the operating point, and in
            a large photo softness has not taken the detail that is needed of that region.
        reason: the most probable finding, in words; blur where that alone is why a photo fails.
        advice: what would help, in plain sentences; none for a photo that passed.
        region: what was looked at a second time; None where the whole photo passed, or where nothing
            stands out in it. In pixels of the copy that was looked at (`Engine.pixels`).
        second: of that region.
        good_region: probability that the region is good.
        detail: what a large photo shows at full resolution; None of a small one, of one that failed as a
            whole, and where only a small copy of it was given.
        lost: the photo would have passed, and fails for the detail that it lost.
    """

    whole: Result
    good: float
    passed: bool
    reason: str
    advice: tuple[str, ...] = ()
    region: Region | None = None
    second: Result | None = None
    good_region: float | None = None
    detail: Detail | None = None
    lost: bool = False

    @property
    def hints(self) -> tuple[str, ...]:
        """What shows only when a large photo is zoomed into, in plain sentences; they decide nothing."""
        return () if self.detail is None or self.lost else self.detail.sentences()


class Gate:
    """A bundle that says which photos are good enough.

    Args:
        engine: an opened bundle whose grades have a passing one.
        rule: how its operating point was chosen; the first of `RULES` that it has when None.
        need: points that must be told apart across a lesion, or across what a user drew; a large photo that
            is softer is refused. 0 refuses none for that; None is what was measured for the bundle
            (`gate_detail.needed`).

    Raises:
        BundleError: the bundle is no gate, or has no such operating point.

    Attributes:
        point: the operating point on the probability that a photo is good.
    """

    def __init__(self, engine: Engine, rule: str | None = None, need: int | None = None) -> None:
        self.engine = engine
        self.need = gate_detail.needed(engine.info) if need is None else need
        self.point = operating_point(engine.info, rule, engine.bundle.path)

    def __call__(self, photo: Photo, box: Corners | None = None, whole: Result | None = None) -> Verdict:
        """Judge one photo, with all cores.

        Args:
            photo: see `Engine.__call__`.
            box: the region of interest, where a user says so; found by colour when None.
            whole: what the bundle says of the whole photo, where it was asked already.

        Raises:
            ImageError: it cannot be used as an image.
            CutisError: the box does not lie within the photo.
        """
        return self._judged(photo, self.engine.quick, box, whole)

    def map(self, photo: Photo, whole: Result | None = None) -> NDArray[np.float32]:
        """Where a photo is bad: what speaks against its grade, and for the reason that is named.

        Both maps count alike, and so does what a large photo shows at full resolution, where that is a fault.
        The photo is also asked turned by half, since a network sees a little to one
        side of each place (`cutis.explain.saliency.both_ways`).

        Args:
            photo: see `Engine.__call__`.
            whole: what the bundle says of the whole photo, where it was asked already.

        Returns:
            (rows, columns) over the whole photo, in no unit; higher is worse.

        Raises:
            ImageError: it cannot be used as an image.
        """
        pixels, native = seen(photo, self.engine)
        upright = _against(whole or self.engine.ask(pixels))
        turned = _against(self.engine.ask(np.ascontiguousarray(pixels[::-1, ::-1])))
        against = np.asarray((upright + turned[::-1, ::-1]) / 2, np.float32)
        if not gate_detail.large(native, self.engine.info):
            return against
        return _with_detail(against, gate_detail.worse(native, self.engine.quick, self.engine.info))

    def stream(self, photos: Iterable[P]) -> Iterator[tuple[P, Verdict | ImageError]]:
        """Judge any number of photos in constant memory, as `Engine.stream` answers them."""
        return self.engine.in_order(photos, self._judged)

    def _judged(
        self, photo: Photo, session: Session, box: Corners | None = None, whole: Result | None = None
    ) -> Verdict:
        pixels, native = seen(photo, self.engine)
        if box is not None:
            box = _in_copy(box, native, pixels.shape)
        said = self._looked(pixels, session, box, whole)
        if not said.passed or not gate_detail.large(native, self.engine.info):
            return said
        region = said.region or region_of_interest(reduced(pixels, _QUICK))
        detail = gate_detail.look(native, region, session, self.engine.info)
        if not detail.lost(self.need):
            return replace(said, detail=detail)
        left = (SENTENCES["blur"],)
        return replace(said, detail=detail, lost=True, passed=False, reason="blur", advice=left)

    def _looked(
        self, pixels: NDArray[np.uint8], session: Session, box: Corners | None, whole: Result | None
    ) -> Verdict:
        """The first look, and the second."""
        info = self.engine.info
        whole = whole or self.engine.ask(pixels, session)
        good = probability_good(info, whole)
        helpful = advice(info, whole.findings)
        first = Verdict(whole, good, good >= self.point.threshold, reason(info, whole))
        if first.passed and box is None:
            return first
        first = first if first.passed else replace(first, advice=helpful)
        region = region_of_interest(pixels) if box is None else given(box, pixels.shape[:2])
        if region.what == "whole":
            return first
        second = self.engine.ask(region.crop(pixels), session)
        again = probability_good(info, second)
        passed = first.passed or again >= self.point.threshold
        left = () if passed else helpful
        return Verdict(whole, good, passed, first.reason, left, region, second, again)


def seen(photo: Photo, engine: Engine) -> tuple[NDArray[np.uint8], Native]:
    """What the network sees of a photo, and the photo at its own resolution.

    Returns:
        (height, width, 3) RGB, no larger than is of use; and what is decoded when it is asked for.

    Raises:
        ImageError: it cannot be used as an image.
    """
    if isinstance(photo, (str, Path, bytes)):
        if is_jpeg(photo):
            pixels = engine.pixels(photo)
            with suppress(ImageError):  # of 12 bits: its brightness cannot be had alone
                return pixels, of_jpeg(photo, pixels)
        photo = read_rgb(photo)
    elif isinstance(photo, Image.Image):
        photo = upright_rgb(photo)
    pixels = engine.pixels(photo)
    return pixels, of_pixels(np.asarray(photo), pixels)


def _in_copy(box: Corners, native: Native, shape: tuple[int, ...]) -> Corners:
    """From pixels of the photo to those of its small copy."""
    down, across = shape[0] / native.height, shape[1] / native.width
    return box[0] * down, box[1] * across, box[2] * down, box[3] * across


def _with_detail(whole: NDArray[np.float32], worse: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """A map, and what its places lose at full resolution, each of deviation 1."""
    import cv2

    if worse is None:
        return whole
    finer = np.asarray(cv2.resize(worse, whole.shape[::-1], interpolation=cv2.INTER_LINEAR))
    return np.asarray(sum(part / max(float(part.std()), 1e-9) for part in (whole, finer)), np.float32)


def operating_point(info: BundleInfo, rule: str | None, where: object = "the bundle") -> OperatingPoint:
    """The operating point of a gate.

    Args:
        info: of its bundle.
        rule: see `Gate`.
        where: named in messages.

    Raises:
        BundleError: see `Gate`.
    """
    points = {point.rule: point for point in info.operating_points if point.label == GOOD}
    if not points:
        raise BundleError(
            f"{where}: is no gate: it has no operating point for good photos. Use image_quality, or a bundle "
            "exported from a run of that task."
        )
    found = [points[name] for name in ((rule,) if rule else RULES) if name in points]
    if not found:
        raise BundleError(f"{where}: has no operating point '{rule}'. There are: {', '.join(points)}.")
    return found[0]


def probability_good(info: BundleInfo, result: Result) -> float:
    """Probability that a photo's grade passes, 0..1."""
    return min(1.0, sum(result.probabilities[name] for name in info.good))


def reason(info: BundleInfo, result: Result) -> str:
    """The most probable finding, in words; empty where the bundle gives none."""
    if not result.findings:
        return ""
    return in_words(max(result.findings, key=result.findings.__getitem__))


def _against(result: Result) -> NDArray[np.float32]:
    """(rows, columns) of one photo: lowest grade over highest, and the named reason, each of deviation 1."""
    parts = [result.saliency[0] - result.saliency[-1]]
    if result.finding_maps is not None and len(result.findings):
        named = max(result.findings, key=result.findings.__getitem__)
        parts.append(result.finding_maps[list(result.findings).index(named)])
    spread = [max(float(part.std()), 1e-9) for part in parts]
    return np.asarray(sum(part / deviation for part, deviation in zip(parts, spread, strict=True)))


def in_words(finding: str) -> str:
    """A finding's name as people write it."""
    return finding.replace("_", " ")
