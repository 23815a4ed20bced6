"""`cutis predict` as a user meets it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.core.predictions import read_predictions

COMMAND = (sys.executable, "-m", "cutis")


def cutis(*arguments: object, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command, with files of at most ``limit`` bytes, as on a disk that is nearly full."""

    def before() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    words = [*COMMAND, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=before)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.full((20, 30, 3), (0, 200, 0), np.uint8)).save(path)
    return path


def repeated(photo: Path, count: int) -> Path:
    """A manifest that lists one photo many times, each time under another name."""
    table = photo.with_name("many.csv")
    rows = "".join(f"{photo.name},i{number:06d},L{number}\n" for number in range(count))
    table.write_text(f"image,image_id,lesion_id\n{rows}")
    return table


def test_the_last_line_says_where_the_result_is(colour_bundle: Path, photo: Path, tmp_path: Path) -> None:
    done = cutis("predict", colour_bundle, photo, "--out", tmp_path / "p.csv")
    assert done.returncode == 0
    last = f"Predictions: {tmp_path / 'p.csv'} (1 rows). For research use; not a medical device."
    assert done.stdout.splitlines()[-1] == last
    assert "colour was trained on rendered images, not for care." in done.stderr
    assert read_predictions([tmp_path / "p.csv"])["prediction"].to_list() == ["green"]


def test_unreadable_photos_are_listed_and_the_status_is_1(
    colour_bundle: Path, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_bytes(photo.read_bytes()[:50])
    done = cutis("predict", colour_bundle, photo, tmp_path / "bad.png", "--out", tmp_path / "p.csv")
    assert done.returncode == 1
    assert "bad.png: is truncated" in done.stderr
    assert "1 of 2 photos could not be read." in done.stderr
    assert "Traceback" not in done.stderr
    assert read_predictions([tmp_path / "p.csv"])["image_id"].to_list() == ["photo"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no.cutis", "{photo}", "--out", "{out}"), "no.cutis: there is no such bundle"),
        (("nonsense", "{photo}", "--out", "{out}"), "there is no shipped bundle 'nonsense'"),
        (("{photo}", "{photo}", "--out", "{out}"), "is not a complete bundle"),
        (("{bundle}", "nowhere", "--out", "{out}"), "nowhere: there is no such file or folder"),
        (("{bundle}", "{photo}", "--out", "{photo}"), "predictions are a .csv or a .parquet file"),
    ],
)
def test_a_mistake_is_one_message_and_status_1(
    colour_bundle: Path, photo: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    out = tmp_path / "p.csv"
    done = cutis("predict", *(word.format(bundle=colour_bundle, photo=photo, out=out) for word in arguments))
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_wrong_usage_is_status_2(colour_bundle: Path, photo: Path) -> None:
    assert cutis("predict", colour_bundle, photo).returncode == 2


def test_a_truncated_bundle_is_one_message(colour_bundle: Path, photo: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.cutis"
    cut.write_bytes(colour_bundle.read_bytes()[:-200])
    done = cutis("predict", cut, photo, "--out", tmp_path / "p.csv")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is not a complete bundle" in done.stderr


@pytest.mark.slow
def test_a_run_killed_with_signal_9_goes_on_where_it_was(
    colour_bundle: Path, photo: Path, tmp_path: Path
) -> None:
    table, out = repeated(photo, 12_000), tmp_path / "p.csv"
    words = [*COMMAND, "predict", str(colour_bundle), str(table), "--out", str(out)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    journal = out.with_name(".p.csv.journal")
    deadline = time.monotonic() + 120
    while not (journal.exists() and journal.stat().st_size > 20_000):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not out.exists()
    done = cutis("predict", colour_bundle, table, "--out", out)
    assert done.returncode == 0
    assert "rows are from the interrupted run." in done.stderr
    rows = read_predictions([out])
    assert rows["image_id"].to_list() == [f"i{number:06d}" for number in range(12_000)]
    assert not journal.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
def test_a_full_disk_is_one_message_and_what_is_done_is_kept(
    colour_bundle: Path, photo: Path, tmp_path: Path
) -> None:
    table, out = repeated(photo, 2_000), tmp_path / "p.csv"
    full = cutis("predict", colour_bundle, table, "--out", out, limit=50_000)
    assert full.returncode == 1
    assert "could not be written (File too large)" in full.stderr
    assert "Traceback" not in full.stderr
    assert not out.exists()
    done = cutis("predict", colour_bundle, table, "--out", out)
    assert done.returncode == 0
    assert "rows are from the interrupted run." in done.stderr
    assert read_predictions([out]).height == 2_000
