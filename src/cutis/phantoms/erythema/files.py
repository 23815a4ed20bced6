"""Wide photos of many patients and their truth as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cutis.core.errors import CutisError, OutputError
from cutis.core.files import replacing
from cutis.core.manifest import write_manifest
from cutis.phantoms.erythema.conditions import USUAL, Conditions
from cutis.phantoms.erythema.patient import LABELS
from cutis.phantoms.erythema.wide import Wide, render_wide
from cutis.phantoms.files import generator

_COMMENT = "Rendered by cutis. Not a photo of a person."
_QUALITY = 95  # the camera's own compression is in the picture already
_TRUE_OF_A_PHOTO = ("skin_type", "body_site", "age", "sex", "eruption", "stage", "field_mm", "conditions")


def write_wide(
    out: Path | str,
    patients: int,
    seed: int = 0,
    *,
    size: int = 768,
    conditions: Conditions = USUAL,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Render wide photos of patients, half of them with a severe reaction, into a folder.

    Patient number i depends on the seed and on i, not on how many are asked for. A killed run leaves photos
    but no manifest; running it again writes the same photos.

    Args:
        out: folder; made where it is missing.
        patients: at least 1; each has one to four photos.
        seed: 0 or more.
        size: short side of a photo, pixels.
        conditions: ranges from which patients and photos are drawn.
        progress: called with the number of patients just written.

    Returns:
        Path of ``manifest.csv``, written last, with one row a photo: image, image_id, patient_id, reaction,
        skin_type, body_site, modality, rendered, lesions (how many), mask (16-bit PNG of lesion numbers) and
        what else is true. ``lesions.csv`` beside it has one row a lesion: image_id, patient_id, lesion, kind,
        sign, row, column, diameter, top, left, bottom, right; in pixels, the ends of the box left out.

    Raises:
        CutisError: a number is too small.
        OutputError: the folder already holds a manifest, or cannot be written to.
    """
    folder = Path(out)
    if patients < 1:
        raise CutisError(f"patients is {patients}, but at least one has to be rendered.")
    if seed < 0:
        raise CutisError(f"seed is {seed}, not a number from 0 upwards.")
    manifest = folder / "manifest.csv"
    if manifest.exists():
        raise OutputError(f"{manifest}: is there already. Choose another folder, or delete it first.")
    photos: list[dict[str, Any]] = []
    lesions: list[dict[str, Any]] = []
    for patient in range(patients):
        _write_patient(folder, patient, seed, size, conditions, photos, lesions)
        if progress is not None:
            progress(1)
    columns = ("image_id", "patient_id", "lesion", "kind", "sign", "row", "column", "diameter")
    schema = [*columns, "top", "left", "bottom", "right"]
    table = pl.DataFrame(lesions, infer_schema_length=None) if lesions else pl.DataFrame(schema=schema)
    with replacing(folder / "lesions.csv") as scratch:
        table.write_csv(scratch)
    write_manifest(pl.DataFrame(photos, infer_schema_length=None), manifest)
    return manifest


def _write_patient(
    folder: Path,
    patient: int,
    seed: int,
    size: int,
    conditions: Conditions,
    photos: list[dict[str, Any]],
    lesions: list[dict[str, Any]],
) -> None:
    turn, place = divmod(patient, len(LABELS))
    label = LABELS[generator(seed, 0, turn).permutation(len(LABELS))[place]]
    name = f"w{seed}_p{patient:05d}"
    photo, count = 0, 1
    while photo < count:
        wide = render_wide(
            label,
            size,
            generator(seed, 3, patient, photo),
            subject=generator(seed, 2, patient),
            conditions=conditions,
            photo=photo,
        )
        count = wide.truth["photos"]
        own = f"{name}_{photo}"
        _store(wide, folder, own)
        photos.append(
            {"image": f"images/{own}.jpg", "image_id": own, "patient_id": name, "reaction": label}
            | {"modality": "clinical", "rendered": True, "lesions": len(wide.lesions)}
            | {"mask": f"masks/{own}.png"}
            | {key: _short(wide.truth[key]) for key in _TRUE_OF_A_PHOTO}
        )
        for spot in wide.lesions:
            top, left, bottom, right = spot.box
            lesions.append(
                {"image_id": own, "patient_id": name, "lesion": spot.number, "kind": spot.kind}
                | {"sign": spot.sign, "row": round(spot.row, 1), "column": round(spot.column, 1)}
                | {"diameter": round(spot.diameter, 1)}
                | {"top": top, "left": left, "bottom": bottom, "right": right}
            )
        photo += 1


def _store(wide: Wide, folder: Path, name: str) -> None:
    with replacing(folder / "images" / f"{name}.jpg") as scratch:
        picture = Image.fromarray(wide.image)
        picture.save(scratch, "JPEG", quality=_QUALITY, subsampling=0, comment=_COMMENT)
    told = PngInfo()
    told.add_text("Comment", _COMMENT)
    with replacing(folder / "masks" / f"{name}.png") as scratch:
        numbers: NDArray[np.uint16] = wide.mask.astype(np.uint16)
        Image.fromarray(numbers).save(scratch, "PNG", pnginfo=told)


def _short(value: Any) -> Any:
    return round(value, 2) if isinstance(value, float) else value
