"""Fields on the skin: the same place on the skin looks the same in every view."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.phantoms.canvas import Canvas, Field, View, blur, rise

SEED = st.integers(0, 2**32 - 1)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def half(field: Field) -> Field:
    size = field.shape[0] // 2
    return np.asarray(field.reshape(size, 2, size, 2).mean(axis=(1, 3)))


@pytest.mark.parametrize("kind", ["smooth", "rough"])
def test_a_small_picture_shows_the_same_field_as_a_large_one(kind: str) -> None:
    small, large = Canvas(View(112, 10.0, 0.4)), Canvas(View(224, 10.0, 0.4))
    ours, theirs = getattr(small, kind)(rng(), 2.0), half(getattr(large, kind)(rng(), 2.0))
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.97


def test_a_shifted_view_shows_the_same_skin_elsewhere() -> None:
    pixel = 10.0 / 200
    still = Canvas(View(200, 10.0)).cells(rng(), 0.8).edge
    moved = Canvas(View(200, 10.0, shift=(30 * pixel, 0.0))).cells(rng(), 0.8).edge
    assert np.abs(still[:, 30:] - moved[:, :-30]).mean() < 0.02


@given(seed=SEED, scale=st.floats(0.5, 4.0))
def test_noise_is_centred_and_of_unit_size(seed: int, scale: float) -> None:
    field = Canvas(View(128, 60.0)).smooth(rng(seed), scale)
    assert abs(field.mean()) < 0.35
    assert 0.6 < field.std() < 1.4


@given(
    angle=st.floats(0, 6.28),
    across=st.floats(-3, 3),
    down=st.floats(-3, 3),
    shift=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
)
def test_a_place_on_the_skin_is_drawn_on_the_pixel_that_shows_it(
    angle: float, across: float, down: float, shift: tuple[float, float]
) -> None:
    canvas = Canvas(View(100, 12.0, angle, shift))
    place = canvas.to_pixels(np.array([[across, down]]))[0]
    column, line = np.floor(place).astype(int)
    if 0 <= column < 100 and 0 <= line < 100:
        assert abs(float(canvas.x[line, column]) - across) < canvas.pixel
        assert abs(float(canvas.y[line, column]) - down) < canvas.pixel


@pytest.mark.parametrize("width", [0.02, 0.1, 0.4])
def test_a_line_covers_its_length_times_its_width(width: float) -> None:
    canvas = Canvas(View(200, 10.0))
    path = np.stack([np.linspace(-3, 3, 21), np.linspace(-1, 1, 21)], axis=1)
    covered = canvas.draw([path], [np.full(21, width)]).sum() * canvas.pixel**2
    assert covered == pytest.approx(np.hypot(6, 2) * width, rel=0.25)


def test_a_line_outside_the_picture_leaves_no_mark() -> None:
    path = np.array([[50.0, 50.0], [60.0, 60.0]])
    assert Canvas(View(64, 10.0)).draw([path], [np.full(2, 0.3)]).max() == 0


def test_a_disc_has_the_area_of_a_disc() -> None:
    canvas = Canvas(View(200, 10.0))
    assert canvas.disc((0.5, -0.5), 2.0).sum() * canvas.pixel**2 == pytest.approx(np.pi * 4, rel=0.02)


@pytest.mark.parametrize("regular", [True, False])
def test_cells_are_as_far_apart_as_asked(regular: bool) -> None:
    canvas = Canvas(View(300, 10.0))
    dots = canvas.cells(rng(), 0.5, regular=regular).dots(0.2)
    assert dots.mean() == pytest.approx(np.pi * 0.2**2, rel=0.15)  # one dot per square of the spacing


@given(width=st.floats(0.01, 5.0))
def test_rise_goes_from_nothing_to_all_without_turning_back(width: float) -> None:
    steps = rise(np.linspace(-5, 5, 201, dtype=np.float32), width)
    assert steps[0] <= 0.01 or width > 4.9
    assert (np.diff(steps) >= 0).all()
    assert steps[100] == pytest.approx(0.5, abs=1e-5)


def test_blur_keeps_the_mean_and_takes_the_detail() -> None:
    field = Canvas(View(64, 10.0)).rough(rng(), 1.0)
    soft = blur(field, 2.0)
    assert soft.mean() == pytest.approx(field.mean(), abs=0.05)
    assert soft.std() < 0.9 * field.std()
