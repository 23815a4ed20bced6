"""Copies of a photo are found however they were made; different lesions are not taken for copies."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from cutis.core.manifest import read_manifest
from cutis.data.duplicates import Pair, find_duplicates
from cutis.imaging.read import read_rgb

Pixels = NDArray[np.uint8]
Change = Callable[[Image.Image], Image.Image]


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    content = io.BytesIO()
    image.convert("RGB").save(content, "JPEG", quality=quality)
    return Image.open(content).convert("RGB")


def resized(image: Image.Image, share: float) -> Image.Image:
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BILINEAR)


def cropped(image: Image.Image, share: float, side: float = 0.5) -> Image.Image:
    width, height = round(image.width * (1 - share)), round(image.height * (1 - share))
    left, top = round((image.width - width) * side), round((image.height - height) * side)
    return image.crop((left, top, left + width, top + height))


def warmer(image: Image.Image) -> Image.Image:
    gains = (1.1, 1.0, 0.9)
    bands = [
        band.point(lambda v, gain=gain: min(255, v * gain))
        for band, gain in zip(image.split(), gains, strict=True)
    ]
    return Image.merge("RGB", bands)


COPIES: dict[str, tuple[Change, str]] = {
    "re-encoded": (lambda image: jpeg(image, 60), ""),
    "resized to 80%": (lambda image: resized(image, 0.8), ""),
    "half the size": (lambda image: resized(image, 0.5), ""),
    "cropped by 3%": (lambda image: cropped(image, 0.03), ""),
    "cropped by 3% at one side": (lambda image: cropped(image, 0.03, 0.0), ""),
    "brighter": (lambda image: ImageEnhance.Brightness(image).enhance(1.15), ""),
    "darker": (lambda image: ImageEnhance.Brightness(image).enhance(0.8), ""),
    "less contrast": (lambda image: ImageEnhance.Contrast(image).enhance(0.75), ""),
    "warmer": (warmer, ""),
    "mirrored": (lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "mirrored"),
    "upside down": (lambda image: image.transpose(Image.Transpose.ROTATE_180), "rotated"),
    "turned left": (lambda image: image.transpose(Image.Transpose.ROTATE_90), "rotated"),
    "turned right": (lambda image: image.transpose(Image.Transpose.ROTATE_270), "rotated"),
    "transposed": (lambda image: image.transpose(Image.Transpose.TRANSPOSE), "mirrored"),
    "several of these": (
        lambda image: jpeg(cropped(resized(image, 0.8), 0.02).transpose(Image.Transpose.ROTATE_90), 70),
        "rotated",
    ),
}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, photo: Callable[..., Pixels]) -> list[Path]:
    """Forty photos of different lesions."""
    folder = tmp_path_factory.mktemp("crowd")
    for seed in range(40):
        Image.fromarray(photo(seed)).save(folder / f"{seed:02}.png")
    return sorted(folder.iterdir())


def test_photos_of_different_lesions_are_no_copies(crowd: list[Path]) -> None:
    assert find_duplicates(crowd) == []


def test_every_kind_of_copy_is_found_with_how_it_was_turned(
    crowd: list[Path], tmp_path: Path, photo: Callable[..., Pixels]
) -> None:
    copies = []
    for at, (change, _) in enumerate(COPIES.values()):
        copies.append(tmp_path / f"{at:02}.png")
        change(Image.fromarray(photo(at))).save(copies[-1])
    found = {(pair.first, pair.second): pair for pair in find_duplicates([*crowd, *copies])}
    expected = {(at, len(crowd) + at): turned for at, (_, turned) in enumerate(COPIES.values())}
    assert {places: pair.turned for places, pair in found.items()} == expected
    assert all(0 < pair.distance <= 0.57 and not pair.exact for pair in found.values())


def test_equal_pixels_are_exact_copies_whatever_the_file(
    tmp_path: Path, photo: Callable[..., Pixels]
) -> None:
    image = Image.fromarray(photo(3))
    for name in ("a.png", "b.bmp", "c.tiff"):
        image.save(tmp_path / name)
    Image.fromarray(photo(4)).save(tmp_path / "d.png")
    found = find_duplicates(sorted(tmp_path.iterdir()))
    assert found == [Pair(0, 1, 0.0), Pair(0, 2, 0.0), Pair(1, 2, 0.0)]
    assert all(pair.exact for pair in found)


def test_a_near_copy_of_an_exact_copy_is_paired_with_both(
    tmp_path: Path, photo: Callable[..., Pixels]
) -> None:
    image = Image.fromarray(photo(3))
    image.save(tmp_path / "a.png")
    jpeg(image, 60).save(tmp_path / "b.png")
    image.save(tmp_path / "c.png")
    found = find_duplicates(sorted(tmp_path.iterdir()))
    assert [(pair.first, pair.second, pair.exact) for pair in found] == [
        (0, 1, False),
        (0, 2, True),
        (1, 2, False),
    ]


def test_of_very_many_equal_photos_each_is_paired_with_the_first(
    tmp_path: Path, photo: Callable[..., Pixels]
) -> None:
    Image.fromarray(photo(3)).save(tmp_path / "a.png")
    assert find_duplicates([tmp_path / "a.png"] * 100) == [Pair(0, at, 0.0) for at in range(1, 100)]


def test_empty_photos_are_copies_only_when_they_are_equal(tmp_path: Path) -> None:
    for name, grey in (("a", 80), ("b", 81), ("c", 80)):
        Image.new("RGB", (64, 64), (grey, grey, grey)).save(tmp_path / f"{name}.png")
    assert find_duplicates(sorted(tmp_path.iterdir())) == [Pair(0, 2, 0.0)]


def test_unreadable_photos_are_left_out(tmp_path: Path, photo: Callable[..., Pixels]) -> None:
    for name in ("b.png", "d.png"):
        Image.fromarray(photo(3)).save(tmp_path / name)
    for name in ("a.png", "c.png"):
        (tmp_path / name).write_bytes(b"nothing")
    assert find_duplicates(sorted(tmp_path.iterdir())) == [Pair(1, 3, 0.0)]


@pytest.mark.parametrize("count", [0, 1])
def test_a_collection_of_one_or_none_has_no_copies(count: int, crowd: list[Path]) -> None:
    assert find_duplicates(crowd[:count]) == []


def test_large_collections_are_searched_through_a_graph_of_neighbours(
    crowd: list[Path], tmp_path: Path, photo: Callable[..., Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.png"
    cropped(Image.fromarray(photo(7)).transpose(Image.Transpose.ROTATE_90), 0.03).save(copy)
    brute = find_duplicates([*crowd, copy])
    monkeypatch.setattr("cutis.data.candidates._BRUTE_FORCE", 1)
    assert find_duplicates([*crowd, copy]) == brute != []


# Pairs of photos that their owners list under two lesions; seen by eye to show one and the same lesion.
SAME_LESION = (
    ("ISIC_0027027", "ISIC_0029036"),
    ("ISIC_0025387", "ISIC_0029880"),
    ("ISIC_0025226", "ISIC_0030074"),
    ("ISIC_0034228", "ISIC_0034248"),
    ("ISIC_0033391", "ISIC_0034186"),
    ("ISIC_0033421", "ISIC_0033481"),
    ("ISIC_0025281", "ISIC_0026904"),
    ("ISIC_0029152", "ISIC_0033173"),
    ("ISIC_0027636", "ISIC_0027994"),
    ("ISIC_0028014", "ISIC_0028585"),
    ("ISIC_0024479", "ISIC_0028756"),
)
# Different lesions that look alike from afar; seen by eye.
LOOK_ALIKES = (
    ("ISIC_0024704", "ISIC_0030251"),
    ("ISIC_0024876", "ISIC_0031933"),
    ("ISIC_0033852", "ISIC_0034064"),
    ("ISIC_0033253", "ISIC_0033852"),
    ("ISIC_0033048", "ISIC_0033253"),
    ("ISIC_0025850", "ISIC_0026834"),
    ("ISIC_0033497", "ISIC_0033739"),
    ("ISIC_0028067", "ISIC_0029368"),
)


@pytest.mark.data
def test_on_real_photos_the_known_copies_are_found_and_look_alikes_are_not(shared_data: Path) -> None:
    manifest = read_manifest(shared_data / "ham10000" / "manifest.csv")
    lesions = manifest.table.unique("lesion_id", keep="first", maintain_order=True)
    named = [name for pair in (*SAME_LESION, *LOOK_ALIKES) for name in pair]
    others = lesions.filter(~pl.col("image_id").is_in(named))["image_id"].to_list()[:400]
    path_of = dict(zip(manifest.table["image_id"], manifest.paths, strict=True))
    ids = list(dict.fromkeys([*named, *others]))
    found = find_duplicates([path_of[name] for name in ids])
    assert {(ids[pair.first], ids[pair.second]) for pair in found} == set(SAME_LESION)


@pytest.fixture(scope="module")
def originals(shared_data: Path) -> list[Path]:
    """Photos of sixty different real lesions."""
    manifest = read_manifest(shared_data / "ham10000" / "manifest.csv")
    lesions = manifest.table.with_row_index("at").unique("lesion_id", keep="first", maintain_order=True)
    return [manifest.paths[at] for at in lesions["at"].to_list()[::124]][:60]


@pytest.mark.data
@pytest.mark.parametrize("kind", COPIES)
def test_of_sixty_real_photos_at_most_two_copies_are_missed(
    originals: list[Path], tmp_path: Path, kind: str
) -> None:
    change, turned = COPIES[kind]
    copies = [tmp_path / f"{path.stem}.png" for path in originals]
    for path, copy in zip(originals, copies, strict=True):
        change(Image.fromarray(read_rgb(path))).save(copy, compress_level=1)
    found = find_duplicates([*originals, *copies])
    hits = [pair for pair in found if pair.second == pair.first + len(originals)]
    assert len(hits) == len(found) >= 58
    assert {pair.turned for pair in hits} == {turned}
