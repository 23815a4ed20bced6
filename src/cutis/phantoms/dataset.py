"""A folder of rendered photos with its manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import CutisError, OutputError
from cutis.core.files import replacing
from cutis.core.labels import Labels, Ordinal
from cutis.core.manifest import write_manifest
from cutis.phantoms.rendered import Renderer

_PHOTOS_SHARE = (0.6, 0.25, 0.15)  # of patients with one, two and three photos
_GRADED = (4, 8)  # fewest and most photos of a patient who is graded place by place
_QUALITY = 92
_WORTH_A_PROCESS = 64  # photos; starting processes takes longer than rendering fewer
_SIZE = 224  # pixels, where the network takes as many
_COMMENT = "Rendered by cutis. Not a photo of a person."


_T = TypeVar("_T")


class Renderable(Protocol):
    """What is needed of a task."""

    @property
    def labels(self) -> Labels:
        """What the photos show; each label has its turn."""

    @property
    def target(self) -> str:
        """The manifest's column of labels."""

    @property
    def modality(self) -> str:
        """What kind of photo it is, such as ``dermoscopic``."""

    @property
    def phantoms(self) -> str:
        """A `Renderer`, as ``module:function``."""


@dataclass(frozen=True)
class Shot:
    """Which photo of which rendered patient.

    Attributes:
        number: of the photo in the set, from 0.
        patient: number of the patient, from 0.
        view: number of the photo among the patient's, from 0.
    """

    number: int
    patient: int
    view: int
    label: str


@dataclass(frozen=True)
class _Job:
    shot: Shot
    seed: int
    size: int
    out: Path
    masks: bool
    renderer: str
    conditions: str | None


