"""What is sent: the photo, its report, a picture of what speaks for the answer, and that as a map."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.imaging.read import read_rgb
from cutis.interop.dicom.description import Description, Patient, Study
from cutis.interop.dicom.modules import as_bytes
from cutis.interop.dicom.overlay import overlay
from cutis.interop.dicom.report import report
from cutis.interop.dicom.segmentation import segmentation
from cutis.interop.dicom.sites import side_of, site_code
from cutis.interop.dicom.uids import RESULTS, uid_of
from cutis.interop.dicom.wrap import wrap
from cutis.interop.fhir.results import DicomImage, Finding, Outcome, Picture
from cutis.web.analyse import grids
from cutis.web.analyse.results import results_of
from cutis.web.analyse.view import shown
from cutis.web.database import Analysis, Delivery, Photo, Prevalence
from cutis.web.gateway.gateway import Gateway
from cutis.web.gateway.rules import Rule
from cutis.web.gateway.said import chosen, model_of, predictions, risk_of

_SPACE = "cutis gateway"


@dataclass(frozen=True, eq=False)
class Material:
    """All that results are made from.

    Attributes:
        delivery: that they are of.
        rule: that it follows.
        photo: of the study.
        rows: answers that are reported.
        prevalence: of what the patient's answer looks for, where the study says it.
    """

    delivery: Delivery
    rule: Rule
    photo: Photo
    rows: tuple[Analysis, ...]
    prevalence: float | None

    @property
    def moment(self) -> dt.datetime:
        """When the last answer came: the same however often results are made."""
        return max((one.finished or one.created for one in self.rows), default=self.photo.created)


def material(session: Session, delivery: Delivery) -> Material | None:
    """What results are made from; None where the photo is no more.

    Once it is settled which answers are reported, later ones are not added: results that are sent again are
    the same ones.
    """
    photo = session.get(Photo, delivery.photo_id) if delivery.photo_id else None
    if photo is None or delivery.way is None:
        return None
    rule = Rule.model_validate(delivery.way["rule"])
    rows = results_of(session, photo)
    settled = delivery.way.get("answers")
    if settled is not None:
        found = tuple(one for name in settled for one in rows if one.id == name)
        return Material(delivery, rule, photo, found, delivery.way.get("prevalence"))
    reported = tuple(chosen(rows, rule.tasks, gate=rule.quality_gate))
    return Material(delivery, rule, photo, reported, _prevalence(session, photo, reported))


def _prevalence(session: Session, photo: Photo, rows: tuple[Analysis, ...]) -> float | None:
    """How common it is what the patient's answer looks for, where the study says so."""
    for one in rows:
        result = one.result or {}
        if result["kind"] == "lesions":
            return session.scalar(
                select(Prevalence.share).where(
                    Prevalence.study_id == photo.study_id,
                    Prevalence.task == result["task"],
                    Prevalence.label == result["rule"]["positive"],
                )
            )
    return None


def image_of(gateway: Gateway, delivery: Delivery) -> tuple[Any, bytes]:
    """The photo as a DICOM data set, and as the file that is sent: as it came, or wrapped.

    Its UIDs follow from what it is, so that it is one object however often it is made.
    """
    place = gateway.arrived / delivery.place
    if delivery.media == "dicom":
        import pydicom

        return pydicom.dcmread(place), place.read_bytes()
    data = wrap([place], _kind(delivery), _description(delivery), exif_time=False).data
    return data, as_bytes(data)


def objects(gateway: Gateway, found: Material) -> dict[str, bytes]:
    """DICOM objects to send, by the names of their files."""
    image, content = image_of(gateway, found.delivery)
    wanted = set(found.rule.objects)
    made = {"photo.dcm": content} if "photo" in wanted else {}
    named = predictions(str(image.SOPInstanceUID), found.rows)
    for number, prediction in enumerate(named):
        if "report" in wanted:
            made[f"report-{number}.dcm"] = as_bytes(report(image, prediction, moment=found.moment))
    for number, row in enumerate(found.rows):
        result = row.result or {}
        if "overlay" in wanted:
            picture = as_bytes(
                overlay(image, drawn(gateway, found, row), model_of(result), result["title"],
                        moment=found.moment, packing="jpeg-ls")
            )  # fmt: skip
            made[f"overlay-{number}.dcm"] = picture
        if "segmentation" in wanted and (whole := _map(result)) is not None:
            name, values = whole
            label = Outcome(name or "weak", _title(result, name), 0.0)
            map_of = segmentation(image, values[None], [label], model_of(result))
            made[f"segmentation-{number}.dcm"] = as_bytes(map_of)
    return made


