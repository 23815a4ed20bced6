"""Receive 1,000 DICOM photos, over one association and over eight at once, beside dcmtk's storescp.

Both receivers are sent the same files by dcmtk's storescu, in turn, in the same run, each a process of its
own. Cutis writes every file durably (synced, renamed, the folder synced) before it confirms it, and hands it
to a queue for analysis; storescp leaves syncing to the system. What arrives is counted and compared.

    python benchmarks/receive.py [-n 1000] [--rounds 2]

The last line is the ratio of rates, cutis's over storescp's: the lower one of both ways of sending.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image

WAYS = (1, 8)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("-n", type=int, default=1000, help="photos")
    arguments.add_argument("--rounds", type=int, default=2, help="of which the fastest counts")
    given = arguments.parse_args()
    # pynetdicom puts scripts of the same names beside the interpreter; the peer is dcmtk.
    own, places = Path(sys.executable).parent, os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(one for one in places if Path(one) != own)
    for name in ("storescp", "storescu"):
        if shutil.which(name) is None:
            sys.exit(f"{name} is not installed (Debian: apt install dcmtk)")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        parts = make(folder / "sent", given.n)
        size = sum(path.stat().st_size for part in parts for path in part.iterdir())
        print(f"{given.n} dermoscopic photos, {size / given.n / 1000:.0f} kB each; {os.cpu_count()} cores")
        ratios = [compare(folder, parts, at_once, given.n, given.rounds) for at_once in WAYS]
    print(f"ratio {min(ratios):.2f}")


def compare(folder: Path, parts: list[Path], at_once: int, n: int, rounds: int) -> float:
    best = {"cutis": 0.0, "storescp": 0.0}
    for number in range(rounds):
        for name, serve in (("cutis", cutis), ("storescp", storescp)):
            into = folder / f"{name}-{at_once}-{number}"
            into.mkdir()
            with serve(into) as port:
                seconds = storescu(parts, port, at_once)
            arrived = digests(into)
            lost = n - len(arrived)
            same = arrived == digests(folder / "sent")
            best[name] = max(best[name], n / seconds)
            print(
                f"  {name:8} {at_once} at once: {n / seconds:6.1f} a second, {lost} lost, same: {same}",
                flush=True,
            )
            if lost or not same:
                sys.exit(f"{name} lost or changed photos")
            shutil.rmtree(into)
    return best["cutis"] / best["storescp"]


def make(folder: Path, n: int) -> list[Path]:
    """Photos in eight folders, so that eight senders have their share."""
    from cutis.interop.dicom.description import Description, Patient, Study
    from cutis.interop.dicom.wrap import wrap_file

    rng = np.random.default_rng(0)
    study = Study()
    parts = [folder / str(number) for number in range(max(WAYS))]
    for number in range(n):
        small = Image.fromarray(rng.integers(60, 230, (9, 12, 3), dtype=np.uint8))
        part = parts[number % len(parts)]
        part.mkdir(parents=True, exist_ok=True)
        out = io.BytesIO()
        small.resize((256, 192), Image.Resampling.BICUBIC).save(out, "JPEG", quality=92)
        (folder / "photo.jpg").write_bytes(out.getvalue())
        said = Description(patient=Patient(f"P{number % 50}"), study=study, instance_number=number + 1)
        wrap_file([folder / "photo.jpg"], "dermoscopic", said, part / f"{number:05d}.dcm")
    (folder / "photo.jpg").unlink()
    return parts


@contextlib.contextmanager
def cutis(folder: Path) -> Any:
    """Our receiver in a process of its own, with a queue that is filled as a gateway would."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=listen, args=(folder, theirs))
    process.start()
    yield ours.recv()
    ours.send("stop")
    process.join()


def listen(folder: Path, pipe: Any) -> None:
    import queue

    from cutis.interop.dicom.receive import Listening, receiving

    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with receiving(folder, Listening(port=0), on_received=waiting.put) as port:
        pipe.send(port)
        pipe.recv()


@contextlib.contextmanager
def storescp(folder: Path) -> Any:
    port = free_port()
    process = subprocess.Popen(
        ["storescp", "--fork", "+xa", "-od", str(folder), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.05)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def storescu(parts: list[Path], port: int, at_once: int) -> float:
    """Seconds that it takes to send all of them."""
    shares = [parts[number::at_once] for number in range(at_once)]
    started = time.perf_counter()
    senders = [
        subprocess.Popen(
            ["storescu", "-xy", "-R", "+sd", "127.0.0.1", str(port), *map(str, share)],
            stdout=subprocess.DEVNULL,
        )
        for share in shares
    ]
    codes = [sender.wait() for sender in senders]
    if any(codes):
        sys.exit(f"storescu failed: {codes}")
    return time.perf_counter() - started


def digests(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            data = pydicom.dcmread(path)
            found[str(data.SOPInstanceUID)] = bytes(data.PixelData)
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    main()