def write_phantoms(
    task: Renderable,
    out: Path | str,
    n: int,
    seed: int = 0,
    *,
    size: int = 224,
    masks: bool = False,
    conditions: str | None = None,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Render photos of a task's labels into a folder, and their manifest last.

    Photo number i depends on the seed and on i, not on how many are asked for. A killed run leaves photos but
    no manifest; running it again writes the same photos.

    Args:
        task: such as ``get_task("dermoscopy")``.
        out: folder; made where it is missing.
        n: number of photos, at least 1.
        seed: 0 or more.
        size: side of a photo, in pixels.
        masks: also write where the lesion is, as black-and-white PNG, with a manifest column ``mask``.
        conditions: name of the ranges to draw from, for renderers that have several, such as ``shifted``.
        jobs: processes; the photos are the same with any number.
        progress: called with the number of photos just written.

    Returns:
        Path of ``manifest.csv``: image, image_id, patient_id, the task's target, modality, rendered, and what
        else is true of the photo (skin_type 1-6, age, sex, body_site ...).

    Raises:
        CutisError: n, seed or size are too small, the task has no phantoms, or not under those conditions.
        OutputError: the folder already holds a manifest, or cannot be written to.
    """
    manifest = Path(out) / "manifest.csv"
    refuse(n, seed, manifest)
    _need_conditions(task.phantoms, conditions)
    own = getattr(import_module(task.phantoms.partition(":")[0]), "write_photos", None)
    if own is not None:  # photos whose manifest has more than one target
        chosen = {} if conditions is None else {"conditions": _condition(task.phantoms, conditions)}
        return cast(Path, own(out, n, seed, size=size, masks=masks, jobs=jobs, progress=progress, **chosen))
    todo = [
        _Job(shot, seed, size, Path(out), masks, task.phantoms, conditions)
        for shot in islice(shots(task.labels, seed, _photos(task.phantoms)), n)
    ]
    rows = []
    for row in each(_write, todo, jobs):
        rows.append(row)
        if progress is not None:
            progress(1)
    named = [
        {"image": row.pop("image"), "image_id": row.pop("image_id"), "patient_id": row.pop("patient_id")}
        | {task.target: row.pop("label"), "modality": task.modality, "rendered": True}
        | row
        for row in rows
    ]
    write_manifest(pl.DataFrame(named, infer_schema_length=None), manifest)
    return manifest


def write_mosaic(
    task: Renderable,
    out: Path | str,
    side: int,
    seed: int = 0,
    *,
    conditions: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Render one large image of a task whose truth is known at every place.

    Args:
        task: such as ``get_task("confocal")``; its renderer's module has a ``write_mosaic``.
        out: folder; made where it is missing.
        side: pixels.
        seed: 0 or more.
        conditions: as for `write_phantoms`.
        progress: called with the number of rows just written.

    Returns:
        Path of the image; the truth lies beside it.

    Raises:
        CutisError: the task has no mosaics, or not under those conditions, or a number is too small.
        OutputError: it is there already, or cannot be written.
    """
    _need_conditions(task.phantoms, conditions)
    write = getattr(import_module(task.phantoms.partition(":")[0]), "write_mosaic", None)
    if write is None:
        raise CutisError(f"'{task.phantoms}' renders no mosaics. The task confocal has them.")
    chosen = {} if conditions is None else {"conditions": _condition(task.phantoms, conditions)}
    return cast(Path, write(out, side, seed, progress=progress, **chosen))


def write_wide(
    task: Renderable,
    out: Path | str,
    patients: int,
    seed: int = 0,
    *,
    conditions: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Render wide photos with several lesions each, whose truth is known.

    Args:
        task: such as ``get_task("drug_reaction")``; its renderer's module has a ``write_wide``.
        out: folder; made where it is missing.
        patients: each has one to four photos.
        seed: 0 or more.
        conditions: as for `write_phantoms`.
        progress: called with the number of patients just written.

    Returns:
        Path of the manifest.

    Raises:
        CutisError: the task has no wide photos, or not under those conditions, or a number is too small.
        OutputError: the folder already holds a manifest, or cannot be written to.
    """
    _need_conditions(task.phantoms, conditions)
    write = getattr(import_module(task.phantoms.partition(":")[0]), "write_wide", None)
    if write is None:
        raise CutisError(f"'{task.phantoms}' renders no wide photos. The task drug_reaction has them.")
    chosen = {} if conditions is None else {"conditions": _condition(task.phantoms, conditions)}
    return cast(Path, write(out, patients, seed, progress=progress, **chosen))


def default_size(task: Renderable, most: int) -> int:
    """Side of a photo in pixels: what the renderer's module names as ``PHOTO_SIZE``, else 224 or ``most``."""
    named: int | None = getattr(import_module(task.phantoms.partition(":")[0]), "PHOTO_SIZE", None)
    return named or min(_SIZE, most)


def load_renderer(name: str) -> Renderer:
    """The renderer named ``module:function``.

    Raises:
        CutisError: there is none of that name.
    """
    module, _, function = name.partition(":")
    try:
        return cast(Renderer, getattr(import_module(module), function))
    except (ImportError, AttributeError, ValueError) as error:
        raise CutisError(f"there is no renderer '{name}'. It is written as module:function.") from error


def shots(labels: Labels, seed: int, photos: tuple[int, int] | None = None) -> Iterator[Shot]:
    """Patients without end; every label has its turn.

    A patient has one label and one to three photos. Where labels are grades of an ordinal scale, a patient
    has four to eight photos, of places with different grades, as nobody is one grade all over.

    Args:
        photos: fewest and most of a patient, for renderers that say so; labels are not grades then.
    """
    if isinstance(labels, Ordinal):
        yield from _graded_shots(labels, seed)
        return
    number = 0
    patient = 0
    while True:
        turn, place = divmod(patient, len(labels))
        order = generator(seed, 0, turn).permutation(len(labels))
        lot = generator(seed, 1, patient)
        if photos is None:
            count = 1 + int(lot.choice(len(_PHOTOS_SHARE), p=_PHOTOS_SHARE))
        else:
            count = int(lot.integers(photos[0], photos[1] + 1))
        for view in range(count):
            yield Shot(number, patient, view, labels.names[order[place]])
            number += 1
        patient += 1


def _graded_shots(labels: Labels, seed: int) -> Iterator[Shot]:
    number = 0
    patient = 0
    while True:
        for view in range(int(generator(seed, 1, patient).integers(_GRADED[0], _GRADED[1] + 1))):
            turn, place = divmod(number, len(labels))
            order = generator(seed, 0, turn).permutation(len(labels))
            yield Shot(number, patient, view, labels.names[order[place]])
            number += 1
        patient += 1


def _photos(renderer: str) -> tuple[int, int] | None:
    """Fewest and most photos of a patient, where the renderer's module names ``PHOTOS_OF_A_PATIENT``."""
    return getattr(import_module(renderer.partition(":")[0]), "PHOTOS_OF_A_PATIENT", None)


def _need_conditions(renderer: str, conditions: str | None) -> None:
    render = load_renderer(renderer)
    if conditions is None:
        return
    if "conditions" not in signature(render).parameters:
        raise CutisError(f"'{renderer}' has no conditions to choose from. Leave the option out.")
    _condition(renderer, conditions)


def _condition(renderer: str, name: str) -> object:
    """The renderer's conditions of that name."""
    by_name: Mapping[str, object] = import_module(renderer.partition(":")[0]).BY_NAME
    if name not in by_name:
        raise CutisError(f"there are no conditions '{name}'. There are: {', '.join(by_name)}.")
    return by_name[name]


def refuse(n: int, seed: int, manifest: Path) -> None:
    """Raise where numbers are too small or a manifest is there already."""
    if n < 1:
        raise CutisError(f"n is {n}, but at least one photo has to be rendered.")
    if seed < 0:
        raise CutisError(f"seed is {seed}, not a number from 0 upwards.")
    if manifest.exists():
        raise OutputError(f"{manifest}: is there already. Choose another folder, or delete it first.")


def generator(seed: int, *key: int) -> np.random.Generator:
    """Chance that depends on the seed and on what it is for."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def each(write: Callable[[_T], dict[str, Any]], todo: list[_T], jobs: int) -> Iterator[dict[str, Any]]:
    """What a function makes of each job, in their order, in so many processes."""
    if jobs <= 1 or len(todo) < _WORTH_A_PROCESS:
        yield from map(write, todo)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Spawned, not forked: the caller may have threads.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(write, todo, chunksize=min(16, -(-len(todo) // jobs)))


def _write(job: _Job) -> dict[str, Any]:
    """Render and store one photo; what its row in the manifest says."""
    shot = job.shot
    chosen = {} if job.conditions is None else {"conditions": _condition(job.renderer, job.conditions)}
    rendered = load_renderer(job.renderer)(
        shot.label,
        job.size,
        generator(job.seed, 3, shot.patient, shot.view),
        subject=generator(job.seed, 2, shot.patient),
        **chosen,
    )
    suffix = "jpg" if rendered.image.ndim == 3 else "png"  # grey microscopy keeps its speckle
    name = f"r{job.seed}_{shot.number:06d}"
    row: dict[str, Any] = {
        "image": f"images/{name}.{suffix}",
        "image_id": name,
        "patient_id": f"r{job.seed}_p{shot.patient:05d}",
        "label": shot.label,
    }
    store(rendered.image, job.out / row["image"])
    if job.masks:
        row["mask"] = f"masks/{name}.png"
        store(rendered.mask, job.out / row["mask"])
    for key, value in rendered.truth.items():
        if isinstance(value, bool | int | float | str):
            row[key] = round(value, 4) if isinstance(value, float) else value
    return row


def store(pixels: NDArray[np.uint8] | NDArray[np.bool_], path: Path) -> None:
    """Write a picture that says that it is rendered, as JPEG or PNG by its suffix."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    with replacing(path) as scratch:
        if path.suffix == ".jpg":
            Image.fromarray(pixels).save(scratch, "JPEG", quality=_QUALITY, subsampling=0, comment=_COMMENT)
        else:
            told = PngInfo()
            told.add_text("Comment", _COMMENT)
            Image.fromarray(pixels).save(scratch, "PNG", pnginfo=told)
