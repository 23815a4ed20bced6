"""A study leaves as a zip that cutis checks and evaluates, that REDCap takes, and comes back the same."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import func, select

from cutis.core.manifest import read_manifest
from cutis.core.predictions import read_predictions
from cutis.web.database import Analysis, AuditEntry, Participant, Photo, StoredBundle, Study
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


HEAD = b"patient_id,key,visit,questionnaire,question,value"
ANSWER = b"A-1,k-1,month,itch,itch,7"


def _beside(seed: int, **files: bytes) -> bytes:
    """A manifest of one photo of A-1, with tables beside it."""
    out = io.BytesIO(_made(["image,patient_id", "a.jpg,A-1"], a=jpeg(seed)))
    with zipfile.ZipFile(out, "a") as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.csv", data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("table", "answers"),
    [
        (HEAD + b"\n" + ANSWER, 1),
        (HEAD + b"\n" + ANSWER + b"\n", 1),
        (HEAD + b"\r" + ANSWER + b"\r", 1),
        (HEAD + b"\r\n" + ANSWER, 1),
        (b"\xef\xbb\xbf" + HEAD + b"\n" + ANSWER, 1),
        (HEAD, 0),
        (HEAD + b"\r\n \r\n", 0),
        (b"", 0),
    ],
)
def test_answers_come_in_however_the_lines_of_their_table_end(
    world: World, table: bytes, answers: int
) -> None:
    study = _study(world, DOCUMENT)
    sent = _import(world, study, _beside(162, answers=table))
    assert sent.status_code == 200, sent.text
    assert sent.json() == {"photos": 1, "there": 0, "participants": 1, "answers": answers}
    someone, path = world.administrator, f"/api/studies/{study.id}/participants"
    (person,) = someone.api("GET", path).json()
    told = someone.api("GET", f"{path}/{person['id']}/answers").json()
    assert [one["values"] for one in told] == [{"itch": 7}] * answers


@pytest.mark.parametrize(
    ("name", "table", "said"),
    [
        ("answers", HEAD + b"\n" + ANSWER + b"\xe9", "answers.csv:2: is not UTF-8 text"),
        ("answers", (HEAD + b"\n" + ANSWER).decode().encode("utf-16"), "answers.csv:1: is not UTF-8 text"),
        ("answers", HEAD[:-6] + b"\n" + ANSWER[:-2], "answers.csv:1: there is no column value"),
        ("answers", HEAD + b"\n" + ANSWER[:-2], "answers.csv:2: has 5 cells where the header has 6"),
        (
            "answers",
            HEAD + b",answered\n" + ANSWER + b",0001-01-01",
            "answered is '0001-01-01', which is not",
        ),
        (
            "participants",
            b"patient_id,enrolled\nA-1,9999-12-31",
            "participants.csv:2: enrolled is '9999-12-31', which is not in the years 1900 to 2200",
        ),
        (
            "participants",
            b"patient_id,enrolled\nA-1,31.5.2026",
            "enrolled is '31.5.2026', not a moment such as",
        ),
    ],
)
def test_tables_beside_a_manifest_that_do_not_hold_are_named_and_nothing_comes_in(
    world: World, name: str, table: bytes, said: str
) -> None:
    study = _study(world, DOCUMENT)
    refused = _import(world, study, _beside(163, **{name: table}))
    assert refused.status_code == 422, refused.text
    assert said in refused.json()["detail"]
    assert _counts(world, study)[:2] == (0, 0)


def test_the_moment_of_a_photo_is_kept_to_the_second_and_one_of_no_year_of_ours_is_refused(
    world: World,
) -> None:
    study, held = _study(world, DOCUMENT), world.administrator.platform
    with held.database.writing() as session:
        session.get_one(Study, study.id).keeps_capture_time = True
    rows = [
        "image,patient_id,taken",
        "a.jpg,T-1,2026-05-31T09:30:00.1234567+02:00",
        "b.jpg,T-1,2026-06-01",
        "c.jpg,T-1,",
    ]
    photos = {"a": jpeg(164), "b": jpeg(165), "c": jpeg(166)}
    for wrong in ("9999-12-31", "0001-01-01T00:00:00+14:00"):
        refused = _import(world, study, _made([*rows[:3], f"c.jpg,T-1,{wrong}"], **photos))
        assert f"manifest.csv:4: taken is '{wrong}', which is not in the years" in refused.json()["detail"]
    assert _import(world, study, _made(rows, **photos)).status_code == 200
    with held.database.reading() as session:
        kept = session.scalars(select(Photo.taken).where(Photo.study_id == study.id)).all()
    assert set(kept) == {"2026-05-31T09:30:00+02:00", "2026-06-01", None}


def test_a_study_with_somebody_of_the_year_9999_can_be_looked_at_and_exported(world: World) -> None:
    study, someone = _study(world, DOCUMENT), world.administrator
    near, far = _enrol(study, "Y-1")["id"], _enrol(study, "Y-2")["id"]
    early = _enrol(study, "Y-3")["id"]
    for place, person in enumerate((near, far, early)):
        _send(study, person, jpeg(167 + place), visit="start", view="left")
    with someone.platform.database.writing() as session:
        session.get_one(Participant, far).enrolled = date.max
        session.get_one(Participant, early).enrolled = date.min
        for photo in session.scalars(select(Photo).where(Photo.study_id == study.id)):
            photo.taken = "9999-12-31T23:59:59-12:00" if photo.participant_id == far else "long ago"
    for path in ("", "/participants", *(f"/participants/{one}" for one in (near, far, early))):
        shown = someone.get(f"/studies/{study.id}{path}")
        assert shown.status_code == 200, path
    due = someone.api("GET", f"/api/studies/{study.id}/due")
    assert due.status_code == 200
    states = {(one["participant"], one["visit"]): one["state"] for one in due.json()}
    assert states[early, "month"] == "missed" and (far, "start") not in states
    assert zipfile.ZipFile(io.BytesIO(_zip(study))).testzip() is None


def _question(key: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"key": key, "text": f"What of {key}?", "kind": kind, "needed": False, **more}


def test_numbers_leave_with_all_of_their_digits(world: World) -> None:
    study, someone = _study(world, None), world.administrator
    asked = _question("dose", "number", least=0.0001234567, most=12345678.25, unit="mg")
    draft = someone.api("GET", f"/api/studies/{study.id}/protocol").json()["document"]
    form = {"key": "drug", "title": "Drug", "questions": [asked, _question("age", "number", most=1234567)]}
    visits = [{**draft["visits"][0], "questionnaires": ["drug"]}]
    document = {**draft, "visits": visits, "questionnaires": [form]}
    path = f"/api/studies/{study.id}/protocol"
    saved = someone.api("POST", path, json={"number": 0, "document": document})
    assert saved.status_code == 200, saved.text
    shown = someone.get(f"/studies/{study.id}/protocol/edit").text
    assert 'value="0.0001234567"' in shown and 'value="12345678.25"' in shown and 'value="1234567"' in shown
    person = _enrol(study, "N-1")["id"]
    given = {"visit": visits[0]["key"], "questionnaire": "drug", "key": "n-1"}
    answers = f"/api/studies/{study.id}/participants/{person}/answers"
    refused = someone.api("POST", answers, json={**given, "values": {"dose": 12345678.5}})
    assert "12345678.5 is out of range, which is 0.0001234567 to 12345678.25" in refused.text
    files = zipfile.ZipFile(io.BytesIO(_zip(study)))
    with files.open("data_dictionary.csv") as file:
        ends = [
            (one["least"], one["most"])
            for one in csv.DictReader(io.TextIOWrapper(file, "utf-8-sig"))
            if one["column"] == "drug.dose"
        ]
    assert ends == [("0.0001234567", "12345678.25")]
    with files.open("redcap/data_dictionary.csv") as file:
        rows = {row[0]: row for row in csv.reader(io.TextIOWrapper(file, "utf-8"))}
    assert rows["drug_dose"][8:10] == ["0.0001234567", "12345678.25"]
    assert rows["drug_age"][8:10] == ["", "1234567"]


def test_no_two_variables_for_redcap_have_one_name_and_each_keeps_its_answers(world: World) -> None:
    study, someone = _study(world, None), world.administrator
    boxes = _question("b", "several", choices=["one", "two"])
    forms = {
        "q": ["a_b", "complete", boxes, "b___1"],
        "q_a": ["b"],
        "photo": ["view", "taken"],
        "record": ["id"],
        "enrolment": ["complete"],
        "enrolment_form": ["complete"],
        "photos": ["complete"],
    }
    questionnaires = [
        {
            "key": key,
            "title": key,
            "questions": [one if isinstance(one, dict) else _question(one) for one in questions],
        }
        for key, questions in forms.items()
    ]
    path = f"/api/studies/{study.id}/protocol"
    draft = someone.api("GET", path).json()["document"]
    visit = draft["visits"][0]["key"]
    visits = [{**draft["visits"][0], "questionnaires": list(forms)}]
    document = {**draft, "visits": visits, "questionnaires": questionnaires}
    saved = someone.api("POST", path, json={"number": 0, "document": document})
    assert saved.status_code == 200, saved.text
    person = _enrol(study, "R-1")["id"]
    for form in questionnaires:
        values = {
            one["key"]: ["two"] if one["kind"] == "several" else f"said of {form['key']} {one['key']}"
            for one in form["questions"]
        }
        given = {"visit": visit, "questionnaire": form["key"], "values": values, "key": f"r-{form['key']}"}
        sent = someone.api("POST", f"/api/studies/{study.id}/participants/{person}/answers", json=given)
        assert sent.status_code == 201, sent.text
    files = zipfile.ZipFile(io.BytesIO(_zip(study)))
    with files.open("redcap/data_dictionary.csv") as file:
        fields = list(csv.reader(io.TextIOWrapper(file, "utf-8")))[1:]
    with files.open("redcap/data.csv") as file:
        data = list(csv.reader(io.TextIOWrapper(file, "utf-8")))
    names, forms_there = [row[0] for row in fields], list(dict.fromkeys(row[1] for row in fields))
    assert len(forms_there) == 2 + len(forms)  # enrolment and photos are also cutis's own
    columns = data[0]
    made_by_redcap = [f"{form}_complete" for form in forms_there]
    assert len({*names, *made_by_redcap}) == len(names) + len(made_by_redcap)
    assert len(set(columns)) == len(columns) and not {*columns} & {*made_by_redcap}
    (row,) = [dict(zip(columns, one, strict=True)) for one in data[1:] if "said of q b___1" in one]
    said = sorted(value for value in row.values() if value.startswith("said of "))
    assert len(said) == sum(len(questions) for questions in forms.values()) - 1
    labels = {one[0]: one[4] for one in fields}
    for column, value in row.items():
        if value.startswith("said of "):
            assert labels[column] == f"What of {value.rpartition(' ')[2]}?"


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
