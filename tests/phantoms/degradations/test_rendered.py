"""Rendered photos of a wanted grade."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.errors import CutisError
from cutis.phantoms.degradations import BY_NAME, GRADES, RATERS, REASONS, SHIFTED, majority, render


@pytest.mark.parametrize("label", GRADES)
def test_the_raters_of_a_rendered_photo_agree_on_its_label(label: str) -> None:
    for seed in range(3):
        photo = render(label, 48, np.random.default_rng(seed))
        ratings = {name: photo.truth.get(name) for name in RATERS}
        assert majority(ratings) == int(label)
        assert photo.image.shape == (48, 48, 3)
        assert photo.mask.shape == (48, 48)
        assert {f"severity_{reason}" for reason in REASONS} <= set(photo.truth)


def test_the_same_states_give_the_same_photo_and_conditions_matter() -> None:
    def made(conditions: str, seed: int = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        rng, subject = np.random.default_rng(seed), np.random.default_rng(9)
        return render("1", 48, rng, subject=subject, conditions=BY_NAME[conditions]).image

    np.testing.assert_array_equal(made("usual"), made("usual"))
    assert (made("usual") != made("shifted")).any()


def test_settings_are_told() -> None:
    photo = render("2", 32, np.random.default_rng(0), conditions=SHIFTED)
    assert photo.truth["settings"] == "shifted"
    assert photo.truth["skin_type"] in range(1, 7)


def test_an_unknown_grade_is_said() -> None:
    with pytest.raises(CutisError, match=r"no grade '5'\. The grades are: 1, 2, 3, 4"):
        render("5", 32, np.random.default_rng(0))
