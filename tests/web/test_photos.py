"""Photos are taken in whole and once, without what cameras write into them; else nothing is kept."""

from __future__ import annotations

import hashlib
import io
import struct
import threading
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import func, select

from cutis.imaging.read import read_rgb
from cutis.web.database import AuditEntry, Participant, Photo
from cutis.web.people.roles import Role
from cutis.web.photos.decoder import examine
from cutis.web.photos.jpeg import DamagedJpegError, stripped
from cutis.web.photos.store import Store

from .conftest import Browser, InStudy, World, jpeg


@pytest.fixture
def study(world: World) -> InStudy:
    return world.a


@pytest.fixture
def clinician(study: InStudy) -> Browser:
    return study.people[Role.CLINICIAN]


@pytest.fixture
def participant(study: InStudy, clinician: Browser) -> str:
    """A new participant, so that nothing was sent before."""
    names = clinician.api("GET", f"/api/studies/{study.id}/participants").json()
    made = clinician.api(
        "POST", f"/api/studies/{study.id}/participants", json={"pseudonym": f"N-{len(names)}"}
    )
    return str(made.json()["id"])


def _send(
    browser: Browser, study: InStudy, participant: str, data: bytes, key: str = "", name: str = "x.jpg"
) -> Any:
    form = {"participant": participant, "key": key}
    return browser.api("POST", f"/api/studies/{study.id}/photos", data=form, files={"photo": (name, data)})


def _kept(browser: Browser) -> tuple[int, set[str]]:
    """Photos in the database, and files of the store."""
    folder = browser.platform.store.folder
    with browser.platform.database.reading() as session:
        count = session.scalar(select(func.count(Photo.id))) or 0
    return count, {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def _file(browser: Browser, study: InStudy, photo: str) -> bytes:
    answer = browser.api("GET", f"/api/studies/{study.id}/photos/{photo}/file")
    assert answer.status_code == 200
    return bytes(answer.content)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker of cameras"
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)}
    exif[0x8769] = {0x9003: "2026:03:29 01:30:15", 0x9011: "+09:00", 0x9286: b"ASCII\0\0\0a name"}
    return exif.tobytes()


def _encoded(kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(jpeg(11))).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize("orientation", [1, 3, 6, 7, 8])
def test_a_jpeg_keeps_its_pixels_and_which_side_is_up_and_nothing_else(
    study: InStudy, clinician: Browser, participant: str, orientation: int
) -> None:
    sent = jpeg(3, exif=_exif(orientation), comment=b"a comment", icc_profile=b"sRGB profile")
    answer = _send(clinician, study, participant, sent)
    assert answer.status_code == 201, answer.text
    kept = _file(clinician, study, answer.json()["id"])
    assert np.array_equal(read_rgb(kept), read_rgb(sent))
    assert hashlib.sha256(kept).hexdigest() == answer.json()["digest"]
    with Image.open(io.BytesIO(kept)) as image:
        exif = image.getexif()
        assert dict(exif) == ({} if orientation == 1 else {0x0112: orientation})
        assert not exif.get_ifd(0x8825)
        assert image.info.get("icc_profile") == b"sRGB profile"
    for word in (b"Maker", b"comment", b"a name", b"2026"):
        assert word not in kept
    assert answer.json()["taken"] == "2026-03-29T01:30:15+09:00"
    turned = orientation >= 5
    assert (answer.json()["width"], answer.json()["height"]) == ((48, 64) if turned else (64, 48))


def test_the_moment_is_kept_only_where_the_study_says_so(world: World) -> None:
    from cutis.web.database import Study

    other, someone = world.b, world.b.people[Role.CLINICIAN]
    with someone.platform.database.writing() as session:
        session.get_one(Study, other.id).keeps_capture_time = False
    answer = _send(someone, other, other.names["participant"], jpeg(4, exif=_exif(1)))
    assert answer.json()["taken"] is None


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_other_kinds_become_png_with_the_same_pixels(
    study: InStudy, clinician: Browser, participant: str, kind: str
) -> None:
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    sent = _encoded(kind, exif=_exif(1))
    answer = _send(clinician, study, participant, sent, name="anything.bin")
    assert answer.status_code == 201, answer.text
    assert answer.json()["kind"] == "png"
    kept = _file(clinician, study, answer.json()["id"])
    assert np.array_equal(read_rgb(kept), read_rgb(sent))
    assert b"Maker" not in kept


