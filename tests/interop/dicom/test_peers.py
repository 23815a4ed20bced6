"""Against programs that nobody here wrote: dcmtk and Orthanc."""

from __future__ import annotations

import io
import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.imaging.dicom import open_dicom_image
from cutis.imaging.read import read_rgb
from cutis.interop.dicom.description import Description, Patient
from cutis.interop.dicom.modules import as_bytes, save
from cutis.interop.dicom.overlay import overlay
from cutis.interop.dicom.receive import Listening, receiving
from cutis.interop.dicom.report import report
from cutis.interop.dicom.report_reader import read_report
from cutis.interop.dicom.segmentation import segmentation
from cutis.interop.dicom.send import Peer, echo, send
from cutis.interop.dicom.wrap import wrap
from cutis.interop.fhir.results import Prediction

KINDS = ("clinical", "dermoscopic", "confocal")


@pytest.fixture
def objects(
    files: dict[str, Path], said: Description, prediction: Prediction, tmp_path: Path
) -> dict[str, Path]:
    """One file of every kind that cutis writes."""
    made: dict[str, Any] = {kind: wrap([files["photo.jpg"]], kind, fresh(said)).data for kind in KINDS}
    for kind in KINDS:
        made[f"{kind} lossless"] = wrap([files["photo.png"]], kind, fresh(said)).data
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"slice{number}.png")
        noise = np.random.default_rng(number).integers(0, 256, (20, 30), dtype=np.uint8)
        Image.fromarray(noise).save(paths[-1])
    made["stack"] = wrap(paths, "confocal", fresh(said)).data
    photo = made["dermoscopic"]
    labels = prediction.answers[0].outcomes
    maps = np.random.default_rng(0).random((2, 5, 7)).astype(np.float32)
    made["report"] = report(photo, prediction)
    made["overlay"] = overlay(photo, read_rgb(files["photo.png"]), prediction.model, "Saliency")
    made["segmentation"] = segmentation(photo, maps, labels, prediction.model)
    made["binary segmentation"] = segmentation(photo, maps, labels, prediction.model, binary=True)
    folder = tmp_path / "objects"
    for name, data in made.items():
        save(data, folder / f"{name}.dcm")
    return {name: folder / f"{name}.dcm" for name in made}


def fresh(said: Description) -> Description:
    from dataclasses import replace

    from cutis.interop.dicom.uids import new_uid

    return replace(said, instance_uid=new_uid(), series_uid=new_uid())


def pixels_of(path: Path | bytes) -> list[NDArray[Any]]:
    image = open_dicom_image(path)
    return [image.stored(number) for number in range(image.frames)]


def test_dciodvfy_finds_no_error_in_any_object(
    objects: dict[str, Path], errors: Callable[[Any], list[str]]
) -> None:
    assert {name: errors(path) for name, path in objects.items()} == {name: [] for name in objects}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["", " lossless"])
def test_dcmtk_decodes_the_pixels_that_cutis_reads(
    kind: str, how: str, objects: dict[str, Path], tmp_path: Path, program: Callable[[str], str]
) -> None:
    decoder = program("dcmj2pnm")
    out = tmp_path / "a.png"
    subprocess.run([decoder, "+on", objects[kind + how], out], check=True, capture_output=True)
    seen = np.asarray(Image.open(out).convert("RGB")).astype(int)
    ours = read_rgb(objects[kind + how]).astype(int)
    if how:
        np.testing.assert_array_equal(seen, ours)
    else:
        # Both decode the same JPEG; its standard leaves them a few levels, and how chroma is spread.
        assert np.abs(seen - ours).mean() < 2.0


def test_the_jpeg_in_the_file_is_the_photo_as_dcmtk_sees_it(
    objects: dict[str, Path], files: dict[str, Path], tmp_path: Path, program: Callable[[str], str]
) -> None:
    dump = program("dcmdump")
    subprocess.run([dump, "+W", str(tmp_path), objects["clinical"]], check=True, capture_output=True)
    raw = [path.read_bytes() for path in tmp_path.glob("*.raw")]
    photo = files["photo.jpg"].read_bytes()
    assert any(content.rstrip(b"\0") == photo.rstrip(b"\0") for content in raw)


def test_dsr2html_renders_the_report(objects: dict[str, Path], program: Callable[[str], str]) -> None:
    page = subprocess.run(
        [program("dsr2html"), "+Rd", objects["report"]], capture_output=True, check=True
    ).stdout
    text = page.decode()
    for words in ("Imaging Measurement Report", "Probability of Basal cell carcinoma", "Zoë", "PRELIMINARY"):
        assert words in text
    assert "0.66666666666667" in text


