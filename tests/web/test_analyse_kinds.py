"""What kind of photo it is decides which models are asked; a person may ask another one all the same."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.runtime.advice import SENTENCES
from cutis.web.analyse import kind as kinds
from cutis.web.analyse.engines import Engines
from cutis.web.analyse.kind import Kind, kind_of_photo, made_for, suits
from cutis.web.analyse.run import analyse
from cutis.web.analyse.scene import Known, Scene
from cutis.web.analyse.telling import Telling, telling_of
from cutis.web.analyse.view import shown
from cutis.web.database import Analysis, AuditEntry
from cutis.web.database.analysis import DONE
from cutis.web.jobs.worker import Worker
from cutis.web.people.roles import Role

from .conftest import World

Pixels = NDArray[np.uint8]
NAMES = ("image_quality", "dermoscopy", "drug_reaction", "facial", "confocal")
ASKED = {
    "dermoscopic": {"image_quality", "dermoscopy"},
    "clinical": {"image_quality", "drug_reaction"},
    "face": {"image_quality", "drug_reaction", "facial"},
    "confocal": {"confocal"},
}
TEST_LESIONS = (  # of MILK10k, in the test part of the split of image_quality
    "IL_0064763",
    "IL_1026804",
    "IL_2317693",
    "IL_3327660",
    "IL_4175497",
    "IL_5795574",
)


@pytest.fixture(scope="module")
def engines() -> Engines:
    places = {Bundle.open(zoo.path(name)).digest: zoo.path(name) for name in NAMES}
    return Engines(places.__getitem__, threads=1)


@pytest.fixture
def scene_of(tmp_path: Path) -> Callable[..., Scene]:
    """Keep a photo as the platform does."""

    def make(pixels: Pixels, known: Known | None = None) -> Scene:
        photo, preview = tmp_path / "photo.jpg", tmp_path / "preview.jpg"
        image = Image.fromarray(pixels)
        image.save(photo, quality=92)
        image.thumbnail((640, 640))
        image.save(preview, quality=85)
        return Scene(photo, preview, pixels.shape[1], pixels.shape[0], known)

    return make


def rendered(what: str) -> Pixels:
    """A rendered photo, of a seed that nothing was fitted on."""
    from cutis.phantoms import dermoscopy, erythema
    from cutis.phantoms.erythema.wide import render_wide
    from cutis.phantoms.faces import Sight, Sitter, render_faces
    from cutis.phantoms.facial.person import draw_person

    rng = np.random.default_rng(7)
    if what == "dermoscopic":
        return dermoscopy.render("melanocytic_nevus", 256, rng).image
    if what == "lesion":
        return erythema.render("severe", 224, rng).image
    if what == "eruption":
        return render_wide("severe", 300, rng).image
    if what == "face":
        sight = Sight(4.0, 5.0, 0.0, 1.6, (190, 190), 450.0)
        return render_faces([Sitter(draw_person(rng), sight)], (420, 380), rng).image
    tissue = rng.integers(30, 220, (40, 40), np.uint8)
    grey = np.asarray(Image.fromarray(tissue).resize((320, 320), Image.Resampling.BICUBIC))
    return np.repeat(grey[..., None], 3, axis=2)


def asked(engines: Engines, scene: Scene, out: Path) -> dict[str, dict[str, Any]]:
    """What each shipped model says of a photo, by its name."""
    found: dict[str, Any] = {}
    wanted = {name: Bundle.open(zoo.path(name)).digest for name in NAMES}
    analyse(engines, scene, "0" * 64, wanted, out, found.update)
    assert not [one.problem for one in found.values() if one.problem]
    return {name: one.result for name, one in found.items()}


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("dermoscopic", "dermoscopic"),
        ("lesion", "clinical"),
        ("eruption", "clinical"),
        ("face", "face"),
        ("tissue", "confocal"),
    ],
)
def test_the_models_that_suit_a_rendered_photo_answer(
    engines: Engines, scene_of: Callable[..., Scene], tmp_path: Path, what: str, kind: str
) -> None:
    said = asked(engines, scene_of(rendered(what)), tmp_path)
    # Of a rendered face it may be said that its areas cannot be judged: then it was asked.
    suited = {name: one["suits"] for name, one in said.items()}
    answered = {name for name, one in suited.items() if one["suits"] or one["why"] == "face"}
    assert answered >= ASKED[kind]
    found = next(one["photo"]["kind"] for one in said.values() if "kind" in one["photo"])
    if kind != "clinical":  # a rendered lesion may be too blurred to be certain of it
        assert found["sure"]
    if found["sure"]:
        assert found["name"] == kind
        assert answered == ASKED[kind]


def test_of_a_face_nothing_is_said_that_is_about_a_single_spot(
    engines: Engines, scene_of: Callable[..., Scene], tmp_path: Path
) -> None:
    said = asked(engines, scene_of(rendered("face")), tmp_path)
    gate = said["image_quality"]
    gate |= {"passed": False, "findings": {"distance": 0.9, "framing": 0.8, "blur": 0.7}}
    gate["advice"] = [SENTENCES[name] for name in ("distance", "framing", "blur")]
    rows = [Analysis(id=name, state=DONE, result=one) for name, one in said.items()]
    quality = next(one for one in shown(rows, {}) if one.kind == "quality")
    assert quality.extra["advice"] == [SENTENCES["blur"]]
    assert quality.extra["reason"] == gate["titles"]["blur"]
    assert any("less sure than its numbers" in one for one in quality.more)
    gate["findings"]["blur"] = 0.2
    quality = next(one for one in shown(rows, {}) if one.kind == "quality")
    assert (quality.state, quality.word, quality.result["passed"]) == ("good", "No fault was seen", True)
    alone = next(iter(shown([one for one in rows if one.id == "image_quality"], {})))
    assert len(alone.extra["advice"]) == 3  # nobody knows yet that it is a face


def test_real_photos_of_lesions_held_out_are_told_apart(
    shared_data: Path, engines: Engines, scene_of: Callable[..., Scene]
) -> None:
    place = shared_data / "milk10k"
    table = pl.read_csv(place / "manifest.csv", infer_schema_length=None)
    table = table.filter(pl.col("lesion_id").is_in(list(TEST_LESIONS)))
    right, sure, wrong = 0, 0, 0
    for image, kind in table.select("image", "modality").iter_rows():
        pixels = np.asarray(Image.open(place / image).convert("RGB"))
        found = kind_of_photo(engines, scene_of(pixels))
        right += found.name == kind
        sure += found.sure
        wrong += found.sure and found.name != kind
    assert len(table) == 2 * len(TEST_LESIONS)
    assert right >= len(table) - 2
    assert sure >= 0.3 * len(table)
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ASKED)
def test_every_shipped_model_is_for_some_kinds_and_not_for_others(name: str, kind: str) -> None:
    info = Bundle.open(zoo.path(name)).info
    if name == "image_quality":
        assert made_for(info) == ()
    elif kind != "confocal" or name == "confocal":  # whether it is grey is asked before
        assert suits(info, Kind(kind, "view")) == (name in ASKED[kind])
    assert suits(info, Kind(kind, sure=False, probability=0.6))


def test_what_the_protocol_says_goes_before_what_it_looks_like(
    engines: Engines, scene_of: Callable[..., Scene], tmp_path: Path
) -> None:
    said = asked(engines, scene_of(rendered("dermoscopic"), Known("clinical", "view")), tmp_path)
    assert {name for name, one in said.items() if one["suits"]["suits"]} == ASKED["clinical"]
    assert said["dermoscopy"]["suits"]["why"] == "kind"
    assert said["facial"]["suits"]["why"] == "kind"
    assert said["facial"]["photo"]["kind"]["source"] == "view"


def test_a_photo_whose_kind_is_not_certain_is_asked_about_everywhere(
    engines: Engines, scene_of: Callable[..., Scene], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = telling_of()
    assert shipped is not None
    doubtful = Telling(shipped.digest, 0 * shipped.weights, 0.1, shipped.sure)
    monkeypatch.setattr(kinds, "telling_of", lambda: doubtful)
    said = asked(engines, scene_of(rendered("lesion")), tmp_path)
    assert {"labels", "lesions"} <= set(said["dermoscopy"]) | set(said["drug_reaction"])
    assert said["dermoscopy"]["photo"]["kind"]["sure"] is False
    assert said["dermoscopy"]["photo"]["kind"]["probability"] == pytest.approx(0.525, abs=1e-3)
    monkeypatch.setattr(kinds, "telling_of", lambda: None)
    assert kind_of_photo(engines, scene_of(rendered("lesion"))) == Kind("", sure=False)


def test_a_network_is_asked_about_the_whole_photo_once(
    engines: Engines, scene_of: Callable[..., Scene], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutis.runtime.engine import Engine

    shapes: dict[str, list[tuple[int, ...]]] = {}
    ask = Engine.ask

    def counted(self: Engine, pixels: Pixels, session: Any = None) -> Any:
        shapes.setdefault(self.info.name, []).append(pixels.shape)
        return ask(self, pixels, session)

    monkeypatch.setattr(Engine, "ask", counted)
    said = asked(engines, scene_of(rendered("dermoscopic")), tmp_path)
    assert len(shapes["dermoscopy"]) == 2  # and turned by half for its map
    # The whole, the same turned for its map, and the region that is looked at again.
    assert len(shapes["image_quality"]) <= (2 if said["image_quality"]["good_region"] is None else 3)


@pytest.fixture(scope="module")
def photo(world: World) -> Iterator[str]:
    """A dermoscopic photo that is analysed."""
    out = BytesIO()
    Image.fromarray(rendered("dermoscopic")).save(out, "JPEG", quality=92)
    someone = world.a.people[Role.CLINICIAN]
    form = {"pseudonym": "K-1"}
    sent = someone.post(f"/studies/{world.a.id}/analyse", form, files={"photo": ("x", out.getvalue())})
    assert sent.status_code == 303, sent.text
    photo = str(sent.headers["location"].split("/")[4])
    _worker(world).do(photo)
    yield photo


def _worker(world: World) -> Worker:
    platform = world.administrator.platform
    return Worker.of(platform.database, platform.store, platform.audit, platform.settings.data_folder)


def test_a_model_for_another_kind_of_photo_is_asked_by_one_click_and_says_so(
    world: World, photo: str
) -> None:
    clinician, here = world.a.people[Role.CLINICIAN], f"/studies/{world.a.id}/photos/{photo}/analysis"
    shown = clinician.get(here).text
    assert "This looks like a dermoscopic photo." in shown
    assert "This model is for clinical photos of skin. This looks like a dermoscopic photo." in shown
    assert "Ask it all the same" in shown
    digest = Bundle.open(zoo.path("drug_reaction")).digest
    form = {"bundle": digest, "anyway": "yes"}
    assert world.a.people[Role.READER].post(here, form).status_code in (403, 404)
    assert clinician.post(here, form).status_code == 303
    listed = clinician.api("GET", f"/api/studies/{world.a.id}/photos/{photo}/analyses").json()
    waiting = next(one for one in listed if one["model"] == digest)
    assert (waiting["state"], waiting["result"], waiting["asked_anyway"]) == ("waiting", None, True)
    assert _worker(world).do(photo) == 1
    answered = clinician.get(here).text
    assert "It was asked all the same, by a person: do not rely on its answer." in answered
    listed = clinician.api("GET", f"/api/studies/{world.a.id}/photos/{photo}/analyses").json()
    told = next(one for one in listed if one["model"] == digest)
    result = told["result"]
    assert told["asked_anyway"] is True
    assert result["suits"] == {"suits": False, "why": "kind"}
    assert "lesions" in result
    with world.administrator.platform.database.reading() as session:
        kept = session.scalars(select(AuditEntry).where(AuditEntry.action == "analysis.asked")).all()
    assert any(one.details.get("anyway") for one in kept if one.subject == photo)
    again = {"models": [digest], "anyway": True}
    assert clinician.api("POST", f"/api{here.removesuffix('analysis')}analyses", json=again).json() == {
        "waiting": 0
    }


def test_what_was_asked_anyway_and_failed_keeps_the_mark_and_is_asked_so_again(
    world: World, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutis.web.analyse.run import _Asking
    from cutis.web.jobs.claims import Outcome

    clinician, here = world.a.people[Role.CLINICIAN], f"/studies/{world.a.id}/photos/{photo}/analysis"
    digest = Bundle.open(zoo.path("facial")).digest
    with monkeypatch.context() as patch:
        patch.setattr(_Asking, "timed", lambda *_, **__: Outcome(None, "The model fell over."))
        clinician.post(here, {"bundle": digest, "anyway": "yes"})
        assert _worker(world).do(photo) == 1
    listed = clinician.api("GET", f"/api{here.removesuffix('analysis')}analyses").json()
    failed = next(one for one in listed if one["model"] == digest)
    assert (failed["state"], failed["asked_anyway"]) == ("failed", True)
    assert "Asked all the same: The model fell over." in clinician.get(here).text
    clinician.post(here, {"bundle": digest})  # asked again, without saying so again
    assert _worker(world).do(photo) == 1
    listed = clinician.api("GET", f"/api{here.removesuffix('analysis')}analyses").json()
    again = next(one for one in listed if one["model"] == digest)
    assert (again["state"], again["asked_anyway"]) == ("done", True)
    assert again["result"]["suits"] != {"suits": True, "why": ""}


def test_what_was_asked_anyway_is_no_part_of_the_answer_for_a_patient(world: World, photo: str) -> None:
    with world.administrator.platform.database.reading() as session:
        row = session.scalars(select(Analysis).where(Analysis.photo_id == photo)).first()
        assert row is not None
        from cutis.web.database import Photo

        whose = session.get_one(Photo, photo).participant_id
    where = f"/api/studies/{world.a.id}/participants/{whose}/screening"
    assert world.a.people[Role.CLINICIAN].api("GET", where).json()["photos"] == []
    sent = world.a.people[Role.INVESTIGATOR].post(f"/studies/{world.a.id}/export", {})
    with zipfile.ZipFile(BytesIO(sent.content)) as archive:
        measured = archive.read("measures.csv").decode()
        assert "drug_reaction" not in "".join(archive.namelist())
    assert f"{photo},K-1" in measured
    assert "drug_reaction" not in measured


def test_a_view_that_says_its_kind_decides(world: World) -> None:
    from cutis.web.studies.protocol import DEFAULT, Protocol, read_protocol

    document = DEFAULT.document()
    assert document["views"][0]["kind"] == ""
    document["views"][0].pop("kind")  # as earlier versions wrote it
    assert read_protocol(document) == DEFAULT
    document["views"][0]["kind"] = "dermoscopic"
    assert Protocol.model_validate(document).views[0].kind == "dermoscopic"
    from cutis.web.errors import RefusedError

    with pytest.raises(RefusedError, match="kind"):
        read_protocol({**document, "views": [{**document["views"][0], "kind": "x-ray"}]})