def test_a_progressive_and_a_restarting_and_a_padded_jpeg_keep_their_pixels() -> None:
    progressive = jpeg(8, 320, 240, progressive=True)
    restarting = jpeg(9, 320, 240, restart_marker_blocks=3)
    padded = jpeg(9, 320, 240).replace(b"\xff\xdb", b"\xff\xff\xff\xdb")
    for sent in (progressive, restarting, padded):
        assert np.array_equal(read_rgb(stripped(sent, 1)), read_rgb(sent))


def test_a_jpeg_that_is_cut_off_anywhere_is_never_taken_for_whole() -> None:
    sent = jpeg(9, 40, 30)
    for end in range(len(sent)):
        with pytest.raises(DamagedJpegError):
            stripped(sent[:end], 1)


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.html", "<script>alert(1)</script>")
    return out.getvalue()


def test_a_small_copy_of_an_earlier_picture_is_left_out() -> None:
    plain = jpeg(3)
    assert plain[2:4] == b"\xff\xe0" and plain[6:11] == b"JFIF\0"
    small = bytes((90, 60)) + b"who it was" * 1620  # as an editor left it before the face was cut off
    head = plain[6:18] + small
    whole = plain[:4] + (len(head) + 2).to_bytes(2, "big") + head + plain[20:]
    assert Image.open(io.BytesIO(whole)).size == (64, 48)
    assert stripped(whole, 1) == stripped(plain, 1) == plain
    adobe = io.BytesIO()
    Image.new("CMYK", (16, 16)).save(adobe, "JPEG")
    content = adobe.getvalue()
    at = content.index(b"\xff\xee")
    longer = content[: at + 2] + b"\0\x18" + content[at + 4 : at + 16] + b"who it was" + content[at + 16 :]
    assert stripped(longer, 1) == stripped(content, 1) == content
    with pytest.raises(DamagedJpegError):
        stripped(plain[:4] + b"\0\x07JFIF\0" + plain[20:], 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_full_disk_is_no_fault_of_the_photo(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "sent"
    Image.new("RGB", (64, 48), (150, 110, 90)).save(source, kind)
    for photo, preview in ((Path("/dev/full"), tmp_path / "b"), (tmp_path / "a", Path("/dev/full"))):
        with pytest.raises(OSError, match=r"No space left|Input/output"):
            examine(source, photo, preview, megapixels=4, seconds=20)


def test_a_polyglot_loses_what_it_carries(study: InStudy, clinician: Browser, participant: str) -> None:
    script = b"<script>alert(1)</script>"
    for sent in (
        jpeg(21) + _zip(),
        jpeg(22, comment=script),
        jpeg(23)[:2] + b"\xff\xe5\x00\x1b" + script + jpeg(23)[2:],
        _encoded("PNG") + _zip(),
    ):
        answer = _send(clinician, study, participant, sent, name="x.html")
        assert answer.status_code == 201, answer.text
        shown = clinician.api("GET", f"/api/studies/{study.id}/photos/{answer.json()['id']}/file")
        assert b"<script>" not in shown.content
        assert b"index.html" not in shown.content
        assert shown.headers["content-type"] in ("image/jpeg", "image/png")
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "x.html" not in str(shown.headers)


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


_BAD = {
    "empty": (b"", "is empty"),
    "text": (b"hello, I am a photo", "is not a photo"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "is not a photo"),
    "html": (b"<!doctype html><script>alert(1)</script>", "is not a photo"),
    "gif": (_encoded("GIF"), "is not a photo"),
    "pdf": (b"%PDF-1.7 " + jpeg(1), "is not a photo"),
    "zip": (_zip() + jpeg(1), "is not a photo"),
    "cut jpeg": (jpeg(31)[:-200], "read in full"),
    "head only": (jpeg(31)[:30], "read in full"),
    "cut png": (_encoded("PNG")[:-300], "read in full"),
    "cut webp": (_encoded("WEBP")[:-50], "read in full"),
    "bomb": (_png(60_000, 60_000, zlib.compress(b"\0" * 1_000_000)), "more than 4 megapixels"),
    "lying png": (_png(1000, 1000, zlib.compress(b"\0" * 1000)), "read in full"),
    "jpeg of jpegs": (b"\xff\xd8" + b"\xff\xe0\x00\x02" * 100_000, "read in full"),
}


@pytest.mark.parametrize("case", _BAD)
def test_what_is_no_whole_photo_is_refused_and_nothing_is_kept_but_a_line(
    study: InStudy, clinician: Browser, participant: str, case: str
) -> None:
    data, words = _BAD[case]
    before = _kept(clinician)
    answer = _send(clinician, study, participant, data, name="photo.jpg")
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]
    assert str(clinician.platform.store.folder) not in answer.text
    assert _kept(clinician) == before
    with clinician.platform.database.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.action, last.who, last.study) == ("photo.refused", clinician.user, study.id)


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\x.jpg", "/etc/x.jpg", "a\x00b.jpg", "x" * 900]
)
def test_the_name_of_a_file_is_never_used(
    study: InStudy, clinician: Browser, participant: str, name: str
) -> None:
    answer = _send(clinician, study, participant, jpeg(41), name=name)
    assert answer.status_code == 201, answer.text
    with clinician.platform.database.reading() as session:
        row = session.get_one(Photo, answer.json()["id"])
        assert "passwd" not in str(vars(row))
    assert {"photos", "previews", "incoming"} == {
        one.name for one in clinician.platform.store.folder.iterdir()
    }


