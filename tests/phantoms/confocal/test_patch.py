"""A patch: known grade, known cells, and nothing that gives the grade away."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from cutis.core.errors import CutisError
from cutis.phantoms.confocal import BY_NAME, GRADES, SHIFTED, USUAL, render
from cutis.phantoms.confocal.conditions import draw_microscope, draw_skin
from cutis.phantoms.confocal.optics import EDGE, blurred, moved
from cutis.phantoms.confocal.place import LEVELS


def patch(label: str, seed: int, size: int = 128, **more):  # type: ignore[no-untyped-def]
    return render(label, size, np.random.default_rng(seed), **more)


def test_the_same_generator_gives_the_same_patch() -> None:
    one, again, other = patch("3", 5), patch("3", 5), patch("3", 6)
    assert np.array_equal(one.image, again.image)
    assert one.truth["inflammation"] == again.truth["inflammation"]
    assert not np.array_equal(one.image, other.image)


@pytest.mark.parametrize("size", [16, 64, 130])
def test_a_patch_is_grey_and_as_large_as_asked(size: int) -> None:
    rendered = patch("2", 1, size)
    assert rendered.image.shape == rendered.mask.shape == (size, size)
    assert rendered.image.dtype == np.uint8
    assert rendered.truth["grade_map"].shape == (size, size)


@pytest.mark.parametrize("label", GRADES)
def test_inflammation_stays_near_its_grade(label: str) -> None:
    for seed in range(6):
        truth = patch(label, seed, 64).truth
        assert abs(truth["inflammation"] - int(label)) < 0.5
        assert truth["level"] in LEVELS
        assert truth["grade_map"].min() >= 0
        assert truth["grade_map"].max() <= 4


def test_raters_disagree_by_neighbouring_grades() -> None:
    truths = [(int(label), patch(label, seed, 16).truth) for label in GRADES for seed in range(40)]
    readings = np.array([[t[f"rater_{who}"] for who in "abcd"] for _, t in truths])
    off = np.abs(readings - np.array([[grade] for grade, _ in truths]))
    assert 0.6 < (off == 0).mean() < 0.95
    assert (off <= 1).mean() > 0.98
    assert (readings.std(axis=1) > 0).mean() > 0.2


def test_one_subject_has_one_skin_and_one_microscope() -> None:
    views = [patch("1", seed, 32, subject=np.random.default_rng(8)) for seed in range(3)]
    assert len({view.truth["pigment"] for view in views}) == 1
    assert not np.array_equal(views[0].image, views[1].image)


def test_the_mask_covers_the_cells() -> None:
    rendered = patch("4", 3)
    row, column = np.rint(rendered.truth["cells"]).astype(int).T
    inside = (row >= 2) & (row < 126) & (column >= 2) & (column < 126)
    assert inside.sum() > 5
    assert rendered.mask[row[inside], column[inside]].mean() > 0.9


def test_grey_levels_do_not_tell_the_grade() -> None:
    means = {
        label: np.mean([patch(label, 1000 * int(label) + seed, 64).image.mean() for seed in range(24)])
        for label in ("0", "4")
    }
    assert abs(means["0"] - means["4"]) < 15


def test_shifted_ranges_lie_outside_the_usual_ones() -> None:
    usual, shifted = asdict(USUAL), asdict(SHIFTED)
    for name in usual.keys() - {"name"}:
        assert shifted[name][0] > usual[name][1] or shifted[name][1] < usual[name][0], name


def test_what_is_drawn_lies_in_its_range() -> None:
    for conditions in BY_NAME.values():
        for seed in range(10):
            rng = np.random.default_rng(seed)
            drawn = asdict(draw_skin(conditions, rng)) | asdict(draw_microscope(conditions, rng))
            for name, limits in asdict(conditions).items():
                if name != "name":
                    assert limits[0] <= drawn[name] <= limits[1]


def test_blur_keeps_the_mean_and_rows_move_no_further_than_they_may() -> None:
    rng = np.random.default_rng(0)
    ramp = np.broadcast_to(np.arange(80, dtype=np.float32), (60 + 2 * EDGE, 80)).copy()
    shift = moved(ramp, 2.5, rng)[:, EDGE:-EDGE] - ramp[EDGE:-EDGE, EDGE:-EDGE]
    assert np.abs(shift).max() <= 2.5 + 1e-3
    assert shift.std() > 0.2
    field = rng.random((80, 80), dtype=np.float32)
    assert blurred(field, 1.0)[10:-10, 10:-10].mean() == pytest.approx(field.mean(), rel=0.02)
    assert blurred(field, 1.0).std() < 0.5 * field.std()


@pytest.mark.parametrize(("label", "size", "what"), [("5", 64, "no grade '5'"), ("1", 8, "size is 8")])
def test_what_cannot_be_rendered_is_named(label: str, size: int, what: str) -> None:
    with pytest.raises(CutisError, match=what):
        patch(label, 0, size)
