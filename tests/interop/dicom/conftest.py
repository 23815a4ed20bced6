"""Photos, peers that nobody here wrote, and an archive on a free port."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytest.importorskip("pydicom", reason="needs the 'dicom' extra")
pytest.importorskip("highdicom", reason="needs the 'dicom' extra")

from cutis.interop.dicom.description import Dermoscope, Description, Device, Microscope, Patient, Study
from cutis.interop.dicom.sites import site_code
from cutis.interop.fhir.results import Answer, Model, Outcome, Point, Prediction, PredictionSet, Quality

PLUGINS = ("/usr/share/orthanc/plugins", "/usr/local/share/orthanc/plugins")


def _program(name: str) -> str:
    # pynetdicom puts scripts of the same names beside the interpreter; they are no peers.
    own = Path(sys.executable).parent
    places = [one for one in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(one) != own]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip(
            f"{name} is not installed (Debian: apt install dcmtk dicom3tools orthanc orthanc-dicomweb)"
        )
    return found


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """The path of a program, or a skipped test where it is missing."""
    return _program


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens at."""
    return _free_port()


@pytest.fixture(scope="session")
def skin() -> NDArray[np.uint8]:
    """(61, 83, 3): blobs, so that lossy codecs have something to lose."""
    rng = np.random.default_rng(7)
    coarse = Image.fromarray(rng.integers(60, 230, (8, 10, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((83, 61), Image.Resampling.BICUBIC))


@pytest.fixture(scope="session")
def files(skin: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Photos of several formats."""
    folder = tmp_path_factory.mktemp("photos")
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "A maker", "A model"
    inner = exif.get_ifd(0x8769)
    inner[33434], inner[33437], inner[34855], inner[37385] = 0.01, 4.0, 200, 16
    inner[0x9003], inner[0x9011] = "2024:05:06 07:08:09", "+09:00"
    exif.get_ifd(0x8825)[1] = "N"
    turned = Image.Exif()
    turned[0x0112] = 6
    image = Image.fromarray(skin)
    image.save(folder / "photo.jpg", quality=90, exif=exif)
    image.save(folder / "turned.jpg", quality=90, exif=turned)
    image.save(folder / "progressive.jpg", quality=90, progressive=True)
    image.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
    image.convert("L").save(folder / "grey.jpg", quality=90)
    image.save(folder / "photo.png")
    image.save(folder / "photo.tif", compression="tiff_lzw")
    image.save(folder / "photo.webp", lossless=True)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture
def said() -> Description:
    """Everything that can be said."""
    import datetime as dt

    return Description(
        patient=Patient("P-1", "Müller^Zoë", dt.date(1980, 2, 29), "F"),
        study=Study(id="S1", accession="A1", description="Follow-up", referrer="Haus^Gregor"),
        device=Device("", "", "SN 5", "", "A hospital"),
        site=site_code("face"),
        laterality="left",
        dermoscope=Dermoscope(True, True, ("ALCOHOL",), 10.0, 5500.0),
        microscope=Microscope(830.0, 0.5, 5.0),
        acquired=dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        recognisable=True,
        comment="a comment",
        lesion=("lesion 3", "2.25.77"),
    )


@pytest.fixture
def prediction() -> Prediction:
    """A model's answer with all that there may be."""
    model = Model(
        "dermoscopy", "1.2", "ab" * 32, "dermoscopy", "Dermoscopic diagnosis", True, "dermoscopic", "CC0"
    )
    outcomes = (
        Outcome("melanocytic_nevus", "Melanocytic nevus", 1 / 3, (0.1, 0.5)),
        Outcome("basal_cell_carcinoma", "Basal cell carcinoma", 2 / 3, (0.2, 0.9)),
    )
    return Prediction(
        model,
        "photo",
        (Answer("", "", "basal_cell_carcinoma", outcomes),),
        (
            Point(
                "95% sensitivity", "basal_cell_carcinoma", 0.1234567890123456789, "sensitivity >= 0.95", True
            ),
        ),
        0.95,
        PredictionSet(("basal_cell_carcinoma",), 0.9),
        Quality("3", "Acceptable", True, 0.87, 0.5, (Outcome("blur", "Blurred", 0.1),), "image_quality 1.0"),
    )


@pytest.fixture
def errors(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], list[str]]:
    """What dciodvfy finds wrong with a data set or a file."""
    validator = _program("dciodvfy")
    place = tmp_path_factory.mktemp("asked") / "a.dcm"

    def ask(thing: Any) -> list[str]:
        if not isinstance(thing, Path):
            thing.save_as(place, enforce_file_format=True)
        path = thing if isinstance(thing, Path) else place
        done = subprocess.run([validator, "-new", path], capture_output=True, check=False)
        lines = done.stderr.decode(errors="replace").splitlines()
        assert lines, "dciodvfy said nothing"
        return [line for line in lines if line.startswith("Error")]

    return ask


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Orthanc with DICOMweb: its ports, on loopback, with a folder of its own."""
    server = _program("Orthanc")
    folder = tmp_path_factory.mktemp("orthanc")
    plugin = next((str(path) for root in PLUGINS for path in Path(root).glob("libOrthancDicomWeb.so")), None)
    if plugin is None:
        pytest.skip("Orthanc's DICOMweb plugin is not installed (Debian: apt install orthanc-dicomweb)")
    ports = {"http": _free_port(), "dicom": _free_port()}
    settings = {
        "Name": "cutis tests",
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "HttpPort": ports["http"],
        "DicomPort": ports["dicom"],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": False,
        "DicomAlwaysAllowStore": True,
        "Plugins": [plugin],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([server, str(folder / "orthanc.json")], stdout=log, stderr=log, cwd=folder)
    try:
        _wait(ports["http"], running, folder / "log")
        yield {**ports, "web": f"http://127.0.0.1:{ports['http']}/dicom-web"}
    finally:
        running.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(20)
        running.kill()


def _wait(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if running.poll() is not None:
            pytest.skip(f"Orthanc does not start here: {log.read_text(errors='replace')[-300:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.skip("Orthanc did not start within 30 seconds")