def test_what_is_too_large_is_refused_before_it_has_all_arrived(
    study: InStudy, clinician: Browser, participant: str
) -> None:
    before = _kept(clinician)
    answer = _send(clinician, study, participant, jpeg(1) + b"\0" * 3_000_000)
    assert answer.status_code == 413
    assert "2 MB" in answer.json()["detail"]
    sent = clinician.post(
        f"/studies/{study.id}/photos", {"participant": participant}, files={"photo": ("x", b"\0" * 3_000_000)}
    )
    assert sent.status_code == 413
    assert _kept(clinician) == before
    with clinician.platform.database.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.action, last.details["status"]) == ("form.refused", 413)


def test_the_same_key_is_the_same_photo_and_another_file_under_it_is_refused(
    study: InStudy, clinician: Browser, participant: str
) -> None:
    first = _send(clinician, study, participant, jpeg(51), key="k-1")
    again = _send(clinician, study, participant, jpeg(51), key="k-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert _send(clinician, study, participant, jpeg(52), key="k-1").status_code == 409
    assert _send(clinician, study, participant, jpeg(52), key="../k").status_code == 422


def test_the_same_file_of_the_same_participant_is_one_photo_and_of_another_it_is_another(
    study: InStudy, clinician: Browser, participant: str
) -> None:
    first = _send(clinician, study, participant, jpeg(53), key="a")
    again = _send(clinician, study, participant, jpeg(53), key="b")
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    other = _send(clinician, study, study.names["participant"], jpeg(53))
    assert other.status_code == 201
    assert other.json()["digest"] == first.json()["digest"]


def test_sent_twenty_times_at_once_it_is_there_once(
    study: InStudy, clinician: Browser, participant: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda n: _send(clinician, study, participant, jpeg(54), key="same"), range(20)))
    assert sorted({one.status_code for one in sent}) == [200, 201]
    assert [one.status_code for one in sent].count(201) == 1
    assert len({one.json()["id"] for one in sent}) == 1


