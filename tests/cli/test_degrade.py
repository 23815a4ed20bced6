"""`cutis data degrade` as a user types it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from PIL import Image

from cutis.cli import degrade
from cutis.core.errors import CutisError
from cutis.core.manifest import read_manifest

# The command by itself: the other commands of the group are not this test's business.
ALONE = """
import sys
import typer
from cutis.cli import degrade
from cutis.core.errors import CutisError

data = typer.Typer(rich_markup_mode=None)
data.callback()(lambda: None)
degrade.register(data)
try:
    data(prog_name="cutis data")
except CutisError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
finally:
    print(*sorted({"torch", "matplotlib", "sklearn", "cv2"} & set(sys.modules)), file=sys.stderr)
"""


def cutis(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", ALONE, "degrade", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def within(*arguments: str) -> None:
    """The same in this process, which is faster; errors come through."""
    app = typer.Typer()
    degrade.register(app)
    app(list(arguments), standalone_mode=False)


@pytest.fixture
def base(tmp_path: Path, photo: Callable[..., NDArray[np.uint8]]) -> Path:
    for index in range(3):
        Image.fromarray(photo(index, 40, 40)).save(tmp_path / f"p{index}.png")
    (tmp_path / "base.csv").write_text("image,lesion_id\np0.png,a\np1.png,a\np2.png,b\n")
    return tmp_path / "base.csv"


def test_the_last_line_says_where_the_manifest_is_and_nothing_heavy_is_loaded(
    base: Path, tmp_path: Path
) -> None:
    options = ("--copies", 2, "--seed", 5, "--settings", "shifted", "--single", "--half", 0.5)
    done = cutis(base, "--out", tmp_path / "set", *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1].endswith(str(tmp_path / "set" / "manifest.csv"))
    manifest = read_manifest(tmp_path / "set" / "manifest.csv", target="quality")
    assert len(manifest) == 6
    assert manifest.group == "lesion_id"
    assert done.stderr.strip() == ""


def test_a_photo_that_cannot_be_read_is_named_and_the_others_are_written(base: Path, tmp_path: Path) -> None:
    (tmp_path / "p1.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    done = cutis(base, "--out", tmp_path / "set")
    assert done.returncode == 1
    assert "p1.png" in done.stderr
    assert "1 of 3 photos could not be read." in done.stderr
    assert "Traceback" not in done.stderr
    assert len(read_manifest(tmp_path / "set" / "manifest.csv")) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--settings", "odd"), "there are no settings 'odd'"),
        (("--copies", "0"), "copies is 0"),
        (("--half", "2"), "half is 2.0"),
        (("--seed", "-3"), "seed is -3"),
    ],
)
def test_options_that_make_no_sense_are_one_clear_message(
    base: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CutisError) as error:
        within(str(base), "--out", str(tmp_path / "set"), *options)
    assert message in str(error.value)
    assert not (tmp_path / "set").exists()


def test_no_processes_are_wrong_usage(base: Path, tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter) as error:
        within(str(base), "--out", str(tmp_path / "set"), "--jobs", "0")
    assert "greater than or equal to 1" in error.value.message
    assert not (tmp_path / "set").exists()
