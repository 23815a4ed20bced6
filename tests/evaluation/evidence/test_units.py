"""A study of patients speaks of patients, and of photos only where photos are meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.core.bundle import Bundle
from cutis.evaluation.evidence.participants import characteristics, flow
from cutis.evaluation.evidence.report import Evidence, write_evidence
from cutis.evaluation.evidence.units import counted_units, evaluated, pooling_words, showing, sized
from cutis.evaluation.gather import read_study
from cutis.evaluation.report import Measured, write_report

from ..conftest import Tables
from .conftest import DRAWS
from .test_report import told

# What may be said of photos where patients are judged: what the photo is, was, or did itself.
MEANT = (
    r"\b(?:180|90) photos\b", r"all photos of the patient", r"[Pp]hotos that were collected beforehand",
    r"From photo to patient", r"[Tt]he photos of each patient", r"the photos of split", r"patient.s photos",
    r"the photos. probabilities", r"Every photo has a known truth", r"The only predictor is the photo",
    r"The photo needs no assessor", r"The photos were collected before", r"one row per photo and source",
    r"by the first photo of each", r"the photo that \w+ found most telling", r"Anyone with the photos",
    r"None of the photos is rendered", r"none has photos in two splits", r"as the training photos",
    r"shared photos", r"how the photos were taken", r"before the photos came",
    r"[Gg]iven the photo and nothing",
    r"Photos are cropped", r"takes \w+ photos", r"Photos it takes", r"training photos are rendered",
    r"Participants Photos|Photos (?:\d+ )+", r"every photo of the table",
    r"[Tt]rained on (?:none: )?0 photos",
    r"The photo could not be read",
)  # fmt: skip


def write_patients(tables: Tables) -> list[Path]:
    """72 patients of up to four photos; the first photo of one is unlabelled; a model and four readers."""
    rng = np.random.default_rng(3)
    truth: list[dict[str, object]] = []
    rows: dict[str, list[dict[str, object]]] = {}
    for patient in range(72):
        severe, split = patient % 3 == 0, ("train", "tune", "test", "test")[patient // 18]
        for photo in range(1 + patient % 4):
            shows = severe and (photo == 0 or patient % 2 == 0)
            name = f"{patient:02}-{photo}"
            person = {
                "patient_id": f"P{patient:02}",
                "age": 20 + patient,
                "sex": ("female", "male")[patient % 2],
            }
            said = {"image": f"{name}.png", "severity": "severe" if shows else "mild", "split": split}
            kept = {"skin_type": ("I", "V")[patient // 2 % 2], "rendered": "false", "site": "Sendai"}
            kept["body_site"] = ("arm", "leg", "trunk", "face")[photo]
            truth.append(said | person | kept)
            for k, source in enumerate(("net", "ann", "ben", "cat", "dan")):
                score = float(1 / (1 + np.exp(-rng.normal(2.2 * shows - 1, 1.2))))
                one = {"image_id": name, "source": source, "kind": "reader" if k else "model"}
                one |= {"prediction": "severe" if score > 0.5 else "mild"}
                one |= {"p_mild": 1 - score, "p_severe": score} if k < 3 else {}
                if source != "dan" or patient > 60:
                    rows.setdefault(source, []).append(one)
    pl.DataFrame(truth).write_csv(tables.truth)
    for source, table in rows.items():
        pl.DataFrame(table).write_csv(tables.folder / f"{source}.csv")
    return [tables.folder / f"{source}.csv" for source in rows]


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, Measured]:
    tables = Tables(tmp_path_factory.mktemp("patients"))
    paths = write_patients(tables)
    out = tables.folder / "out"
    report = write_report(
        paths, tables.truth, out, target="severity", positive="severe", patients=True, draws=DRAWS
    )
    return tables, report.measured


@pytest.fixture(scope="module")
def written(patients: tuple[Tables, Measured], colour_bundle: Path) -> Evidence:
    tables, measured = patients
    whole = replace(measured, bundle=Bundle.open(colour_bundle).info)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "weasyprint", None)
        return write_evidence(whole, tables.folder / "out")


def test_photos_are_spoken_of_only_where_photos_are_meant(written: Evidence) -> None:
    text = told(written.page)
    rest = text
    for phrase in MEANT:
        rest = re.sub(phrase, "", rest)
    assert re.findall(r".{40}\b[Pp]hotos?\b.{40}", rest) == []
    assert text.count("patient") > 50
    assert ", several body sites" in text
    for phrase in (
        "Flow of patients",
        "on the same patients",
        "these patients",
        "Does the patient have severe?",
    ):
        assert phrase in text


def test_drawings_and_tables_name_patients_too(written: Evidence) -> None:
    drawings = {path.stem: path.read_text() for path in written.figures}
    for name in ("abstention", "benefit_severe", "confusion"):
        assert "patient" in drawings[name], name
        assert "photo" not in drawings[name], name
    assert "36 patients answered by net" in drawings["flow"]
    heads = {
        path.stem: path.read_text().splitlines()[0].split(",")
        for path in written.tables
        if path.suffix == ".csv"
    }
    for name in (
        "sources",
        "classes",
        "confusion",
        "readers_sensitivity",
        "subgroups_sensitivity",
        "mistakes",
    ):
        assert "patients" in heads[name], name
        assert "photos" not in heads[name], name
    assert len(heads["subgroups_sensitivity"]) == len(set(heads["subgroups_sensitivity"]))


def test_each_split_counts_the_patients_of_whom_any_photo_is_positive(
    patients: tuple[Tables, Measured],
) -> None:
    tables, measured = patients
    table = characteristics(measured.study, {"mild": "Mild", "severe": "Severe"})
    rows = {(row[0], row[1]): row[2:] for row in table.rows}
    truth = pl.read_csv(tables.truth)
    for column, split in enumerate(("train", "tune", "test")):
        part = truth.filter(pl.col("split") == split)
        severe = part.filter(pl.col("severity") == "severe")["patient_id"].n_unique()
        assert rows["Photos", ""][column] == f"{part.height}"
        assert int(str(rows["Patients", ""][column])) == part["patient_id"].n_unique()
        assert int(str(rows["Class", "Severe"][column]).split()[0]) == severe
    assert table.columns[-1].title == "test (evaluated)"
    assert measured.study.target.sum() == 12


def test_photos_flow_into_patients(patients: tuple[Tables, Measured]) -> None:
    study = patients[1].study
    first, second, last = flow(study, study.sources[0], study.sources[1:], {"mild": "m", "severe": "s"})
    assert first.lines[0] == "180 photos of 72 patients"
    assert second.lines[0] == "90 photos of 36 patients"
    assert second.less == ("90 photos of other splits than test",)
    assert last.lines[0] == "36 patients"
    assert last.beside == ("4 readers", "answered 11 to 36 patients each")


def test_the_words_follow_what_is_judged(patients: tuple[Tables, Measured], tables: Tables) -> None:
    pooled = patients[1].study
    assert evaluated(pooled) == "36 patients, from 90 photos"
    assert (counted_units(pooled, 1), sized(pooled, 3, 3)) == ("1 patient", "3 patients")
    assert showing(pooled, "acne") == "patients with acne"
    assert [way.split(":")[0] for way in pooling_words(pooled)] == ["net, ann, ben", "cat, dan"]
    tables.write_truth()
    photos = read_study([tables.write_predictions()], tables.truth)
    assert evaluated(photos) == "60 photos of 30 patients"
    assert showing(photos, "acne") == "photos that show acne"
    assert pooling_words(photos) == ()
    alone = read_study([tables.folder / "net.csv"], tables.truth, group="image_id")
    assert evaluated(alone) == "60 photos"


def test_nothing_left_out_is_said_as_a_person_would(tables: Tables) -> None:
    tables.write_truth()
    path = tables.write_predictions()
    report = write_report([path], tables.truth, tables.folder / "out", draws=DRAWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "weasyprint", None)
        text = told(write_evidence(report.measured, tables.folder / "out").page)
    assert "Every photo has a known truth. Every source answered every photo." in text
    assert "Evaluated were every photo of the table; none lacks a known diagnosis." in text
    assert re.findall(r"\b0 (?:photos|answers|patients|readers|wrong|of)\b", text) == []
    table = pl.read_csv(tables.truth)
    for missing, said in ((1, "1 photo without a known truth was left out"), (2, "2 photos without a")):
        hidden = pl.when(pl.int_range(pl.len()) < missing).then(None).otherwise(pl.col("diagnosis"))
        table.with_columns(diagnosis=hidden).write_csv(tables.truth)
        study = read_study([path], tables.truth)
        from cutis.evaluation.evidence.facts import missing as told_of

        assert said in told_of(study)
        assert flow(study, study.sources[0], (), {k: k for k in study.labels})[1].less[0].startswith(said[:6])


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
def test_a_page_of_patients_fits_its_screen(
    complaints: Callable[[Path, int, str], list[str]], written: Evidence, width: int, theme: str
) -> None:
    assert complaints(written.page, width, theme) == []