def test_a_photo_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cutis.web.errors import RefusedError
    from cutis.web.photos import decoder

    monkeypatch.setattr(decoder, "examine_for", _work_on)
    with pytest.raises(RefusedError, match="within 20 seconds") as refused:
        examine(tmp_path / "x", tmp_path / "a", tmp_path / "b", megapixels=1, seconds=20)
    assert refused.value.status == 422


def _work_on(*_: object) -> None:
    import time

    from cutis.web.apart import bound

    bound(time.process_time() + 1, 8 << 30)
    while True:
        pass


def test_a_photo_that_only_waited_for_a_busy_server_is_not_refused_for_good(tmp_path: Path) -> None:
    import os

    from cutis.web.errors import RefusedError

    os.mkfifo(tmp_path / "never")  # reading it waits for a writer who never comes
    with pytest.raises(RefusedError, match="busy") as refused:
        examine(tmp_path / "never", tmp_path / "a", tmp_path / "b", megapixels=1, seconds=0.3)
    assert refused.value.status == 503, "a phone sends it again, and the gateway too"


def test_a_decoder_that_dies_is_a_refused_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cutis.web.errors import RefusedError
    from cutis.web.photos import decoder

    monkeypatch.setattr(decoder, "examine_for", _die)
    with pytest.raises(RefusedError, match="damaged"):
        examine(tmp_path / "x", tmp_path / "a", tmp_path / "b", megapixels=1, seconds=20)


def _die(*_: object) -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGSEGV)


def test_every_look_at_a_photo_stands_in_the_audit(study: InStudy, clinician: Browser) -> None:
    photo = study.names["photo"]
    for part, action in (("file", "photo.seen"), ("preview", "preview.seen")):
        answer = clinician.get(f"/studies/{study.id}/photos/{photo}/{part}")
        assert answer.status_code == 200
        assert "no-store" in answer.headers["cache-control"]
        with clinician.platform.database.reading() as session:
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
        assert (last.action, last.who, last.subject) == (action, clinician.user, photo)


def test_after_a_crash_only_files_that_the_database_knows_are_left(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def crashed(content: bytes) -> Path:
        """As far as an upload comes before the database speaks of it."""
        digest = hashlib.sha256(content).hexdigest()
        scratch = store.scratch()
        scratch.with_name(f"{scratch.name}-photo").write_bytes(content)
        store.put(scratch.with_name(f"{scratch.name}-photo"), store.photo(digest, "jpg"))
        return store.photo(digest, "jpg")

    orphan, known = crashed(b"never acknowledged"), crashed(b"acknowledged")
    settled = crashed(b"settled long ago")
    for one in store.incoming.iterdir():
        if settled.stem in one.name:
            one.unlink()
    assert crashed(b"settled long ago") == settled  # sent again, and again the server dies
    (store.incoming / "half").write_bytes(b"half")
    assert store.recover(lambda digest: digest == known.stem) == 1
    assert not orphan.exists()
    assert known.read_bytes() == b"acknowledged"
    assert settled.read_bytes() == b"settled long ago"
    assert list(store.incoming.iterdir()) == []


def test_photos_that_are_taken_in_at_once_do_not_mix(world: World) -> None:
    study, someone = world.b, world.b.people[Role.CLINICIAN]
    with someone.platform.database.writing() as session:
        one = Participant(study_id=study.id, pseudonym="many")
        session.add(one)
    sent = {n: jpeg(100 + n) for n in range(12)}
    threads = [
        threading.Thread(target=_send, args=(someone, study, one.id, data, f"n{n}"))
        for n, data in sent.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with someone.platform.database.reading() as session:
        rows = session.scalars(select(Photo).where(Photo.participant_id == one.id)).all()
    assert {row.key for row in rows} == {f"n{n}" for n in sent}
    for row in rows:
        kept = someone.platform.store.photo(row.digest, row.kind)
        assert np.array_equal(read_rgb(kept), read_rgb(sent[int(row.key[1:])]))
