"""The engine gives the same answer for the same pixels however they arrive, in order, in little memory."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import cutis
from cutis.core.errors import BundleError, ImageError
from cutis.runtime.engine import Engine, Result

GREENISH = (10, 200, 30)


@pytest.fixture
def engine(colour_bundle: Path) -> Engine:
    return Engine.open(colour_bundle)


def plain(colour: tuple[int, int, int] = GREENISH, height: int = 20, width: int = 30) -> NDArray[np.uint8]:
    return np.broadcast_to(np.array(colour, dtype=np.uint8), (height, width, 3)).copy()


def encoded(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_answer_names_the_label_and_gives_every_probability(engine: Engine) -> None:
    result = engine(plain())
    assert (result.label, result.title) == ("green", "Green")
    assert list(result.probabilities) == ["red", "green", "blue"]
    assert sum(result.probabilities.values()) == pytest.approx(1)
    powers = np.exp(0.05 * np.array(GREENISH))
    np.testing.assert_allclose(list(result.probabilities.values()), powers / powers.sum(), rtol=1e-5)
    assert result.saliency.shape == (3, 1, 1)
    np.testing.assert_allclose(result.embedding, GREENISH)


def test_a_photo_may_come_as_a_path_as_bytes_as_an_array_or_from_pillow(
    engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(encoded(plain()))
    expected = engine(plain()).probabilities
    for photo in (tmp_path / "a.png", str(tmp_path / "a.png"), encoded(plain()), Image.fromarray(plain())):
        assert engine(photo).probabilities == expected


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1)])
def test_grey_arrays_are_taken_as_grey(engine: Engine, shape: tuple[int, ...]) -> None:
    result = engine(np.full(shape, 90, dtype=np.uint8))
    np.testing.assert_allclose(result.embedding, 90)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((20, 30, 4), np.uint8), "has shape (20, 30, 4); expected (height, width, 3)"),
        (np.zeros((3, 20, 30), np.uint8), "has shape (3, 20, 30)"),
        (np.zeros((0, 30, 3), np.uint8), "has shape (0, 30, 3)"),
        (np.zeros((20, 30, 3), np.float32), "holds float32; expected uint8"),
    ],
)
def test_other_arrays_are_refused_with_what_was_expected(
    engine: Engine, array: NDArray[np.uint8], message: str
) -> None:
    with pytest.raises(ImageError) as error:
        engine(array)
    assert message in str(error.value)


def test_a_file_that_is_no_image_is_named(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("hello")
    with pytest.raises(ImageError, match=r"a\.jpg"):
        engine(tmp_path / "a.jpg")


def test_a_stream_keeps_the_order_and_goes_on_past_what_cannot_be_read(
    engine: Engine, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    paths = []
    for number in range(60):
        paths.append(tmp_path / f"{number}.png")
        side = int(rng.integers(8, 400))  # so that later ones are done sooner
        paths[-1].write_bytes(encoded(plain((number, 0, 0), side, side)) if number % 10 else b"damaged")
    found = list(engine.stream(paths))
    assert [path for path, _ in found] == paths
    for number, (path, answer) in enumerate(found):
        if number % 10:
            assert isinstance(answer, Result)
            assert answer.embedding[0] == pytest.approx(number)
        else:
            assert isinstance(answer, ImageError)
            assert answer.path == path


def test_a_stream_gives_what_single_questions_give(engine: Engine) -> None:
    photos = [plain((number * 4, 255 - number, 7), 40, 50) for number in range(20)]
    for photo, answer in engine.stream(photos):
        assert isinstance(answer, Result)
        assert answer.probabilities == engine(photo).probabilities


def test_a_stream_reads_only_a_little_ahead(engine: Engine) -> None:
    taken = 0

    def endless() -> Iterator[NDArray[np.uint8]]:
        nonlocal taken
        while True:
            taken += 1
            yield plain()

    answers = engine.stream(endless())
    for _ in range(100):
        next(answers)
    answers.close()
    assert taken <= 100 + 4 * engine.threads


def test_a_stream_that_is_left_early_stops_its_workers(engine: Engine) -> None:
    answers = engine.stream(plain() for _ in range(1000))
    next(answers)
    answers.close()
    deadline = time.monotonic() + 10
    while any(thread.name.startswith("cutis") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_huge_photo_is_averaged_down_before_the_graph_sees_it(engine: Engine) -> None:
    fine = np.zeros((640, 800, 3), np.uint8)
    fine[::2] = 200  # stripes that careless resizing would turn into white or black
    np.testing.assert_allclose(engine(fine).embedding, 100, atol=1)


def test_the_name_of_no_shipped_bundle_says_which_there_are() -> None:
    with pytest.raises(BundleError, match=r"there is no shipped bundle 'nonsense'\. Shipped bundles: "):
        cutis.load("nonsense")


def test_a_graph_that_cannot_run_is_a_bundle_error(colour_bundle: Path) -> None:
    from dataclasses import replace

    engine = Engine.open(colour_bundle)
    broken = Engine(replace(engine.bundle, model=b"not a graph"))
    with pytest.raises(BundleError, match="cannot open its graph"):
        broken(plain())


def test_predicting_loads_neither_torch_nor_plotting(colour_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(plain()))
    script = (
        "import sys; from cutis.cli import main\n"
        f"sys.argv = ['cutis', 'predict', {str(colour_bundle)!r}, {str(tmp_path / 'a.png')!r}, "
        f"'--out', {str(tmp_path / 'p.csv')!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "heavy = {'torch', 'torchvision', 'matplotlib', 'sklearn', 'scipy', 'faiss', 'pandera', 'polars'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded: []"
