"""20 phones send a 12-megapixel photo each to `cutis serve` at once: errors, memory, pages meanwhile.

    python benchmarks/uploads.py                 20 photos of 4000 x 3000
    python benchmarks/uploads.py -n 4            fewer

The server is the real one, on loopback, with its decoders and its worker. Memory is that of all its
processes. Pages are asked for one after the other while photos come and are analysed. Then single photos
are sent, and it is measured when the whole result is there.

The peer is the plain script that somebody would write: it decodes the same photos with Pillow, one after the
other, scales each to what a model asks for, and runs the same models in onnxruntime. It takes nothing in over
a network, keeps nothing safe, judges no region, finds no lesions and draws no map. The ratio is the peer's
time for all photos over that of the server from the first byte sent to the last result.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

SHAPE = (3000, 4000)
MOST_MEMORY, MOST_PAGE, MOST_RESULT = 1.5e9, 0.3, 1.5  # bytes, seconds, seconds
CUTIS = Path(sys.executable).parent / "cutis"


@dataclass
class Watched:
    """What was seen while the server worked.

    Attributes:
        resident: largest sum of the memory of its processes, in bytes; what they share counts in each.
        own: the same, with what they share divided among them.
        pages: seconds of each page.
        wrong: answers that were not 200.
    """

    resident: int = 0
    own: int = 0
    pages: list[float] = field(default_factory=list)
    wrong: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=20, help="photos sent at once")
    parser.add_argument("--single", type=int, default=5, help="photos sent one by one afterwards")
    parser.add_argument("--wait", type=float, default=600, help="seconds to wait for results at most")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {load()} at the start; {options.n} photos of 12 megapixels")
    photos = [photo(number) for number in range(options.n + options.single + 1)]
    print(f"{np.mean([len(one) for one in photos]) / 1e6:.1f} MB each")
    with tempfile.TemporaryDirectory() as scratch:
        took = served(Path(scratch), photos, options.n, options.wait)
    begun = time.perf_counter()
    plain(photos[: options.n])
    peer = time.perf_counter() - begun
    print(f"peer, Pillow and onnxruntime one after the other: {peer:.1f} s for {options.n} photos")
    print(f"load {load()} at the end")
    print(f"ratio {peer / took:.2f}")


def load() -> str:
    """Processes that want a core, over one and five minutes."""
    return "/".join(f"{one:.1f}" for one in os.getloadavg()[:2])


def photo(number: int) -> bytes:
    """A photo of something like skin, another for each number, as large as a phone's."""
    rng = np.random.default_rng(number)
    low = rng.normal(0, 12, (30, 40, 3)) + np.array([205, 160, 140])
    smooth = Image.fromarray(low.clip(0, 255).astype(np.uint8)).resize(SHAPE[::-1], Image.Resampling.BICUBIC)
    grain = np.tile(rng.integers(-9, 10, (500, 500, 1), np.int16), (6, 8, 1))
    out = io.BytesIO()
    pixels = (np.asarray(smooth, np.int16) + grain).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def served(folder: Path, photos: list[bytes], at_once: int, most: float) -> float:
    """Send the photos to a server; seconds from the first byte sent to the last result of the first ones."""
    study, participant, token, cookie = prepared(folder)
    server = subprocess.Popen(
        [CUTIS, "serve", "--data", folder, "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    said = ""
    while "\nOpen " not in said:
        said += server.stdout.readline()
    address = said.rsplit("Open ", 1)[1].strip()
    api = httpx.Client(
        base_url=f"{address}/api/studies/{study}", headers={"authorization": f"Bearer {token}"}, timeout=most
    )
    until(lambda: httpx.get(f"{address}/healthz").status_code == 200, 60)
    try:
        first = send(api, participant, photos[-1], "first")  # models are opened for the first photo
        if not first[0]:
            raise SystemExit(f"the first photo was not taken ({first[1]}); is the machine too busy?")
        until(lambda: finished(api, [first[0]]), most)
        watched, over = Watched(), threading.Event()
        watchers = [
            threading.Thread(target=watch_memory, args=(server.pid, watched, over)),
            threading.Thread(target=watch_pages, args=(f"{address}/studies/{study}", cookie, watched, over)),
        ]
        for one in watchers:
            one.start()
        begun = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            numbers = range(at_once)
            sent = list(pool.map(lambda n: send(api, participant, photos[n], f"k{n}"), numbers))
        taken = time.perf_counter() - begun
        until(lambda: finished(api, [one for one, _ in sent if one]), most)
        took = time.perf_counter() - begun
        over.set()
        for one in watchers:
            one.join()
        report(watched, sent, taken, took)
        singles = [
            single(api, participant, photos[at_once + n], f"s{n}", most)
            for n in range(len(photos) - at_once - 1)
        ]
        tell_singles(singles)
    finally:
        server.terminate()
        server.wait(60)
    return took


def prepared(folder: Path) -> tuple[str, str, str, str]:
    """A study with a participant; a token and a cookie of somebody who may add photos."""
    from cutis.web.app import open_platform
    from cutis.web.database import Member, Participant, Study, User
    from cutis.web.people import sessions, tokens
    from cutis.web.people.roles import Role
    from cutis.web.settings import Settings

    platform = open_platform(Settings(data_folder=folder))
    with platform.database.writing() as session:
        user, study = User(login="nia", name="Nia", password="-"), Study(name="Uploads")
        session.add_all([user, study])
        session.flush()
        one = Participant(study_id=study.id, pseudonym="A-1")
        session.add_all([one, Member(study_id=study.id, user_id=user.id, role=Role.CLINICIAN)])
        _, token = tokens.make(session, user.id, "benchmark")
        cookie = f"{sessions.COOKIE}={sessions.start(session, user, 12)}"
    platform.database.close()
    return study.id, one.id, token, cookie


def send(api: httpx.Client, participant: str, content: bytes, key: str) -> tuple[str, int]:
    """Send a photo; its identity and the status of the answer."""
    answer = api.post(
        "/photos", data={"participant": participant, "key": key}, files={"photo": ("x.jpg", content)}
    )
    return (answer.json()["id"] if answer.status_code in (200, 201) else ""), answer.status_code


def analyses(api: httpx.Client, photo_id: str) -> list[dict[str, Any]]:
    """What is known of a photo's analyses."""
    found: list[dict[str, Any]] = api.get(f"/photos/{photo_id}/analyses").json()
    return found


def finished(api: httpx.Client, photo_ids: list[str]) -> bool:
    """No analysis of these photos waits; the last photo is asked first."""
    return all(
        one["state"] != "waiting" for photo_id in reversed(photo_ids) for one in analyses(api, photo_id)
    )


def single(api: httpx.Client, participant: str, content: bytes, key: str, most: float) -> tuple[float, ...]:
    """Seconds until a photo is acknowledged, from then to its whole result, and of the models."""
    begun = time.perf_counter()
    photo_id, _ = send(api, participant, content, key)
    kept = time.perf_counter()
    until(lambda: finished(api, [photo_id]), most, 0.02)
    done = time.perf_counter()
    return kept - begun, done - kept, sum(one["seconds"] or 0.0 for one in analyses(api, photo_id))


def watch_memory(process: int, watched: Watched, over: threading.Event) -> None:
    """Note how much memory a process and its descendants take."""
    while not over.wait(0.1):
        resident = own = 0
        for one in family(process):
            try:
                lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            except OSError:  # it ended meanwhile
                continue
            kept = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines[1:] if ":" in line}
            resident, own = resident + kept["Rss"], own + kept["Pss"]
        watched.resident, watched.own = max(watched.resident, resident), max(watched.own, own)


def family(process: int) -> list[int]:
    """A process and its descendants."""
    found = [process]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found.extend(int(child) for child in task.read_text().split())
            except OSError:
                continue
    return found


def watch_pages(address: str, cookie: str, watched: Watched, over: threading.Event) -> None:
    """Ask for a page, again and again, as somebody does who works meanwhile."""
    with httpx.Client(headers={"cookie": cookie}, timeout=60) as browser:
        while not over.wait(0.1):
            begun = time.perf_counter()
            watched.wrong += browser.get(address).status_code != 200
            watched.pages.append(time.perf_counter() - begun)


def report(watched: Watched, sent: list[tuple[str, int]], taken: float, took: float) -> None:
    """Say what was seen, each with what it is to be."""
    errors = sum(status != 201 for _, status in sent)
    print(f"uploads: {len(sent)}, errors: {errors}; all acknowledged after {taken:.1f} s")
    print(f"all results after {took:.1f} s, {took / len(sent):.2f} s a photo")
    print(
        f"memory of all processes: {watched.resident / 1e9:.2f} GB at most ({watched.own / 1e9:.2f} GB with "
        f"what they share counted once); is to be under {MOST_MEMORY / 1e9:g} GB"
    )
    middle, late = statistics.median(watched.pages), np.quantile(watched.pages, 0.95)
    print(
        f"pages meanwhile: {len(watched.pages)}, errors: {watched.wrong}; median {1000 * middle:.0f} ms, "
        f"95th percentile {1000 * late:.0f} ms; the median is to be under {1000 * MOST_PAGE:g} ms"
    )


def tell_singles(singles: list[tuple[float, ...]]) -> None:
    """Say how long a single photo took."""
    if not singles:
        return
    kept, after, asked = (statistics.median(column) for column in zip(*singles, strict=True))
    print(
        f"one photo: acknowledged after {kept:.2f} s, whole result {after:.2f} s later (models "
        f"{asked:.2f} s); analysis is to take under {MOST_RESULT:g} s; medians of {len(singles)}, load "
        f"{load()}"
    )


def until(done: Any, seconds: float, pause: float = 0.1) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > end:
            raise SystemExit("waited in vain")
        time.sleep(pause)


def plain(photos: list[bytes]) -> None:
    """The peer: decode, scale, run."""
    import onnxruntime

    from cutis import zoo
    from cutis.core.bundle import Bundle

    bundles = [Bundle.open(zoo.path(n)) for n in ("image_quality", "dermoscopy", "drug_reaction", "facial")]
    sessions = [onnxruntime.InferenceSession(one.model) for one in bundles]
    for content in photos:
        image = Image.open(io.BytesIO(content)).convert("RGB")
        for bundle, session in zip(bundles, sessions, strict=True):
            shrunk = bundle.info.size / min(image.size)
            size = round(image.width * shrunk), round(image.height * shrunk)
            pixels = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
            session.run(["probabilities"], {"image": pixels[None]})


if __name__ == "__main__":
    main()
