"""A whole face: what its areas share."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cutis.imaging.face import Landmarks
from cutis.imaging.face.values import Box, Found
from cutis.imaging.measures import measure
from cutis.phantoms.faces import Sight, Sitter, render_faces
from cutis.phantoms.faces.face import sheet
from cutis.phantoms.facial import AREAS, draw_person, severity_field
from cutis.runtime.facial.analysis import Asked, analyse
from cutis.runtime.facial.values import AreaAnalysis, Source

DETAIL = 0.3  # mm per pixel in which skin is painted
POINTS = ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right")


@pytest.fixture(scope="module")
def areas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AreaAnalysis]:
    """Of a face whose cheeks alone are red."""
    sore = {name: 4.0 if name.startswith("cheek") else 0.0 for name in AREAS}
    severity = {"dermatitis": severity_field(sheet(DETAIL), sore)}
    person = draw_person(np.random.default_rng(3), (0, 1, 0, 0, 0, 0))
    sight = Sight(roll=0.0, yaw=0.0, pitch=0.0, scale=4.4, centre=(550.0, 581.0), distance=450.0)
    made = render_faces(
        [Sitter(person, sight, severity=severity)], (1320, 1100), np.random.default_rng(3), detail=DETAIL
    )
    truth = made.faces[0].landmarks
    found = Found(Box(220, 110, 880, 1100), Landmarks(**{name: truth[name] for name in POINTS}), 0.99)
    path = tmp_path_factory.mktemp("face") / "face.png"
    Image.fromarray(made.image).save(path)
    done = analyse(Source(path, "face", "A"), Asked(detector=lambda _: [found]))
    return {one.area.name: one for one in done.areas if one.measures}


def redness(one: AreaAnalysis) -> float:
    return one.values()["erythema_index"]


def test_redness_is_told_from_the_palest_skin_of_the_whole_face(areas: dict[str, AreaAnalysis]) -> None:
    red = [redness(areas[name]) for name in ("cheek_left", "cheek_right")]
    rest = [redness(one) for name, one in areas.items() if not name.startswith("cheek")]
    assert min(red) > 2 * max(rest)
    area = areas["cheek_left"].area
    alone = measure(area.image, area.mask, area.mm_per_pixel, ("erythema_index",))[0].value
    assert redness(areas["cheek_left"]) > alone + 1.0  # most of the cheek is red, and hides how much


def test_maps_of_redness_share_their_zero(areas: dict[str, AreaAnalysis]) -> None:
    fields = [
        next(each.map for each in one.measures if each.name == "erythema_index") for one in areas.values()
    ]
    values = np.concatenate([field[np.isfinite(field)] for field in fields if field is not None])
    assert np.quantile(values, 0.05) == pytest.approx(0.1 * _level(areas), abs=1.0)


def _level(areas: dict[str, AreaAnalysis]) -> float:
    """The palest redness of the face in the map's unit."""
    from cutis.imaging.measures import palest

    pale = palest((one.area.image, one.area.mask, one.area.mm_per_pixel) for one in areas.values())
    assert pale is not None
    return pale * 100 / float(np.log(10))
