"""Rendered dermoscopy: promises of the renderer, and that what is true can be seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import CutisError
from cutis.phantoms.dermoscopy import LABELS, render
from cutis.phantoms.rendered import Rendered
from cutis.tasks import get_task


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(list(seed))


def many(label: str, count: int = 12, size: int = 48) -> list[Rendered]:
    return [render(label, size, rng(7, number)) for number in range(count)]


def inside_over_outside(photo: Rendered, name: str) -> float:
    """How much more of something there is inside the lesion than outside."""
    field = photo.truth[name]
    if photo.mask.all() or not photo.mask.any():
        return float("nan")
    return float(field[photo.mask].mean() / (field[~photo.mask].mean() + 1e-6))


def test_every_label_of_the_task_can_be_rendered() -> None:
    assert set(LABELS) == set(get_task("dermoscopy").labels.names)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("size", [16, 96, 224])
def test_every_label_renders_at_every_size(label: str, size: int) -> None:
    photo = render(label, size, rng(size))
    assert photo.image.shape == (size, size, 3)
    assert photo.image.dtype == np.uint8
    assert photo.mask.shape == (size, size)
    assert photo.mask.dtype == bool
    assert photo.image.std() > 3
    for name in ("melanin", "haemoglobin", "keratin"):
        field = photo.truth[name]
        assert field.shape == (size, size)
        assert np.isfinite(field).all()
        assert field.min() >= 0


@pytest.mark.parametrize("label", LABELS)
def test_the_lesion_is_in_the_photo(label: str) -> None:
    shares = [photo.mask.mean() for photo in many(label)]
    assert np.mean([share > 0.003 for share in shares]) > 0.8
    assert np.mean(shares) > 0.02


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), label=st.sampled_from(LABELS))
def test_the_same_seed_gives_the_same_photo(seed: int, label: str) -> None:
    first, second = render(label, 32, rng(seed)), render(label, 32, rng(seed))
    assert (first.image == second.image).all()
    assert (first.mask == second.mask).all()


@pytest.mark.parametrize("label", LABELS)
def test_another_seed_gives_another_photo(label: str) -> None:
    photos = [photo.image.astype(float) for photo in many(label, 4)]
    for number, one in enumerate(photos):
        for other in photos[:number]:
            assert np.abs(one - other).mean() > 4


@pytest.mark.parametrize("label", ["melanocytic_nevus", "psoriasis", "rosacea", "keloid_hypertrophic_scar"])
def test_a_small_photo_is_the_large_one_made_smaller(label: str) -> None:
    small = render(label, 96, rng(3)).image.astype(float)
    large = render(label, 192, rng(3)).image.astype(float)
    shrunk = large.reshape(96, 2, 96, 2, 3).mean(axis=(1, 3))
    assert np.corrcoef(small.ravel(), shrunk.ravel())[0, 1] > 0.95


def test_photos_of_one_subject_differ_but_show_the_same_person_and_lesion() -> None:
    one, other = (render("hemangioma", 96, rng(view), subject=rng(5)) for view in (1, 2))
    assert (one.image != other.image).any()
    for fact in ("skin_type", "age", "sex", "body_site", "severity"):
        assert one.truth[fact] == other.truth[fact]
    # The same lesion covers the same square millimetres, unless the frame cuts it.
    area = [photo.mask.mean() * photo.truth["width_mm"] ** 2 for photo in (one, other)]
    assert area[0] == pytest.approx(area[1], rel=0.2)


def test_darker_skin_types_have_more_melanin_and_darker_photos() -> None:
    melanin: dict[int, list[float]] = {}
    light: dict[int, list[float]] = {}
    for number in range(60):
        photo = render("acne_vulgaris", 32, rng(11, number))
        kind = photo.truth["skin_type"]
        melanin.setdefault(kind, []).append(float(np.median(photo.truth["melanin"])))
        light.setdefault(kind, []).append(float(np.median(photo.image)))
    types = sorted(melanin)
    assert len(types) == 6
    means = [np.mean(melanin[kind]) for kind in types]
    assert (np.diff(means) > 0).all()
    assert np.mean(light[1] + light[2]) > np.mean(light[5] + light[6]) + 20


@pytest.mark.parametrize(
    ("label", "what"),
    [
        ("melanocytic_nevus", "melanin"),
        ("seborrheic_keratosis", "melanin"),
        ("hemangioma", "haemoglobin"),
        ("port_wine_stain", "haemoglobin"),
        ("psoriasis", "haemoglobin"),
        ("psoriasis", "keratin"),
        ("rosacea", "haemoglobin"),
        ("lichen_planus", "keratin"),
        ("viral_warts", "keratin"),
    ],
)
def test_the_mask_is_where_the_chromophores_change(label: str, what: str) -> None:
    assert np.nanmedian([inside_over_outside(photo, what) for photo in many(label, 16)]) > 1.15


def test_a_hemangioma_is_red_and_a_nevus_brown() -> None:
    red_over_green = {}
    for label in ("hemangioma", "melanocytic_nevus"):
        ratios = []
        for photo in many(label):
            if photo.mask.any() and not photo.mask.all():
                colour = photo.image.astype(float)
                within, around = colour[photo.mask].mean(axis=0), colour[~photo.mask].mean(axis=0)
                ratios.append((within[0] / within[1]) / (around[0] / around[1]))
        red_over_green[label] = np.median(ratios)
    assert red_over_green["hemangioma"] > 1.2 * red_over_green["melanocytic_nevus"]


def test_an_unknown_class_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CutisError, match=r"'melanoma' cannot be rendered.*psoriasis"):
        render("melanoma", 64, rng())


def test_a_photo_too_small_to_show_anything_is_refused() -> None:
    with pytest.raises(CutisError, match="size is 8"):
        render("psoriasis", 8, rng())


def simple_features(photo: Rendered) -> np.ndarray:
    """Colour statistics and contrasts at three scales: what any classifier sees at once."""
    image = photo.image.astype(float)
    middle = image[16:48, 16:48]
    statistics = [image.mean((0, 1)), image.std((0, 1)), middle.mean((0, 1)) - image.mean((0, 1))]
    statistics.append(np.percentile(image.mean(axis=2), [2, 25, 75, 98]))
    statistics += [np.abs(image[step:] - image[:-step]).mean((0, 1)) for step in (1, 3, 8)]
    return np.concatenate(statistics)


def test_classes_can_be_told_apart_but_not_by_simple_means() -> None:
    from sklearn.ensemble import ExtraTreesClassifier

    photos = [(label, render(label, 64, rng(23, number))) for number in range(24) for label in LABELS]
    features = np.array([simple_features(photo) for _, photo in photos])
    labels = np.array([label for label, _ in photos])
    half = len(photos) // 2
    model = ExtraTreesClassifier(200, random_state=0).fit(features[:half], labels[:half])
    accuracy = float((model.predict(features[half:]) == labels[half:]).mean())
    assert 2 / len(LABELS) < accuracy < 0.85
