"""A study leaves as a zip that cutis checks and evaluates, that REDCap takes, and comes back the same."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import func, select

from cutis.core.manifest import read_manifest
from cutis.core.predictions import read_predictions
from cutis.web.database import Analysis, AuditEntry, Participant, Photo, StoredBundle
from cutis.web.people.roles import Role
from cutis.web.studies import redcap

from .conftest import CUTIS, InStudy, World, jpeg
from .test_studies import DOCUMENT, _access, _enrol, _send, _study, _text

LABELS = ("eczema", "psoriasis")


@pytest.fixture(scope="module")
def full(world: World) -> InStudy:
    """A study with two participants, photos, answers, and two versions of a model that answered."""
    study, someone = _study(world, DOCUMENT, "A full study"), world.administrator
    site = someone.post(f"/studies/{study.id}/sites", {"name": "Lausanne"})
    assert site.status_code == 303
    _text(study)
    for number in range(2):
        person = _enrol(study, f"E-{number}")["id"]
        for place, (visit, view) in enumerate((("start", "left"), ("start", "right"), ("month", "left"))):
            sent = _send(study, person, jpeg(110 + 10 * number + place), visit=visit, view=view)
            assert sent.status_code == 201, sent.text
        _send(study, person, jpeg(150 + number))  # outside the protocol
        given = {"itch": 3 + number, "creams": ["steroid"], "note": 'so, "so"\nand a line'}
        answers = {"visit": "month", "questionnaire": "itch", "values": given, "key": f"k-{number}"}
        said = someone.api("POST", f"/api/studies/{study.id}/participants/{person}/answers", json=answers)
        assert said.status_code == 201, said.text
    _analyse(someone.platform, study)
    return study


def _analyse(held: Any, study: InStudy) -> None:
    """Answers of two versions of a model for every photo."""
    with held.database.writing() as session:
        for version in ("1.0", "1.1"):
            digest = f"{version}-{study.id}".ljust(64, "0")
            session.add(
                StoredBundle(
                    digest=digest,
                    name="hands",
                    version=version,
                    task="hands",
                    title="Hands",
                    rendered=True,
                    size=1,
                )
            )
            session.flush()
            for place, photo in enumerate(session.scalars(select(Photo).where(Photo.study_id == study.id))):
                share = (place + 1) / 10 + (0.05 if version == "1.1" else 0.0)
                labels = [
                    {"name": name, "title": name.title(), "probability": chance}
                    for name, chance in zip(LABELS, (share, 1 - share), strict=True)
                ]
                result = {
                    "format": 1,
                    "kind": "classes",
                    "task": "hands",
                    "suits": {"suits": True, "why": ""},
                    "answer": LABELS[int(share < 0.5)],
                    "labels": labels,
                }
                session.add(
                    Analysis(
                        study_id=study.id,
                        photo_id=photo.id,
                        bundle_digest=digest,
                        state="done",
                        result=result,
                        finished=datetime.now(UTC),
                    )
                )


@pytest.fixture(scope="module")
def unpacked(full: InStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    zipfile.ZipFile(io.BytesIO(_zip(full))).extractall(folder)
    return folder


def _zip(study: InStudy) -> bytes:
    sent = study.people[Role.INVESTIGATOR].api("GET", f"/api/studies/{study.id}/export")
    assert sent.status_code == 200
    assert sent.headers["content-type"] == "application/zip"
    return bytes(sent.content)


def test_the_manifest_of_an_export_is_one_that_cutis_reads(unpacked: Path) -> None:
    manifest = read_manifest(unpacked / "manifest.csv")
    assert (len(manifest), manifest.group) == (8, "patient_id")
    assert set(manifest.table["site"]) == {None}
    assert manifest.table["visit"].to_list().count("start") == 4
    done = subprocess.run(
        [CUTIS, "data", "check", unpacked / "manifest.csv"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_predictions_of_an_export_are_evaluated_as_they_are(unpacked: Path) -> None:
    table = read_predictions([unpacked / "predictions" / "hands.csv"])
    assert set(table["source"]) == {"hands 1.0", "hands 1.1"}
    assert table.height == 16
    truth = pl.read_csv(unpacked / "manifest.csv").with_row_index("n")
    named = truth.with_columns(
        dx=pl.when(pl.col("n") % 2 == 0).then(pl.lit("eczema")).otherwise(pl.lit("psoriasis"))
    )
    named.drop("n").write_csv(unpacked / "truth.csv")
    command = [CUTIS, "evaluate", unpacked / "predictions" / "hands.csv", "--truth", unpacked / "truth.csv"]
    done = subprocess.run(
        [*command, "--target", "dx", "--out", unpacked / "report"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((unpacked / "report" / "metrics.json").read_text())
    assert set(told["sources"]) == {"hands 1.0", "hands 1.1"}


@pytest.mark.parametrize(
    "name", ["manifest", "participants", "answers", "consents", "measures", "data_dictionary"]
)
def test_every_table_is_there_as_parquet_too(unpacked: Path, name: str) -> None:
    twin = pl.read_parquet(unpacked / f"{name}.parquet")
    assert twin.columns == pl.read_csv(unpacked / f"{name}.csv", infer_schema=False).columns
    assert twin.height == len(list(csv.reader((unpacked / f"{name}.csv").open(newline="")))) - 1


def test_every_column_is_in_the_data_dictionary(unpacked: Path) -> None:
    dictionary = pl.read_csv(unpacked / "data_dictionary.csv", infer_schema=False)
    told = set(zip(dictionary["table"], dictionary["column"], strict=True))
    for file in [*unpacked.glob("*.parquet"), *unpacked.glob("predictions/*.parquet")]:
        name = str(file.relative_to(unpacked).with_suffix(""))
        if name != "data_dictionary":
            assert {(name, column) for column in pl.read_parquet(file).columns} <= told
    assert ("answers", "itch.creams") in told


def test_the_files_for_redcap_hold_by_its_rules(unpacked: Path) -> None:
    rows = list(csv.reader((unpacked / "redcap" / "data_dictionary.csv").open(newline="")))
    head, fields = rows[0], rows[1:]
    assert tuple(head) == redcap.COLUMNS
    assert len(head) == 18
    names = [row[0] for row in fields]
    assert names[0] == "record_id"
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name) for name in names)
    kinds = {"text", "notes", "radio", "checkbox", "yesno"}
    assert {row[3] for row in fields} <= kinds
    assert all(bool(row[5]) == (row[3] in ("radio", "checkbox")) for row in fields)
    forms = [row[1] for row in fields]
    assert forms == sorted(forms, key=list(dict.fromkeys(forms)).index)  # each form's fields stand together
    events = list(csv.DictReader((unpacked / "redcap" / "events.csv").open(newline="")))
    unique = {one["unique_event_name"] for one in events}
    for one in events:
        made = re.sub(r"[^a-z0-9_]", "", one["event_name"].lower().replace(" ", "_"))[:18]
        assert one["unique_event_name"] == f"{made}_arm_1"
    data = list(csv.DictReader((unpacked / "redcap" / "data.csv").open(newline="")))
    columns = list(data[0])
    assert columns[:4] == [
        "record_id",
        "redcap_event_name",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
    ]
    boxes = {row[0]: len(row[5].split(" | ")) for row in fields if row[3] == "checkbox"}
    wanted = {f"{row[0]}___{n}" for row in fields if row[0] in boxes for n in range(1, boxes[row[0]] + 1)} | {
        row[0] for row in fields if row[0] not in boxes
    }
    assert set(columns) - set(columns[1:4]) == wanted
    assert {one["redcap_event_name"] for one in data} <= unique
    keys = [tuple(one[name] for name in columns[:4]) for one in data]
    assert len(set(keys)) == len(keys)
    answered = [one for one in data if one["itch_creams___2"]]
    assert [(one["itch_itch"], one["itch_creams___1"], one["itch_creams___2"]) for one in answered] == [
        ("3", "0", "1"),
        ("4", "0", "1"),
    ]
    assert all("\n" not in cell for one in data for cell in one.values())
    instruments = csv.DictReader((unpacked / "redcap" / "instruments.csv").open(newline=""))
    places = {(one["unique_event_name"], one["form"]) for one in instruments}
    assert {(one["redcap_event_name"], "photos") for one in data if one["redcap_repeat_instrument"]} <= places


def test_what_leaves_comes_back_the_same(full: InStudy, world: World, tmp_path: Path) -> None:
    other, someone = _study(world, None, "The same again"), world.administrator
    sent = someone.api(
        "POST", f"/api/studies/{other.id}/import", data={"x": "y"}, files={"zip": ("a.zip", _zip(full))}
    )
    assert sent.status_code == 200, sent.text
    assert sent.json() == {"photos": 8, "there": 0, "participants": 2, "answers": 2}
    folders = []
    for name, study in (("a", full), ("b", other)):
        zipfile.ZipFile(io.BytesIO(_zip(study))).extractall(tmp_path / name)
        folders.append(tmp_path / name)
    own = ("image", "image_id", "added_by")
    for name, order in (
        ("manifest", ["patient_id", "sha256"]),
        ("participants", ["patient_id"]),
        ("answers", ["patient_id", "key", "question"]),
    ):
        one, two = (
            pl.read_parquet(folder / f"{name}.parquet").drop(own, strict=False).sort(order)
            for folder in folders
        )
        assert one.equals(two), name
    before, after = (json.loads((folder / "study.json").read_text()) for folder in folders)
    assert before["protocols"] == after["protocols"]
    assert before["consent_texts"] == after["consent_texts"]
    files = [sorted(one.read_bytes() for one in (folder / "images").iterdir()) for folder in folders]
    assert files[0] == files[1]
    again = someone.api(
        "POST", f"/api/studies/{other.id}/import", data={"x": "y"}, files={"zip": ("a.zip", _zip(full))}
    )
    assert again.json() == {"photos": 0, "there": 8, "participants": 0, "answers": 0}


def _made(rows: list[str], **images: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("manifest.csv", "\n".join(rows))
        for name, data in images.items():
            archive.writestr(name.replace("__", "/") + ".jpg", data)
    return out.getvalue()


def _import(world: World, study: InStudy, data: bytes) -> Any:
    path = f"/api/studies/{study.id}/import"
    return world.administrator.api("POST", path, data={"x": "y"}, files={"zip": ("a.zip", data)})


def _counts(world: World, study: InStudy) -> tuple[int, int, int]:
    held = world.administrator.platform
    with held.database.reading() as session:
        photos = session.scalar(select(func.count(Photo.id)).where(Photo.study_id == study.id)) or 0
        people = (
            session.scalar(select(func.count(Participant.id)).where(Participant.study_id == study.id)) or 0
        )
    return photos, people, len(list(held.store.incoming.iterdir()))


def test_every_row_that_does_not_hold_is_named_and_nothing_comes_in(world: World) -> None:
    study = _study(world, DOCUMENT)
    rows = [
        "image,patient_id,visit,view",
        "good.jpg,I-1,start,left",
        "letter.jpg,I-1,start,right",
        "good2.jpg,I-2,strat,left",
    ]
    data = _made(rows, good=jpeg(160), good2=jpeg(161), letter=b"Dear doctor")
    refused = _import(world, study, data)
    assert refused.status_code == 422
    told = refused.json()["detail"]
    assert "manifest.csv:3: image is 'letter.jpg': This is not a photo" in told
    assert _counts(world, study)[:2] == (0, 0)
    wrong = _import(world, study, _made([rows[0], rows[1], rows[3]], good=jpeg(160), good2=jpeg(161)))
    assert "manifest.csv:3: visit is 'strat' and view 'left', which the protocol does not have" in wrong.text
    assert _counts(world, study)[:2] == (0, 0)
    shown = world.administrator.post(f"/studies/{study.id}/import", {}, files={"zip": ("a.zip", data)})
    assert shown.status_code == 422
    assert "Nothing was taken in" in shown.text
    with world.administrator.platform.database.reading() as session:
        lines = session.scalars(
            select(AuditEntry.action).where(
                AuditEntry.study == study.id, AuditEntry.action.like("study.import%")
            )
        ).all()
    assert lines == ["study.import_refused"] * 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not a zip", "is not a zip that can be read"),
        (_made(["image,patient_id", "../../../../etc/hostname,X-1"]), "leads out of the manifest's folder"),
        (
            _made(["image,patient_id", "gone.jpg,X-1"]),
            "manifest.csv:2: image is 'gone.jpg': This is not a file",
        ),
        (_made(["image,person", "a.jpg,X-1"], a=b""), "there is no column patient_id"),
        (_made(["image,patient_id", "a.jpg,X-1"], a=b""), "The file is empty"),
        (_made(["image,patient_id", "a.jpg,"], a=jpeg(3)), "patient_id is empty"),
    ],
)
def test_zips_that_do_not_hold_leave_nothing(world: World, data: bytes, said: str) -> None:
    study = _study(world)
    refused = _import(world, study, data)
    assert refused.status_code == 422
    assert said in refused.json()["detail"]
    assert str(world.administrator.platform.settings.data_folder) not in refused.text
    assert _counts(world, study)[:2] == (0, 0)


def test_a_zip_cannot_write_outside_its_folder(world: World) -> None:
    study, out = _study(world), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../outside.txt", "x")
        archive.writestr("manifest.csv", "image,patient_id\na.jpg,X-1")
    refused = _import(world, study, out.getvalue())
    assert "leads out of the zip" in refused.text
    folder = world.administrator.platform.settings.data_folder
    assert not list(folder.rglob("outside.txt"))


def test_a_study_comes_in_by_the_command_line_too(world: World, tmp_path: Path) -> None:
    held = world.administrator.platform
    if held.settings.database_url:
        pytest.skip("the command is the same on both; its database comes from the environment")
    study = _study(world, DOCUMENT)
    (tmp_path / "photo.jpg").write_bytes(jpeg(170))
    (tmp_path / "list.csv").write_text("image,patient_id,site\nphoto.jpg,K-1,Nagoya\n")
    with held.database.reading() as session:
        from cutis.web.database import User

        login = session.get_one(User, _access(study).user).login
    command = [CUTIS, "studies", "import", tmp_path / "list.csv", "--study", study.id, "--as"]
    folder = held.settings.data_folder
    done = subprocess.run([*command, login, "--data", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 photos, 1 participants" in done.stdout
    assert _counts(world, study)[:2] == (1, 1)
    refused = subprocess.run(
        [*command, "nobody", "--data", folder], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "is no investigator" in refused.stderr
