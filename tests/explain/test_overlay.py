from __future__ import annotations

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from cutis.explain import overlay
from cutis.explain.saliency import Window, window

values = arrays(np.float32, (5, 6), elements=st.floats(-3, 3, width=32))


def test_the_scale_only_grows_lighter() -> None:
    rgb = overlay.colours(np.linspace(0, 1, 64)).astype(float)
    luminance = rgb @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > 0).all()


@given(saliency=values)
def test_what_speaks_against_the_class_is_not_coloured(saliency: np.ndarray) -> None:
    scale, most = overlay.stretched(saliency)
    assert scale.min() >= 0
    assert scale.max() <= 1
    assert (scale[saliency <= 0] == 0).all()
    assert most == max(0, saliency.max())


def test_a_place_without_support_shows_the_photo_itself() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    nothing = np.zeros((4, 5), np.float32)
    np.testing.assert_array_equal(overlay.blend(photo, nothing, window(40, 50)), photo)


def test_what_the_model_did_not_see_stays_as_it_was() -> None:
    photo = np.full((30, 90, 3), 128, np.uint8)
    blended = overlay.blend(photo, np.ones((3, 4), np.float32), Window(0, 25, 30, 40))
    assert (blended[:, :25] == 128).all()
    assert (blended[:, 65:] == 128).all()
    assert (blended[:, 30:60] != 128).any(-1).all()
    assert (photo == 128).all()  # the photo given is not painted on


def test_the_legend_stands_below_the_picture_and_leaves_it_whole() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (100, 300, 3), dtype=np.uint8)
    page = np.asarray(overlay.with_legend(picture, "Speaks for melanoma", "no support", "+0.3 logit"))
    np.testing.assert_array_equal(page[:100], picture)
    below = page[100:]
    assert (below[:8] == 255).all()
    assert len(np.unique(below.reshape(-1, 3), axis=0)) > 60  # words and the scale


def test_pictures_are_written_as_what_they_are_called() -> None:
    picture = np.zeros((8, 9, 3), np.uint8)
    for kind in ("PNG", "WEBP", "JPEG"):
        assert Image.open(io.BytesIO(overlay.encoded(picture, kind))).format == kind
