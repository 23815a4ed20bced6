from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cutis.core.errors import CutisError
from cutis.explain.explainer import Explainer, bundle_explainer
from cutis.explain.inputs import gather
from cutis.explain.page import write_explanation
from cutis.explain.photos import Explanation, Item, check_weights, explain_photos
from cutis.runtime.engine import Engine


@pytest.fixture(scope="module")
def explainer(bundle: Path) -> Explainer:
    return bundle_explainer(Engine.open(bundle, threads=1))


@pytest.fixture(scope="module")
def explained(explainer: Explainer, manifest: Path, tmp_path_factory) -> tuple[Explanation, Path]:
    """Ten scored photos of 24, one file that is no image, one panorama."""
    out = tmp_path_factory.mktemp("explained")
    broken, wide = out / "broken.png", out / "wide.png"
    broken.write_bytes(b"not an image")
    Image.new("RGB", (300, 60), (90, 90, 90)).save(wide)
    items = [*gather([manifest], explainer.labels).items]
    items += [Item(broken, "broken", "x"), Item(wide, "<wide> & one", "y")]
    rng = np.random.default_rng(0)
    explanation = explain_photos(explainer, items, out, rng, scored=14)
    explanation = check_weights(explanation, rng)
    write_explanation(explanation, out)
    return explanation, out


def test_the_maps_of_a_model_that_reads_the_spot_are_found_trustworthy(explained) -> None:
    explanation, out = explained
    facts = json.loads((out / "explain.json").read_text())
    assert facts["verdict"]["level"] == "good"
    assert explanation.summary.advantage.low > 0
    assert explanation.summary.over_centre.low > 0
    assert facts["randomised_weights"]["passed"]


def test_every_photo_has_an_overlay_and_its_original_beside_it(explained) -> None:
    explanation, out = explained
    table = pl.read_csv(out / "explanations.csv")
    assert table.height == len(explanation.photos) == 25
    for row in table.iter_rows(named=True):
        overlay = Image.open(out / row["overlay"])
        photo = Image.open(out / row["overlay"].replace("overlays", "photos").replace(".png", ".jpg"))
        assert overlay.height > photo.height  # a legend below
    assert table["score"].is_not_null().sum() in (13, 14)  # the unreadable file may have been drawn
    assert table.filter(pl.col("truth") == pl.col("label")).height == 24


def test_a_file_that_cannot_be_read_is_listed_and_the_others_go_on(explained) -> None:
    explanation, out = explained
    assert [failure.path.name for failure in explanation.failures] == ["broken.png"]
    assert "broken.png" in (out / "index.html").read_text()


def test_the_page_needs_nothing_but_itself(explained) -> None:
    html = (explained[1] / "index.html").read_text()
    for address in re.findall(r"""(?:src|href)=["']([^"']*)""", html):
        assert address.startswith("data:")
    assert "@import" not in html
    assert "url(" not in html


def test_the_page_says_what_it_is_and_is_not(explained) -> None:
    html = (explained[1] / "index.html").read_text()
    assert "The map can be trusted" in html
    assert "Trained on rendered images, not for care" in html
    assert "Not a medical device" in html
    assert "the ends of the photo were not looked at" in html
    assert "&lt;wide&gt; &amp; one" in html
    assert "<wide>" not in html


def test_the_same_seed_gives_the_same_scores(explainer: Explainer, manifest: Path, tmp_path: Path) -> None:
    items = gather([manifest], explainer.labels).items[:6]
    tables = []
    for name in ("first", "second"):
        explanation = explain_photos(explainer, items, tmp_path / name, np.random.default_rng(4), scored=3)
        write_explanation(explanation, tmp_path / name)
        tables.append((tmp_path / name / "explanations.csv").read_text())
    assert tables[0] == tables[1]


def test_a_named_class_is_explained_instead_of_the_answer(
    explainer: Explainer, manifest: Path, tmp_path: Path
) -> None:
    items = gather([manifest], explainer.labels).items[:2]
    explanation = explain_photos(explainer, items, tmp_path, np.random.default_rng(0), scored=0, label=2)
    assert {photo.answer.label for photo in explanation.photos} == {2}
    write_explanation(explanation, tmp_path)
    html = (tmp_path / "index.html").read_text()
    assert "not the most probable class" in html
    assert "Not known" in html  # nothing was scored


def test_ids_that_are_no_file_names_become_different_files(explainer: Explainer, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (80, 70), (40, 230, 40)).save(photo)
    items = [Item(photo, name, name) for name in ("a/b", "a_b", "../a_b", "A_B", "")]
    explanation = explain_photos(explainer, items, tmp_path / "out", np.random.default_rng(0), scored=0)
    files = [photo.file for photo in explanation.photos]
    assert len({file.lower() for file in files}) == 5
    assert all((tmp_path / "out" / "overlays" / f"{file}.png").is_file() for file in files)


def test_nothing_to_explain_is_said_with_every_reason(explainer: Explainer, tmp_path: Path) -> None:
    with pytest.raises(CutisError, match=r"missing\.png"):
        explain_photos(
            explainer, [Item(tmp_path / "missing.png", "m", "m")], tmp_path, np.random.default_rng(0)
        )