def made_here(session: Session, patient: str | None = None) -> frozenset[str]:
    """UIDs of the photos that were wrapped here, and of the series of what was made of photos.

    By them a server's objects are known to be no new photos. Photos of who withdrew are among them.

    Args:
        patient: of whose photos, by the number that they came with; None for everybody.
    """
    found: set[str] = set()
    answered = select(Delivery.identity, Analysis.bundle_digest).outerjoin(
        Analysis, Analysis.photo_id == Delivery.photo_id
    )
    if patient is not None:
        answered = answered.where(Delivery.patient == patient)
    for identity, digest in session.execute(answered):
        photo = identity.removeprefix("uid:")
        if identity == photo:
            found.add(photo := _photo_uid(identity))
        if digest:
            found.update(uid_of(part, photo, digest) for part in RESULTS)
    return frozenset(found)


def finding(gateway: Gateway, found: Material, subject: str, base: str, *, embed: bool) -> Finding | None:
    """What a record is sent; None where no model had an answer.

    Args:
        gateway: that sends.
        found: what it is made from.
        subject: the patient at the record.
        base: address of the record.
        embed: the photo itself goes along; otherwise its checksum, and its place in the archive.
    """
    image, _ = image_of(gateway, found.delivery)
    image_id = str(image.SOPInstanceUID)
    named = tuple(predictions(image_id, found.rows))
    if not named:
        return None
    sent = gateway.platform.store.photo(found.photo.digest, found.photo.kind).read_bytes()
    prevalences = {} if found.prevalence is None else _prevalences(found)
    sentences = [one.sentence for one in shown(found.rows, prevalences) if one.kind == "lesions"]
    risk = risk_of(image_id, found.rows, found.prevalence, sentences[0]) if sentences else None
    archived = DicomImage(
        str(image.StudyInstanceUID), str(image.SeriesInstanceUID), image_id, str(image.SOPClassUID)
    )
    photo = Picture(
        image_id,
        subject,
        content_type="image/jpeg" if found.photo.kind == "jpg" else "image/png",
        digest=hashlib.sha256(sent).hexdigest(),
        data=sent if embed else b"",
        title="Photo of the skin",
        taken=_zoned(found.delivery.taken),
        width=found.photo.width,
        height=found.photo.height,
        body_site=found.delivery.body_site,
        side=found.delivery.side,
        dicom=archived,
    )
    pictures = [photo]
    for row in found.rows:
        pixels = _png(drawn(gateway, found, row))
        title = f"{(row.result or {})['title']}: what the model looked at"
        digest = hashlib.sha256(pixels).hexdigest()
        pictures.append(
            Picture(image_id, subject, "overlay", "image/png", digest=digest, data=pixels, title=title)
        )
    when = found.moment.astimezone(dt.UTC).isoformat(timespec="seconds")
    return Finding(subject, when, named, tuple(pictures), risk, base=base)


