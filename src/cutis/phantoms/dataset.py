"""A folder of rendered photos with its manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import signature
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, cast

import polars as pl

from cutis.core.errors import CutisError
from cutis.core.labels import Labels
from cutis.core.manifest import write_manifest
from cutis.phantoms.files import each, generator, refuse, store
from cutis.phantoms.rendered import Renderer
from cutis.phantoms.shots import Shot, shots

_SIZE = 224  # pixels, where the network takes as many


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
    own = _own(task, "write_photos", conditions)
    if own is not None:  # photos whose manifest has more than one target
        return cast(Path, own(out, n, seed, size=size, masks=masks, jobs=jobs, progress=progress))
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
    write = _own(task, "write_mosaic", conditions)
    if write is None:
        raise CutisError(f"'{task.phantoms}' renders no mosaics. The task confocal has them.")
    return cast(Path, write(out, side, seed, progress=progress))


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
    write = _own(task, "write_wide", conditions)
    if write is None:
        raise CutisError(f"'{task.phantoms}' renders no wide photos. The task drug_reaction has them.")
    return cast(Path, write(out, patients, seed, progress=progress))


def default_size(task: Renderable, most: int) -> int:
    """Side of a photo in pixels: what the renderer's module names as ``PHOTO_SIZE``, else 224 or ``most``."""
    named: int | None = getattr(_module(task.phantoms), "PHOTO_SIZE", None)
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


def _photos(renderer: str) -> tuple[int, int] | None:
    """Fewest and most photos of a patient, where the renderer's module names ``PHOTOS_OF_A_PATIENT``."""
    return getattr(_module(renderer), "PHOTOS_OF_A_PATIENT", None)


def _own(task: Renderable, function: str, conditions: str | None) -> Callable[..., Any] | None:
    """A function of the renderer's module, under the conditions that were asked for; None where it has none.

    Raises:
        CutisError: there are no such conditions.
    """
    _need_conditions(task.phantoms, conditions)
    found: Callable[..., Any] | None = getattr(_module(task.phantoms), function, None)
    if found is None or conditions is None:
        return found
    return partial(found, conditions=_condition(task.phantoms, conditions))


def _module(renderer: str) -> Any:
    return import_module(renderer.partition(":")[0])


def _need_conditions(renderer: str, conditions: str | None) -> None:
    render = load_renderer(renderer)
    if conditions is None:
        return
    if "conditions" not in signature(render).parameters:
        raise CutisError(f"'{renderer}' has no conditions to choose from. Leave the option out.")
    _condition(renderer, conditions)


def _condition(renderer: str, name: str) -> object:
    """The renderer's conditions of that name."""
    by_name: Mapping[str, object] = _module(renderer).BY_NAME
    if name not in by_name:
        raise CutisError(f"there are no conditions '{name}'. There are: {', '.join(by_name)}.")
    return by_name[name]


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
