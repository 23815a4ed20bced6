from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cutis.core.errors import CutisError
from cutis.explain import embedding_page
from cutis.explain.cases import Cases, embed_photos, write_table
from cutis.explain.embedding import flat_map
from cutis.explain.embedding_page import MapOfCases, measured, render, write_figure
from cutis.explain.inputs import gather
from cutis.explain.photos import Item
from cutis.explain.sprites import pack, side_for
from cutis.runtime.engine import Engine


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return Engine.open(bundle, threads=2)


@pytest.fixture(scope="module")
def cases(engine: Engine, manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    broken = tmp_path_factory.mktemp("broken") / "broken.png"
    broken.write_bytes(b"not an image")
    items = [*gather([manifest], engine.info.labels).items]
    items.insert(3, Item(broken, "broken", "x"))
    return embed_photos(engine, items, np.random.default_rng(0))


@pytest.fixture(scope="module")
def found(cases: Cases, engine: Engine) -> MapOfCases:
    return measured(
        cases,
        flat_map(cases.vectors),
        engine.info.labels,
        model="colours",
        title="Colour of the spot",
        group="patient_id",
        rendered=True,
        rng=np.random.default_rng(0),
    )


def page_data(html: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])


def test_photos_keep_their_order_past_one_that_cannot_be_read(cases: Cases, engine: Engine) -> None:
    assert [item.image_id for item in cases.items] == [f"photo_{n:02d}" for n in range(24)]
    assert [failure.path.name for failure in cases.failures] == ["broken.png"]
    for row in (0, 3, 23):
        np.testing.assert_allclose(cases.vectors[row], engine(cases.items[row].path).embedding, atol=1e-5)
    assert list(cases.predictions) == list(cases.labels)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".npz"])
def test_the_table_comes_back_as_it_was_written(
    cases: Cases, found: MapOfCases, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"embedding{suffix}"
    write_table(cases, found.positions, "patient_id", path)
    if suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            vectors, ids, groups, x = (arrays[name] for name in ("embedding", "image_id", "patient_id", "x"))
    else:
        table = pl.read_parquet(path) if suffix == ".parquet" else pl.read_csv(path)
        ids, groups, x = (table[name].to_numpy() for name in ("image_id", "patient_id", "x"))
        columns = (
            table["embedding"].to_list() if suffix == ".parquet" else table.select(pl.col("^e[0-9]+$")).rows()
        )
        vectors = np.array(columns)
    np.testing.assert_allclose(vectors, cases.vectors, rtol=1e-6)
    assert list(ids) == [item.image_id for item in cases.items]
    assert list(groups) == list(cases.groups)
    np.testing.assert_allclose(x, found.positions[:, 0])


def test_another_ending_is_refused(cases: Cases, found: MapOfCases, tmp_path: Path) -> None:
    with pytest.raises(CutisError, match=r"\.parquet"):
        write_table(cases, found.positions, "patient_id", tmp_path / "embedding.xlsx")


def test_colours_that_the_model_tells_apart_separate(found: MapOfCases) -> None:
    assert found.full.balanced.value > 0.95
    assert found.full.groups == 12


def test_every_point_shows_its_own_photo(found: MapOfCases) -> None:
    data = page_data(render(found))
    assert data["id"] == [item.image_id for item in found.cases.items]
    sheets = data["sheets"]
    uri = sheets["uris"][0]
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB")).astype(
        float
    )
    for point in (0, 7, 23):
        top, left = divmod(sheets["place"][point], sheets["across"])
        side = sheets["side"]
        tile = sheet[top * side : (top + 1) * side, left * side : (left + 1) * side]
        difference = [np.abs(tile - picture).mean() for picture in found.cases.pictures]
        assert int(np.argmin(difference)) == point


