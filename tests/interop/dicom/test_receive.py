"""What was confirmed is on the disk, once; what is wrong is refused, and the receiver lives on."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest

from cutis.core.errors import CutisError
from cutis.imaging.read import read_rgb
from cutis.interop.dicom.description import Description, Patient
from cutis.interop.dicom.keep import NotTakenError, Received, keep
from cutis.interop.dicom.modules import as_bytes, save
from cutis.interop.dicom.receive import Listening, receiving, server_tls
from cutis.interop.dicom.send import Peer, client_tls, echo, send
from cutis.interop.dicom.uids import new_uid
from cutis.interop.dicom.wrap import wrap

WHO = Description(patient=Patient("P-1"))


@pytest.fixture
def photo(files: dict[str, Path], tmp_path: Path) -> Path:
    save(wrap([files["photo.jpg"]], "clinical", WHO).data, tmp_path / "photo.dcm")
    return tmp_path / "photo.dcm"


def peer(port: int, **options: Any) -> Peer:
    return Peer("127.0.0.1", port, seconds=10, **options)


def test_an_object_is_kept_once_under_its_uid(photo: Path, tmp_path: Path) -> None:
    seen: list[Received] = []
    with receiving(tmp_path / "in", Listening(port=0), on_received=seen.append) as port:
        assert echo(peer(port))
        for _ in range(2):
            assert send([photo, photo], peer(port))[1].state == "sent"
    assert [one.new for one in seen] == [True, False, False, False]
    (there,) = (tmp_path / "in").iterdir()
    assert there.stem == pydicom.dcmread(photo).SOPInstanceUID
    assert (read_rgb(there) == read_rgb(photo)).all()
    head = pydicom.dcmread(there).file_meta
    assert head.MediaStorageSOPInstanceUID == there.stem
    assert head.TransferSyntaxUID == pydicom.dcmread(photo).file_meta.TransferSyntaxUID
    assert str(head.SourceApplicationEntityTitle).strip() == "CUTIS"
    assert seen[0].caller == "CUTIS"


def test_the_same_uid_with_other_pixels_or_another_patient_is_refused(
    photo: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    uid = str(pydicom.dcmread(photo).SOPInstanceUID)
    said = replace(WHO, instance_uid=uid)
    save(wrap([files["progressive.jpg"]], "clinical", said).data, tmp_path / "same.dcm")
    save(wrap([files["grey.jpg"]], "clinical", said).data, tmp_path / "pixels.dcm")
    other = replace(said, patient=Patient("P-2"))
    save(wrap([files["photo.jpg"]], "clinical", other).data, tmp_path / "patient.dcm")
    told: list[str] = []
    with receiving(
        tmp_path / "in", Listening(port=0), on_refused=lambda caller, uid, why: told.append(why)
    ) as port:
        sent = send(
            [photo, tmp_path / "same.dcm", tmp_path / "pixels.dcm", tmp_path / "patient.dcm"], peer(port)
        )
    assert [one.state for one in sent] == ["sent", "sent", "refused", "refused"]
    assert "C111" in sent[2].told
    assert "another object of this UID" in sent[3].told
    assert len(told) == 2
    (there,) = (tmp_path / "in").iterdir()
    assert pydicom.dcmread(there).PatientID == "P-1"


def test_a_gateway_that_fails_after_receiving_is_tried_again(photo: Path, tmp_path: Path) -> None:
    calls: list[Received] = []

    def once_wrong(received: Received) -> None:
        calls.append(received)
        if len(calls) == 1:
            raise RuntimeError("the database is away")

    waits: list[float] = []
    with receiving(tmp_path / "in", Listening(port=0), on_received=once_wrong) as port:
        (sent,) = send([photo], peer(port), sleep=waits.append)
    assert (sent.state, len(calls), waits) == ("sent", 2, [0.5])


def test_a_peer_that_is_not_there_fails_after_all_tries(photo: Path, free_port: int) -> None:
    waits: list[float] = []
    (sent,) = send([photo], peer(free_port), tries=3, sleep=waits.append)
    assert (sent.state, waits) == ("failed", [0.5, 1.0])
    assert "cannot be reached" in sent.told
    assert not echo(peer(free_port))


def test_what_cannot_be_sent_is_refused_and_the_rest_goes(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("no")
    nobody = pydicom.dcmread(photo)
    nobody.PatientID = ""
    nobody.save_as(tmp_path / "nobody.dcm")
    paths = [tmp_path / "text.dcm", tmp_path / "nobody.dcm", tmp_path / "none.dcm", photo]
    with receiving(tmp_path / "in", Listening(port=0)) as port:
        sent = send(paths, peer(port), sleep=lambda _: None)
    assert [one.state for one in sent] == ["refused"] * 3 + ["sent"]
    assert all("\n" not in one.told for one in sent)


def test_only_named_peers_may_call(photo: Path, tmp_path: Path) -> None:
    listening = Listening(port=0, peers=("CAMERA",), strict=True, title="ARCHIVE")
    with receiving(tmp_path / "in", listening) as port:
        assert send([photo], peer(port, title="ARCHIVE"), tries=1)[0].state == "failed"
        assert send([photo], peer(port, title="OTHER", calling="CAMERA"), tries=1)[0].state == "failed"
        assert send([photo], peer(port, title="ARCHIVE", calling="CAMERA"))[0].state == "sent"


def test_more_associations_than_allowed_are_refused_and_may_come_again(photo: Path, tmp_path: Path) -> None:
    from pynetdicom import AE

    with receiving(tmp_path / "in", Listening(port=0, associations=1)) as port:
        caller = AE()
        caller.add_requested_context("1.2.840.10008.1.1")
        first = caller.associate("127.0.0.1", port)
        assert first.is_established
        assert send([photo], peer(port), tries=1)[0].state == "failed"
        first.release()
        assert send([photo], peer(port), tries=5)[0].state == "sent"


def test_eight_callers_at_once_lose_nothing(files: dict[str, Path], tmp_path: Path) -> None:
    shares: list[list[Path]] = [[] for _ in range(8)]
    for number in range(40):
        data = wrap([files["photo.jpg"]], "clinical", replace(WHO, instance_uid=new_uid())).data
        save(data, tmp_path / "out" / f"{number}.dcm")
        shares[number % 8].append(tmp_path / "out" / f"{number}.dcm")
    results: list[Any] = []
    with receiving(tmp_path / "in", Listening(port=0)) as port:
        callers = [
            threading.Thread(target=lambda s=share: results.extend(send(s, peer(port)))) for share in shares
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert {one.state for one in results} == {"sent"}
    assert len(list((tmp_path / "in").iterdir())) == 40


@pytest.mark.parametrize(
    "hostile",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x01\x00\xff\xff\xff\xff" + b"\0" * 100,  # an A-ASSOCIATE-RQ of four gigabytes
        b"\x01\x00\x00\x00\x00\x04" + b"\xff" * 4,
        b"\x04\x00\x00\x00\x00\x10" + b"\xff" * 16,  # data before there is an association
        b"\x07\x00\x00\x00\x00\x04\0\0\0\0",
        b"",
    ],
)
def test_hostile_bytes_do_not_stop_the_receiver(hostile: bytes, photo: Path, tmp_path: Path) -> None:
    with receiving(tmp_path / "in", Listening(port=0, seconds=2)) as port:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(hostile)
            line.shutdown(socket.SHUT_WR)
        assert send([photo], peer(port))[0].state == "sent"
    assert len(list((tmp_path / "in").iterdir())) == 1


def test_an_object_that_is_too_large_cuts_its_caller_off(photo: Path, tmp_path: Path) -> None:
    with receiving(tmp_path / "in", Listening(port=0, most_bytes=2000)) as port:
        (sent,) = send([photo], peer(port), tries=1)
    assert sent.state in ("failed", "refused")
    assert list((tmp_path / "in").iterdir()) == []


def test_a_uid_cannot_lead_out_of_the_folder(photo: Path, tmp_path: Path) -> None:
    from pynetdicom import AE

    data = pydicom.dcmread(photo)
    with receiving(tmp_path / "in", Listening(port=0)) as port:
        caller = AE()
        caller.add_requested_context(data.SOPClassUID, data.file_meta.TransferSyntaxUID)
        association = caller.associate("127.0.0.1", port)
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "1.2.99"
        status = association.send_c_store(data)
        assert status.Status == 0
        association.release()
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["1.2.99.dcm"]
    for wrong in ("../1.2", "1/2", "", "1." * 40 + "1"):
        with pytest.raises(Exception, match="UID is none"):
            keep(tmp_path / "in", wrong, photo.read_bytes())
    with pytest.raises(Exception, match="not the one that was announced"):
        keep(tmp_path / "in", "1.2.77", photo.read_bytes())
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["1.2.99.dcm"]


def test_a_folder_that_cannot_be_written_to_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(CutisError, match="cannot be written to"),
        receiving(tmp_path / "file", Listening(port=0)),
    ):
        pass


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with (
        receiving(tmp_path / "in", Listening(port=0)) as port,
        pytest.raises(CutisError, match="Cannot listen"),
        receiving(tmp_path / "in", Listening(port=port)),
    ):
        pass


def test_over_tls_and_only_with_the_right_certificate(
    photo: Path, tmp_path: Path, program: Callable[[str], str]
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        "-keyout", key, "-out", certificate,
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    with receiving(tmp_path / "in", Listening(port=0, tls=server_tls(certificate, key))) as port:
        assert send([photo], peer(port, tls=client_tls(certificate)))[0].state == "sent"
        assert send([photo], peer(port, tls=client_tls()), tries=1)[0].state == "failed"
        assert send([photo], peer(port), tries=1)[0].state == "failed"


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.5"])
def test_what_is_cut_off_is_not_taken_so_that_the_whole_can_come(
    syntax: str, files: dict[str, Path], tmp_path: Path
) -> None:
    data = wrap([files["photo.png"]], "clinical", Description(patient=Patient("P"))).data
    if syntax.endswith(".5"):
        data.compress(syntax, generate_instance_uid=False)
    data.file_meta.TransferSyntaxUID = syntax
    content = as_bytes(data)
    for cut in (content[:-9], content[: len(content) // 2]):
        with pytest.raises(NotTakenError, match="cut off"):
            keep(tmp_path, str(data.SOPInstanceUID), cut)
    assert keep(tmp_path, str(data.SOPInstanceUID), content).new


def test_an_object_whose_uid_cannot_be_read_is_refused_and_not_asked_for_again(
    files: dict[str, Path], tmp_path: Path
) -> None:
    data = wrap([files["photo.png"]], "clinical", Description(patient=Patient("P"))).data
    content = as_bytes(data)
    damaged = content.replace(b"\x08\x00\x18\x00UI", b"\x08\x00\x18\x00QQ")
    assert damaged != content
    with pytest.raises(NotTakenError) as refused:
        keep(tmp_path, str(data.SOPInstanceUID), damaged)
    assert refused.value.status == 0xC000