def drawn(gateway: Gateway, found: Material, row: Analysis) -> NDArray[np.uint8]:
    """(height, width, 3) The small photo, with what speaks for the answer drawn over it."""
    result = row.result or {}
    store = gateway.platform.store
    pixels = read_rgb(store.preview(found.photo.digest))
    picture = Image.fromarray(pixels).convert("RGBA")
    if (name := _layer(result)) is not None:
        layer = Image.open(io.BytesIO(grids.layer(result["layers"][name], picture.width, picture.height)))
        veil = layer.convert("RGBA").resize(picture.size)
        veil.putalpha(veil.getchannel("A").point([value // 2 for value in range(256)]))
        picture = Image.alpha_composite(picture, veil)
    pen = ImageDraw.Draw(picture)
    for one in result.get("lesions", ()):
        top, left, bottom, right = one["box"]
        box = (left * picture.width, top * picture.height, right * picture.width, bottom * picture.height)
        pen.rectangle(box, outline=(255, 255, 255, 255), width=2)
    for area in result.get("areas", ()):
        outline = [(x * picture.width, y * picture.height) for x, y in area["outline"]]
        pen.line([*outline, outline[0]], fill=(255, 255, 255, 255), width=2)
    return np.asarray(picture.convert("RGB"), np.uint8)


def _layer(result: dict[str, Any]) -> str | None:
    layers = result.get("layers") or {}
    name = result.get("answer", "")
    return name if name in layers else ("" if "" in layers else None)


def _map(result: dict[str, Any]) -> tuple[str, NDArray[np.float32]] | None:
    """A layer over the whole photo, 0 to 1, of at most 512 cells a side."""
    name = _layer(result)
    if name is None:
        return None
    said = result["layers"][name]
    if not said["most"] > 0:
        return None
    width, height = result["photo"]["width"], result["photo"]["height"]
    shrunk = min(1.0, 512 / max(width, height))
    size = max(1, round(width * shrunk)), max(1, round(height * shrunk))
    top, left, bottom, right = said["window"]
    box = round(left * size[0]), round(top * size[1]), round(right * size[0]), round(bottom * size[1])
    inside = max(1, box[2] - box[0]), max(1, box[3] - box[1])
    grown = Image.fromarray(grids.unpacked(said)).resize(inside, Image.Resampling.BILINEAR)
    whole = np.zeros((size[1], size[0]), np.float32)
    whole[box[1] : box[1] + inside[1], box[0] : box[0] + inside[0]] = np.clip(np.asarray(grown), 0, 1)
    return name, whole


def _title(result: dict[str, Any], name: str) -> str:
    if not name:
        return "Where the photo is weak"
    return next((str(one["title"]) for one in result["labels"] if one["name"] == name), name)


def _prevalences(found: Material) -> dict[tuple[str, str], float]:
    assert found.prevalence is not None
    results = [one.result or {} for one in found.rows]
    return {(one["task"], one["rule"]["positive"]): found.prevalence for one in results if "rule" in one}


def _photo_uid(identity: str) -> str:
    return uid_of(_SPACE, "photo", identity)


def _description(delivery: Delivery) -> Description:
    patient = f"{delivery.issuer}\0{delivery.patient}"
    moment = _moment(delivery)
    day = moment.date().isoformat()
    own = delivery.identity
    try:
        site = site_code(delivery.body_site) if delivery.body_site else None
    except Exception:  # a word that the standard has no place for
        site = None
    return Description(
        patient=Patient(id=delivery.patient[:64]),
        study=Study(
            uid=uid_of(_SPACE, "study", patient, delivery.source, day),
            moment=moment,
            description="Photos of the skin",
        ),
        site=site,
        laterality=side_of(delivery.side) if delivery.side else None,
        acquired=moment if delivery.taken else None,
        series_uid=uid_of(_SPACE, "series", patient, delivery.source, day, _kind(delivery)),
        instance_uid=_photo_uid(own),
        instance_number=1 + int(uid_of(own)[-8:]) % 99999,
    )


def _moment(delivery: Delivery) -> dt.datetime:
    if delivery.taken:
        try:
            found = dt.datetime.fromisoformat(delivery.taken)
            return found if found.tzinfo else found.astimezone()
        except (ValueError, OverflowError):
            pass
    return delivery.created.astimezone()


def _zoned(moment: str) -> str:
    try:
        return dt.datetime.fromisoformat(moment).astimezone().isoformat(timespec="seconds") if moment else ""
    except (ValueError, OverflowError):
        return ""


def _kind(delivery: Delivery) -> Any:
    return delivery.modality if delivery.modality in ("clinical", "dermoscopic", "confocal") else "clinical"


def _png(pixels: NDArray[np.uint8]) -> bytes:
    return grids.png(Image.fromarray(pixels))