def test_positions_on_the_page_are_those_of_the_map_seen_from_above(found: MapOfCases) -> None:
    data = page_data(render(found))
    x, y = (np.frombuffer(base64.b64decode(data[axis]), "<u2").astype(float) for axis in "xy")
    assert np.corrcoef(x, found.positions[:, 0])[0, 1] == pytest.approx(1, abs=1e-6)
    assert np.corrcoef(y, found.positions[:, 1])[0, 1] == pytest.approx(-1, abs=1e-6)
    scale = np.ptp(x) / np.ptp(found.positions[:, 0])
    assert np.ptp(y) / np.ptp(found.positions[:, 1]) == pytest.approx(scale, rel=1e-3)  # nothing is stretched


def test_neighbours_on_the_page_are_of_other_patients(found: MapOfCases) -> None:
    data = page_data(render(found))
    near = np.frombuffer(base64.b64decode(data["near"]), "<i4").reshape(24, -1)
    groups = np.array(found.cases.groups)
    assert (groups[near] != groups[:, None]).all()


def test_an_id_cannot_end_the_script_that_holds_it(found: MapOfCases) -> None:
    items = tuple(replace(item, image_id=f"</script><b>{item.image_id}") for item in found.cases.items)
    html = render(replace(found, cases=replace(found.cases, items=items)))
    assert "</script><b>" not in html
    assert page_data(html)["id"][0] == "</script><b>photo_00"


def test_the_page_needs_nothing_but_itself(found: MapOfCases) -> None:
    html = render(found)
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", html)
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", html)
    assert "Trained on rendered images, not for care" in html


def test_photos_without_labels_are_coloured_by_the_models_answer(found: MapOfCases) -> None:
    items = tuple(replace(item, truth=None) for item in found.cases.items)
    html = render(replace(found, cases=replace(found.cases, items=items), full=None, flat=None))
    assert not page_data(html)["labelled"]
    assert "have no labels" in html


def test_the_still_figure_is_a_picture_and_a_vector_file(found: MapOfCases, tmp_path: Path) -> None:
    paths = [tmp_path / "map.svg", tmp_path / "map.png"]
    write_figure(found, paths)
    svg = paths[0].read_text()
    assert svg.lstrip().startswith("<?xml")
    assert Image.open(paths[1]).width > 1000
    before = paths[0].read_bytes()
    write_figure(found, paths)
    assert paths[0].read_bytes() == before


def test_a_page_of_ten_thousand_photos_stays_small_enough_to_open() -> None:
    """Measured on photo-like tiles: smooth colour with grain."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    side = side_for(10_000)
    kinds = []
    for _ in range(16):
        smooth = gaussian_filter(rng.normal(size=(side, side, 3)), (6, 6, 0)) * 250 + 150
        kinds.append((smooth + rng.normal(0, 4, (side, side, 3))).clip(0, 255).astype(np.uint8))
    sheets = pack([kinds[i % 16] for i in range(512)], side)
    assert sum(map(len, sheets.sheets)) / 512 * 10_000 < 25e6
    assert [side_for(n) for n in (10, 1500, 4000, 9000, 50_000)] == sorted(
        (side_for(n) for n in (10, 1500, 4000, 9000, 50_000)), reverse=True
    )


def test_beyond_what_a_page_can_hold_only_a_sample_has_pictures(
    engine: Engine, cases: Cases, monkeypatch
) -> None:
    monkeypatch.setattr("cutis.explain.cases.LARGEST", 5)
    some = embed_photos(engine, cases.items, np.random.default_rng(0))
    assert sum(picture is not None for picture in some.pictures) == 5
    found = measured(
        some, flat_map(some.vectors), engine.info.labels, model="m", title="t", group="image_id",
        rendered=False, rng=np.random.default_rng(0),
    )  # fmt: skip
    html = embedding_page.render(found)
    assert "5 of 24 photos are stored in this page" in html
    assert page_data(html)["sheets"]["place"].count(-1) == 19


def test_one_photo_is_no_map(engine: Engine, cases: Cases) -> None:
    with pytest.raises(CutisError, match="at least 2"):
        embed_photos(engine, cases.items[:1], np.random.default_rng(0))
