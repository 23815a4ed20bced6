"""Norms of a study: built, refused in words, written, read, and asked for a person's percentile."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from cutis.core.errors import CutisError, ManifestError
from cutis.runtime.facial.norms import Norms, build_norms
from cutis.runtime.facial.norms_files import read_norms, write_norms
from cutis.runtime.facial.repeats import repeats
from cutis.runtime.facial.tables import read_measures
from cutis.runtime.facial.values import Source


def study(people: int = 300, again: int = 20, seed: int = 0) -> pl.DataFrame:
    """Redness of the left cheek: women 10, men 14, spread 2; measured to 0.5."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(people):
        sex = ("female", "male")[number % 2]
        true = rng.normal(10 if sex == "female" else 14, 2)
        common = {
            "patient_id": f"S{number}",
            "visit": "1",
            "view": "front",
            "area": "cheek_left",
            "measure": "erythema_index",
            "unit": "index",
            "sex": sex,
            "age": float(rng.integers(25, 56)),
            "skin_type": int(rng.integers(1, 5)),
        }
        photos = 2 if number < again else 1
        rows += [common | {"value": true + rng.normal(0, 0.5)} for _ in range(photos)]
    return pl.DataFrame(rows)


def somebody(age: float | None = 40, sex: str | None = "female", skin_type: int | None = None) -> Source:
    return Source(Path("a.png"), "a", "P1", age=age, sex=sex, skin_type=skin_type)


@pytest.fixture(scope="module")
def norms() -> Norms:
    return build_norms(study(), np.random.default_rng(1), source="a study", replicates=150)


def test_a_percentile_is_that_among_people_of_the_same_sex(norms: Norms) -> None:
    values = {"erythema_index": 12.0}
    woman = norms.peers_of("cheek_left", values, somebody(sex="female"))["erythema_index"]
    man = norms.peers_of("cheek_left", values, somebody(sex="male"))["erythema_index"]
    anybody = norms.peers_of("cheek_left", values, somebody(sex=None))["erythema_index"]
    spread = np.hypot(2, 0.5)
    assert woman.low <= norm.cdf(12, 10, spread) <= woman.high
    assert man.low <= norm.cdf(12, 14, spread) <= man.high
    assert man.percentile < anybody.percentile < woman.percentile
    assert woman.people >= 40 and "women within" in woman.group


def test_the_narrowest_group_that_is_large_enough_is_taken(norms: Norms) -> None:
    found = norms.peers_of("cheek_left", {"erythema_index": 12.0}, somebody(skin_type=1))["erythema_index"]
    assert "women of skin types 1-2" in found.group
    none = norms.peers_of("cheek_left", {"erythema_index": 12.0}, somebody(skin_type=6))["erythema_index"]
    assert "skin types" not in none.group  # nobody of types 5 and 6 is in the study


def test_groups_that_are_too_small_are_refused_in_words(norms: Norms) -> None:
    said = {(one.stratum.words, one.words) for one in norms.refused}
    assert ("people of skin types 5-6", "0 people; at least 40 are needed.") in said
    with pytest.raises(CutisError, match="30 people are too few for norms"):
        build_norms(study(30), np.random.default_rng(0), source="a study")


def test_what_cannot_be_said_of_a_person_is_said(norms: Norms) -> None:
    assert "age" in norms.lacking(somebody(age=None))
    assert norms.lacking(somebody(age=80)).startswith(
        "No percentiles: the norms hold nobody near the age of 80"
    )
    assert norms.lacking(somebody()) == ""
    assert norms.peers_of("cheek_left", {"erythema_index": 1.0}, somebody(age=None)) == {}
    assert norms.peers_of("nose", {"erythema_index": 1.0}, somebody()) == {}


def test_repeated_photos_give_the_smallest_detectable_change(norms: Norms) -> None:
    known = norms.repeats["erythema_index"]
    assert known.subjects == 20
    assert known.sem.low <= 0.5 <= known.sem.high
    chosen = repeats(norms).measures["erythema_index"]
    assert not chosen.rendered and chosen.repeats == known
    assert repeats().measures["erythema_index"].rendered
    alone = build_norms(study(again=3), np.random.default_rng(0), source="a study", replicates=100)
    assert alone.repeats == {}


def test_a_round_trip_and_what_is_damaged_or_newer_is_refused(norms: Norms, tmp_path: Path) -> None:
    path = tmp_path / "norms.json"
    write_norms(norms, path)
    again = read_norms(path)
    values = {"erythema_index": 11.0}
    one, other = (
        each.peers_of("cheek_left", values, somebody())["erythema_index"] for each in (norms, again)
    )
    assert one.percentile == pytest.approx(other.percentile, abs=1e-3) and one.people == other.people
    assert again.repeats["erythema_index"].sem == norms.repeats["erythema_index"].sem
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | {"format": 9, "cutis": "7.1"}))
    with pytest.raises(CutisError, match=r"format 9.*Use cutis 7\.1 or newer"):
        read_norms(path)
    path.write_text(json.dumps(data | {"tables": [{"measure": "x"}]}))
    with pytest.raises(CutisError, match="damaged"):
        read_norms(path)
    path.write_text("[]")
    with pytest.raises(CutisError, match="holds no norms"):
        read_norms(path)
    with pytest.raises(CutisError, match="no such file"):
        read_norms(tmp_path / "none.json")


def test_tables_of_measures_are_checked_row_by_row(tmp_path: Path) -> None:
    good = "image_id,patient_id,area,measure,value,age,sex,skin_type\na,P1,nose,ita,40,30,female,2\n"
    (tmp_path / "good.csv").write_text(good + "b,P1,nose,,,30,female,2\n")  # a photo that was not judged
    assert read_measures([tmp_path / "good.csv"]).height == 1
    (tmp_path / "bad.csv").write_text(good + "c,P2,elbow,ita,forty,200,f,7\n")
    with pytest.raises(ManifestError) as told:
        read_measures([tmp_path / "bad.csv"])
    assert len(told.value.problems) == 5 and all(":3: " in one for one in told.value.problems)
    (tmp_path / "none.csv").write_text("image_id,area,measure,value\na,nose,ita,40\n")
    with pytest.raises(ManifestError, match="no column 'patient_id'"):
        read_measures([tmp_path / "none.csv"])
