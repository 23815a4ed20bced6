"""`cutis data import` as a user types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from cutis.core.manifest import read_manifest
from cutis.data.importers import importer_names

# The command by itself: the other commands of the group are not this test's business.
ALONE = """
import sys
import typer
from cutis.cli import data_import
from cutis.core.errors import CutisError

data = typer.Typer(rich_markup_mode=None)
data.callback()(lambda: None)
data_import.register(data)
try:
    data(prog_name="cutis data")
except CutisError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def cutis(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", ALONE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def ddi(tmp_path: Path) -> Path:
    folder = tmp_path / "ddi"
    folder.mkdir()
    rows = "0,1,000001.png,56,True,melanoma-in-situ\n1,2,000002.png,12,False,melanocytic-nevi\n"
    (folder / "ddi_metadata.csv").write_text(",DDI_ID,DDI_file,skin_tone,malignant,disease\n" + rows)
    for name in ("000001.png", "000002.png"):
        Image.new("RGB", (4, 4)).save(folder / name)
    return folder


def test_a_set_becomes_a_manifest_and_the_last_line_says_where_it_is(ddi: Path, tmp_path: Path) -> None:
    out = tmp_path / "manifest.csv"
    done = cutis("import", "ddi", ddi, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"Manifest: {out}"
    assert "Licence: Stanford" in done.stdout
    assert "malignant" in done.stdout
    assert read_manifest(out, target="malignancy").labels == ("benign", "malignant")


def test_missing_images_stop_it_unless_they_are_to_be_left_out(ddi: Path, tmp_path: Path) -> None:
    (ddi / "000002.png").unlink()
    out = tmp_path / "manifest.csv"
    stopped = cutis("import", "ddi", ddi, "--out", out)
    assert stopped.returncode == 1
    assert "1 of 2 images that the tables list are not here: 000002.png." in stopped.stderr
    assert not out.exists()
    done = cutis("import", "ddi", ddi, "--out", out, "--skip-missing")
    assert done.returncode == 0, done.stderr
    assert "Left out: 1 images that are not there (000002.png)." in done.stdout
    assert pl.read_csv(out).height == 1


def test_an_unknown_name_lists_the_importers(ddi: Path, tmp_path: Path) -> None:
    done = cutis("import", "ham", ddi, "--out", tmp_path / "manifest.csv")
    assert done.returncode == 1
    assert all(name in done.stderr for name in importer_names())
    assert "Traceback" not in done.stderr


def test_help_names_every_set() -> None:
    done = cutis("import", "--help")
    assert done.returncode == 0
    words = done.stdout.replace(",", " ").replace(".", " ").split()
    assert set(importer_names()) <= set(words)


def test_wrong_usage_is_status_2(ddi: Path) -> None:
    assert cutis("import", "ddi", ddi).returncode == 2
