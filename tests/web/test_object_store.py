"""Photos in an object store: there before the database speaks of them, brought back, removed; and over S3."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from cutis.core.errors import CutisError
from cutis.web.photos.elsewhere import ObjectStore
from cutis.web.photos.store import Store, open_store
from cutis.web.settings import Settings

DIGEST = "ab" * 32


@pytest.fixture(params=["memory", "file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An object store of our own; S3 as moto serves it on this machine."""
    if request.param == "memory":
        yield f"memory://{secrets.token_hex(6)}/cutis"
        return
    if request.param == "file":
        yield f"file://{tmp_path}/elsewhere"
        return
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        bucket = f"photos-{secrets.token_hex(4)}"
        s3 = fsspec.get_filesystem_class("s3")
        s3.clear_instance_cache()  # one of an earlier test speaks with an earlier server
        s3().mkdir(bucket)
        yield f"s3://{bucket}/cutis"
    server.stop()


def _put(store: Store, data: bytes, *, settle: bool = True) -> Path:
    scratch = store.scratch()
    scratch.write_bytes(data)
    place = Store.photo(store, DIGEST, "jpg")
    store.put(scratch, place)
    if settle:
        store.settle(scratch, kept=True)
    return place


def _elsewhere(store: Store) -> list[str]:
    assert isinstance(store, ObjectStore)
    store.files.invalidate_cache()
    return [name.rsplit("/", 1)[1] for name in store.files.find(store.root)]


def test_a_photo_is_elsewhere_and_comes_back_to_a_machine_that_has_lost_it(url: str, tmp_path: Path) -> None:
    store = open_store(Settings(data_folder=tmp_path / "one", store_url=url))
    _put(store, b"pixels")
    assert _elsewhere(store) == [f"{DIGEST}.jpg"]
    other = open_store(Settings(data_folder=tmp_path / "two", store_url=url))
    assert other.photo(DIGEST, "jpg").read_bytes() == b"pixels"
    assert not other.photo("cd" * 32, "jpg").exists()
    assert list(other.incoming.iterdir()) == []
    store.remove(DIGEST, "jpg")
    assert _elsewhere(store) == []
    assert not store.photo(DIGEST, "jpg").exists()
    store.remove(DIGEST, "jpg")


def test_what_a_crash_left_is_removed_elsewhere_too(url: str, tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "one", store_url=url)
    _put(open_store(settings), b"pixels", settle=False)
    kept = open_store(settings)
    assert kept.recover(lambda digest: True) == 0
    assert _elsewhere(kept) == [f"{DIGEST}.jpg"]
    kept.remove(DIGEST, "jpg")
    _put(open_store(settings), b"pixels", settle=False)
    again = open_store(settings)
    assert again.recover(lambda digest: False) == 1
    assert _elsewhere(again) == []


def test_the_folder_of_this_machine_stays_bounded(url: str, tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "one", url, most=250)
    for n in range(5):
        scratch = store.scratch()
        scratch.write_bytes(bytes([n]) * 100)
        store.put(scratch, Store.photo(store, f"{n:064}", "jpg"))
        store.settle(scratch, kept=True)
    assert store.tidy() == 3
    assert len(_elsewhere(store)) == 5
    assert [store.photo(f"{n:064}", "jpg").read_bytes()[0] for n in range(5)] == [0, 1, 2, 3, 4]


def test_a_store_that_fails_keeps_the_photo_from_being_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ObjectStore(tmp_path, f"memory://{secrets.token_hex(6)}")

    def fail(*_more: Any) -> None:
        raise OSError("the bucket is full")

    monkeypatch.setattr(type(store.files), "put_file", fail)
    with pytest.raises(OSError, match="bucket is full"):
        _put(store, b"pixels")


def test_an_object_store_that_cannot_be_used_is_said_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="CUTIS_STORE_URL") as caught:
        open_store(Settings(data_folder=tmp_path, store_url="nonsense://who:hunter2@place"))
    assert "hunter2" not in str(caught.value).split("(")[0]


def test_a_platform_keeps_and_shows_photos_of_an_object_store(tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    from cutis.web.app import create_app, open_platform

    from .conftest import Browser, _study

    url = f"memory://{secrets.token_hex(6)}"
    platform = open_platform(Settings(data_folder=tmp_path, store_url=url))
    with TestClient(create_app(platform), base_url="http://cutis.test", follow_redirects=False) as client:
        study = _study(platform, Browser(client, platform), "Amber", 1)
        someone = next(iter(study.people.values()))
        where = f"/api/studies/{study.id}/photos/{study.names['photo']}"
        digest = someone.api("GET", where).json()["digest"]
        for folder in ("photos", "previews"):
            for file in (platform.store.folder / folder).rglob("*.jpg"):
                file.unlink()
        assert someone.api("GET", f"{where}/file").status_code == 200
        assert f"{digest}.jpg" in _elsewhere(platform.store)
    platform.database.close()