@pytest.fixture
def storescp(tmp_path: Path, program: Callable[[str], str], free_port: int) -> Iterator[tuple[int, Path]]:
    """dcmtk's receiver, and the folder that it writes to."""
    folder, port = tmp_path / "storescp", free_port
    folder.mkdir()
    command = [program("storescp"), "+xa", "-od", str(folder), str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        if echo(Peer("127.0.0.1", port)):
            break
        time.sleep(0.1)
    yield port, folder
    running.terminate()
    running.wait()


def test_storescp_receives_what_we_send(storescp: tuple[int, Path], objects: dict[str, Path]) -> None:
    port, folder = storescp
    sent = send(list(objects.values()), Peer("127.0.0.1", port, "STORESCP"))
    assert {one.state for one in sent} == {"sent"}
    there = {str(pydicom.dcmread(path).SOPInstanceUID): path for path in folder.iterdir()}
    for path in objects.values():
        ours = pydicom.dcmread(path)
        theirs = there[str(ours.SOPInstanceUID)]
        if "PixelData" in ours:
            assert pydicom.dcmread(theirs).PixelData == ours.PixelData
        else:
            assert read_report(theirs) == read_report(path)


def test_storescu_and_echoscu_reach_our_receiver(
    objects: dict[str, Path], tmp_path: Path, program: Callable[[str], str]
) -> None:
    sender, caller = program("storescu"), program("echoscu")
    seen = []
    with receiving(tmp_path / "in", Listening(port=0), on_received=seen.append) as port:
        subprocess.run([caller, "127.0.0.1", str(port)], check=True, capture_output=True)
        for _ in range(2):
            paths = [
                objects[name] for name in ("clinical", "dermoscopic lossless", "stack", "report", "overlay")
            ]
            for path in paths:
                syntax = str(pydicom.dcmread(path).file_meta.TransferSyntaxUID)
                option = "-xy" if syntax.endswith(".4.50") else "-xe"
                subprocess.run(
                    [sender, option, "-R", "127.0.0.1", str(port), path], check=True, capture_output=True
                )
    assert [one.new for one in seen] == [True] * 5 + [False] * 5
    assert len(list((tmp_path / "in").iterdir())) == 5
    for path in paths:
        uid = pydicom.dcmread(path).SOPInstanceUID
        there = tmp_path / "in" / f"{uid}.dcm"
        if "report" in path.name:
            assert read_report(there) == read_report(path)
        else:
            for ours, theirs in zip(pixels_of(path), pixels_of(there), strict=True):
                np.testing.assert_array_equal(ours, theirs)


# Orthanc


def ask(web: str, path: str, accept: str = "application/dicom+json") -> bytes:
    request = urllib.request.Request(web + path, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=60) as reply:
        content: bytes = reply.read()
    return content


def archived(orthanc: dict[str, Any], uid: str) -> bytes:
    """The file as Orthanc holds it, by its own interface."""
    root = f"http://127.0.0.1:{orthanc['http']}"
    query = json.dumps({"Level": "Instance", "Query": {"SOPInstanceUID": uid}}).encode()
    with urllib.request.urlopen(f"{root}/tools/find", data=query, timeout=60) as reply:
        (one,) = json.loads(reply.read())
    with urllib.request.urlopen(f"{root}/instances/{one}/file", timeout=60) as reply:
        content: bytes = reply.read()
    return content


def test_orthanc_stores_every_object_and_its_pixels_are_those_that_were_sent(
    orthanc: dict[str, Any], objects: dict[str, Path]
) -> None:
    peer = Peer("127.0.0.1", orthanc["dicom"], "ORTHANC")
    assert echo(peer)
    sent = send(list(objects.values()), peer)
    assert {one.path.stem: one.told for one in sent if one.state != "sent"} == {}
    for path in objects.values():
        ours = pydicom.dcmread(path)
        theirs = archived(orthanc, ours.SOPInstanceUID)
        if "PixelData" in ours:
            for mine, held in zip(pixels_of(path), pixels_of(theirs), strict=True):
                np.testing.assert_array_equal(mine, held)
        else:
            assert read_report(theirs) == read_report(path)
    again = send(list(objects.values()), peer)
    assert {one.state for one in again} == {"sent"}


def test_dicomweb_stores_finds_and_gives_back(orthanc: dict[str, Any], objects: dict[str, Path]) -> None:
    from dicomweb_client.api import DICOMwebClient

    client = DICOMwebClient(orthanc["web"])
    data = {name: pydicom.dcmread(path) for name, path in objects.items()}
    client.store_instances(list(data.values()))  # STOW
    photo = data["dermoscopic"]
    study = str(photo.StudyInstanceUID)
    found = client.search_for_instances(
        study, search_filters={"SOPInstanceUID": str(photo.SOPInstanceUID)}
    )  # QIDO
    assert len(found) == 1
    series = client.search_for_series(study)
    assert {"DMS", "SR", "SEG"} <= {one["00080060"]["Value"][0] for one in series}
    for name in ("dermoscopic", "clinical lossless", "stack", "overlay", "report"):
        one = data[name]
        back = client.retrieve_instance(  # WADO
            study,
            str(one.SeriesInstanceUID),
            str(one.SOPInstanceUID),
            media_types=(("application/dicom", "*"),),
        )
        if name == "report":
            assert read_report(as_bytes(back)) == read_report(objects[name])
        else:
            for mine, held in zip(pixels_of(objects[name]), pixels_of(as_bytes(back)), strict=True):
                np.testing.assert_array_equal(mine, held)


def test_what_orthanc_shows_of_a_photo_is_the_photo(
    orthanc: dict[str, Any], files: dict[str, Path], said: Description, tmp_path: Path
) -> None:
    data = wrap([files["photo.png"]], "clinical", fresh(said)).data
    save(data, tmp_path / "a.dcm")
    assert send([tmp_path / "a.dcm"], Peer("127.0.0.1", orthanc["dicom"], "ORTHANC"))[0].state == "sent"
    series = f"/studies/{data.StudyInstanceUID}/series/{data.SeriesInstanceUID}"
    path = f"{series}/instances/{data.SOPInstanceUID}/rendered"
    shown = Image.open(io.BytesIO(ask(orthanc["web"], path, "image/png"))).convert("RGB")
    np.testing.assert_array_equal(np.asarray(shown), read_rgb(files["photo.png"]))


def test_a_photo_without_a_patient_is_not_sent(
    orthanc: dict[str, Any], files: dict[str, Path], tmp_path: Path
) -> None:
    save(wrap([files["photo.jpg"]], "clinical", Description(patient=Patient())).data, tmp_path / "a.dcm")
    (sent,) = send([tmp_path / "a.dcm"], Peer("127.0.0.1", orthanc["dicom"], "ORTHANC"))
    assert (sent.state, "names no patient" in sent.told) == ("refused", True)
