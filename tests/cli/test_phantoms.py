"""`cutis data phantoms` as a user types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from cutis.core.manifest import read_manifest

# The command by itself: the other commands of the group are not this test's business.
ALONE = """
import sys
import typer
from cutis.cli import phantoms
from cutis.core.errors import CutisError

data = typer.Typer(rich_markup_mode=None)
data.callback()(lambda: None)
phantoms.register(data)
try:
    data(prog_name="cutis data")
except CutisError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
finally:
    print(*sorted({"torch", "matplotlib", "sklearn"} & set(sys.modules)), file=sys.stderr)
"""


def cutis(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", ALONE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_last_line_says_where_the_manifest_is_and_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    done = cutis("phantoms", "dermoscopy", "--out", tmp_path / "set", "-n", 3, "--seed", 5, "--size", 32)
    assert done.returncode == 0, done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert "not for care" in last
    assert last.endswith(str(tmp_path / "set" / "manifest.csv"))
    assert len(read_manifest(tmp_path / "set" / "manifest.csv", target="diagnosis")) == 3
    assert done.stderr.strip() == ""


def test_an_unknown_task_is_one_clear_message(tmp_path: Path) -> None:
    done = cutis("phantoms", "dermatoscopy", "--out", tmp_path / "set", "-n", 3)
    assert done.returncode == 1
    assert "there is no task 'dermatoscopy'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "set").exists()


def test_a_mosaic_needs_no_number_of_photos(tmp_path: Path) -> None:
    options = ("--out", tmp_path / "set", "--mosaic", 256, "--conditions", "shifted")
    done = cutis("phantoms", "confocal", *options)
    assert done.returncode == 0, done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert "not for care" in last
    assert last.endswith(str(tmp_path / "set" / "mosaic.tif"))
    assert (tmp_path / "set" / "grade.tif").is_file()
    assert not (tmp_path / "set" / "manifest.csv").exists()


def test_neither_photos_nor_a_mosaic_is_wrong_usage(tmp_path: Path) -> None:
    done = cutis("phantoms", "confocal", "--out", tmp_path / "set")
    assert done.returncode == 2
    assert "give the number of photos" in done.stderr


def test_patches_have_the_size_that_the_network_reads(tmp_path: Path) -> None:
    done = cutis("phantoms", "confocal", "--out", tmp_path / "set", "-n", 2, "--seed", 1)
    assert done.returncode == 0, done.stderr
    for path in read_manifest(tmp_path / "set" / "manifest.csv", target="grade").paths:
        with Image.open(path) as patch:
            assert patch.size == (192, 192)


def test_wide_photos_are_of_as_many_patients_as_are_asked_for(tmp_path: Path) -> None:
    done = cutis("phantoms", "drug_reaction", "--wide", "--out", tmp_path / "set", "-n", 1)
    assert done.returncode == 0, done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert "not for care" in last
    assert last.endswith(str(tmp_path / "set" / "manifest.csv"))
    assert read_manifest(tmp_path / "set" / "manifest.csv").table["patient_id"].n_unique() == 1
    assert (tmp_path / "set" / "lesions.csv").is_file()


def test_a_size_is_not_left_aside(tmp_path: Path) -> None:
    done = cutis("phantoms", "dermoscopy", "--out", tmp_path / "set", "-n", 1, "--size", 0)
    assert done.returncode == 1
    assert "size is 0" in done.stderr
    for only in (("drug_reaction", "--wide", "-n", 1), ("confocal", "--mosaic", 256)):
        task, *options = only
        done = cutis("phantoms", task, "--out", tmp_path / "set", "--size", 64, *options)
        assert done.returncode == 2
        assert "have a size of their own" in done.stderr
    assert not (tmp_path / "set").exists()
