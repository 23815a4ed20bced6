"""A folder of degraded photos with its manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cutis.core.errors import CutisError, ImageError, OutputError
from cutis.core.files import replacing
from cutis.core.manifest import Manifest, read_manifest, write_manifest
from cutis.phantoms.degradations.photo import Photo, degrade
from cutis.phantoms.degradations.plan import draw_plan
from cutis.phantoms.degradations.raters import dominant, majority, rate
from cutis.phantoms.degradations.settings import BY_NAME, REASONS

_GROUPS = ("patient_id", "lesion_id")
_CARRIED = (
    "split",
    "cohort",
    "modality",
    "rendered",  # what is made of rendered photos is not of people either
    "age",
    "sex",
    "body_site",
    "skin_type",
    "skin_tone_class",
    "device",
)
_PIXELS = 24_000_000  # of a photo; a larger one is made smaller first, so that memory is bounded
_WORTH_A_PROCESS = 24  # photos; starting processes takes longer than degrading fewer
_WEBP_LONGEST = 16383  # pixels; the format holds no more


@dataclass(frozen=True)
class Options:
    """How photos are to be degraded.

    Attributes:
        copies: degraded photos per photo of the base.
        seed: 0 or more.
        settings: ``usual``, ``varied`` or ``shifted``.
        single: at most one reason per photo.
        half: share of photos that are degraded in one half only, 0..1.
    """

    copies: int = 1
    seed: int = 0
    settings: str = "usual"
    single: bool = False
    half: float = 0.0

    def __post_init__(self) -> None:
        if self.copies < 1:
            raise CutisError(f"copies is {self.copies}, but each photo has to give at least one.")
        if self.seed < 0:
            raise CutisError(f"seed is {self.seed}, not a number from 0 upwards.")
        if self.settings not in BY_NAME:
            raise CutisError(f"there are no settings '{self.settings}'. There are: {', '.join(BY_NAME)}.")
        if not 0 <= self.half <= 1:
            raise CutisError(f"half is {self.half}, not a share from 0 to 1.")


@dataclass(frozen=True)
class Outcome:
    """What was written.

    Attributes:
        manifest: its path; None where not a single photo could be read.
        written: number of photos.
        unreadable: photos of the base that were skipped, with the reason.
    """

    manifest: Path | None
    written: int
    unreadable: tuple[ImageError, ...]


@dataclass(frozen=True)
class _Job:
    number: int
    photo: Path
    row: dict[str, Any]
    options: Options
    out: Path


def write_degraded(
    base: Path | str,
    out: Path | str,
    options: Options | None = None,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Degrade every photo of a manifest into a folder, and write the new manifest last.

    Photo number i (copy i // n of the base's photo i % n) depends on the seed and on i. A killed run leaves
    photos but no manifest; running it again writes the same photos.

    Args:
        base: manifest of good photos.
        out: folder; made where it is missing.
        options: default: one copy, seed 0, usual settings.
        jobs: processes; the photos are the same with any number.
        progress: called with the number of photos just done.

    Raises:
        ManifestError: the base does not hold.
        OutputError: the folder already holds a manifest, or cannot be written to.
    """
    options = options or Options()
    written = Path(out) / "manifest.csv"
    if written.exists():
        raise OutputError(f"{written}: is there already. Choose another folder, or delete it first.")
    rows, unreadable = [], {}
    for done in _run(_jobs(read_manifest(base), Path(out), options), jobs):
        if isinstance(done, ImageError):
            unreadable[done.path] = done
        else:
            rows.append(done)
        if progress is not None:
            progress(1)
    failed = tuple(unreadable.values())
    if not rows:
        return Outcome(None, 0, failed)
    write_manifest(pl.DataFrame(rows, infer_schema_length=None), written)
    return Outcome(written, len(rows), failed)


def _jobs(manifest: Manifest, out: Path, options: Options) -> list[_Job]:
    rows = [_kept(row, manifest.group) for row in manifest.table.iter_rows(named=True)]
    return [
        _Job(copy * len(rows) + index, path, row | {"_copy": copy}, options, out)
        for copy in range(options.copies)
        for index, (path, row) in enumerate(zip(manifest.paths, rows, strict=True))
    ]


def _kept(row: dict[str, Any], group: str) -> dict[str, Any]:
    """What a degraded photo inherits. Without patients and lesions, the copies of one photo are a lesion."""
    groups = {name: row[name] for name in _GROUPS if name in row} or {"lesion_id": row[group]}
    return {"base": row["image_id"]} | groups | {name: row[name] for name in _CARRIED if name in row}


def _run(todo: list[_Job], jobs: int) -> Iterator[dict[str, Any] | ImageError]:
    if jobs <= 1 or len(todo) < _WORTH_A_PROCESS:
        yield from map(_degraded, todo)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Spawned, not forked: the caller may have threads.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_degraded, todo, chunksize=min(8, -(-len(todo) // jobs)))


def _degraded(job: _Job) -> dict[str, Any] | ImageError:
    """Degrade and store one photo; its row of the manifest, or what is wrong with the base's."""
    from cutis.imaging.read import read_rgb

    options, row = job.options, dict(job.row)
    try:
        rgb = _bounded(read_rgb(job.photo))
    except ImageError as error:
        return ImageError(error.path, error.reason)
    rng = np.random.default_rng(np.random.SeedSequence(options.seed, spawn_key=(11, job.number)))
    plan = draw_plan(rng, single=options.single, half=options.half)
    ratings = rate(plan.severities, rng, half=plan.half is not None)
    image = degrade(rgb, plan.severities, rng, BY_NAME[options.settings], half=plan.half)
    name = f"images/d{options.seed}_{job.number:06d}.{_suffix(image)}"
    _store(image, job.out / name)
    copy, base = row.pop("_copy"), row.pop("base")
    return {
        "image": name,
        "image_id": f"{base}_{options.settings}{options.seed}_{copy}",
        **row,
        "quality": majority(ratings),
        **ratings,
        "reason": dominant(plan.severities),
        **{f"severity_{reason}": plan.severities[reason] for reason in REASONS},
        "half": plan.half,
        "settings": options.settings,
        "base": base,
    }


def _bounded(rgb: Photo) -> Photo:
    height, width = rgb.shape[:2]
    if height * width <= _PIXELS:
        return rgb
    from PIL import Image

    factor = (_PIXELS / (height * width)) ** 0.5
    size = (max(1, int(width * factor)), max(1, int(height * factor)))
    return np.array(Image.fromarray(rgb).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _suffix(image: Photo) -> str:
    return "webp" if max(image.shape[:2]) <= _WEBP_LONGEST else "png"


def _store(image: Photo, path: Path) -> None:
    from PIL import Image

    with replacing(path) as scratch:
        if path.suffix == ".webp":
            # Lossless, so that a photo's compression is what its severity says and nothing else; a third
            # smaller than PNG, and at this setting as fast to write as JPEG.
            Image.fromarray(image).save(scratch, "WEBP", lossless=True, method=0, quality=20)
        else:
            Image.fromarray(image).save(scratch, "PNG", compress_level=3)
