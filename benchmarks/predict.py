"""`cutis predict` against the script that users write today, both as whole processes.

The peer decodes with Pillow, prepares with torchvision's transforms, and runs timm networks in eager
float32, 32 photos at a time: the same backbones, input sizes and mirrored views as the bundle has.

    python benchmarks/predict.py                          1,000 JPEGs of 600 x 450
    python benchmarks/predict.py --constant-memory        100,000 photos: memory over time
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

BATCH = 32
SIZE = (600, 450)
DATA = Path(os.environ.get("CUTIS_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds, seconds of processor time, and peak memory in bytes."""

    wall: float
    processor: float
    memory: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--bundle", help="a .cutis file or shipped name; default: dermoscopy, else a drawn one"
    )
    parser.add_argument("-n", type=int, default=1000, help="number of photos")
    parser.add_argument("--repeats", type=int, default=1, help="the fastest of so many runs counts")
    parser.add_argument("--workers", type=int, default=0, help="decoding processes of the peer")
    parser.add_argument("--constant-memory", type=int, nargs="?", const=100_000, metavar="N")
    parser.add_argument(
        "--peer", nargs=3, help=argparse.SUPPRESS
    )  # bundle, folder, out: this process is the peer
    options = parser.parse_args()
    if options.peer:
        peer(*map(Path, options.peer), workers=options.workers)
        return
    with tempfile.TemporaryDirectory() as scratch:
        bundle = find_bundle(options.bundle, Path(scratch))
        if options.constant_memory:
            constant_memory(bundle, options.constant_memory, Path(scratch))
        else:
            compare(bundle, options, Path(scratch))


def compare(bundle: Path, options: argparse.Namespace, scratch: Path) -> None:
    from cutis.core.bundle import Bundle

    folder = write_photos(options.n, scratch / "photos")
    info = Bundle.open(bundle).info
    members = ", ".join(f"{member.backbone} at {member.size}" for member in info.members)
    print(f"{bundle.name}: {members}; {info.views} view(s); {info.precision}; {os.cpu_count()} cores")
    ours = [
        sys.executable,
        "-m",
        "cutis",
        "predict",
        str(bundle),
        str(folder),
        "--out",
        str(scratch / "a.csv"),
    ]
    theirs = [sys.executable, __file__, "--peer", str(bundle), str(folder), str(scratch / "b.csv")]
    theirs += ["--workers", str(options.workers)]
    first = [*ours[:5], str(next(folder.iterdir())), *ours[6:]]
    costs: dict[str, list[Cost]] = {"first": [], "ours": [], "theirs": []}
    for _ in range(options.repeats):
        for name, command in (("first", first), ("ours", ours), ("theirs", theirs)):
            costs[name].append(measured(command))
    best = {name: min(found, key=lambda cost: cost.wall) for name, found in costs.items()}
    for name, title in (("ours", "cutis predict"), ("theirs", "Pillow + torchvision + timm")):
        cost = best[name]
        print(
            f"{title:28} {options.n / cost.wall:7.1f} photos/s  {cost.wall:6.1f} s  "
            f"{cost.processor:6.1f} s of processor  peak memory {cost.memory / 2**20:5.0f} MiB"
        )
    print(f"start of cutis predict to its first result, whole process: {best['first'].wall:.2f} s")
    print(f"peak memory: {best['theirs'].memory / best['ours'].memory:.2f} times less")
    print(f"ratio {best['theirs'].wall / best['ours'].wall:.2f}")


def measured(command: list[str]) -> Cost:
    """Run a command to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with status {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def constant_memory(bundle: Path, count: int, scratch: Path) -> None:
    """Predict one short list of photos over and over, under new names, and watch the memory."""
    folder = write_photos(20, scratch / "photos")
    files = sorted(folder.iterdir())
    table, out = scratch / "many.csv", scratch / "many_predictions.csv"
    rows = "".join(f"photos/{files[number % len(files)].name},i{number}\n" for number in range(count))
    table.write_text(f"image,image_id\n{rows}")
    words = [sys.executable, "-m", "cutis", "predict", str(bundle), str(table), "--out", str(out)]
    started = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    journal = out.with_name(f".{out.name}.journal")
    wanted = [count * step // 20 for step in range(1, 20)]
    seen: list[float] = []
    print(f"{count} photos through {bundle.name}")
    while process.poll() is None:
        done = journal.read_bytes().count(b"\n") - 2 if journal.exists() else 0
        if wanted and done >= wanted[0]:
            wanted.pop(0)
            seen.append(resident(process.pid))
            print(f"{time.perf_counter() - started:7.0f} s {done:8} photos {seen[-1]:6.0f} MiB", flush=True)
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"cutis predict ended with status {process.returncode}")
    written = out.read_bytes().count(b"\n") - 1
    print(f"{written} rows in {time.perf_counter() - started:.0f} s")
    print(
        f"memory from 5% to 95% of the photos: {seen[0]:.0f} to {seen[-1]:.0f} MiB, most {max(seen):.0f} MiB"
    )
    print(f"ratio {seen[-1] / seen[0]:.2f}")


def resident(process: int) -> float:
    """Memory of a process now, in MiB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def write_photos(count: int, folder: Path) -> Path:
    """JPEGs of 600 x 450: real ones enlarged where there are any, else textured noise."""
    folder.mkdir()
    real = sorted((DATA / "ham10000" / "images").glob("*"))[:count]
    rng = np.random.default_rng(0)
    for number in range(count):
        if real:
            with Image.open(real[number % len(real)]) as image:
                photo = image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
        else:
            coarse = Image.fromarray(rng.integers(60, 220, (45, 60, 3), dtype=np.uint8))
            fine = rng.normal(0, 6, (SIZE[1], SIZE[0], 3))
            smooth = np.asarray(coarse.resize(SIZE, Image.Resampling.BICUBIC))
            photo = Image.fromarray((smooth + fine).clip(0, 255).astype(np.uint8))
        photo.save(folder / f"{number:05d}.jpg", quality=90)
    return folder


def find_bundle(name: str | None, scratch: Path) -> Path:
    """The bundle asked for, else the shipped one, else one with random weights, which cost the same."""
    from cutis import zoo

    if name:
        return Path(name) if Path(name).is_file() else zoo.path(name)
    if "dermoscopy" in zoo.names():
        return zoo.path("dermoscopy")
    from cutis.models.torchvision_operators import ensure

    ensure()
    from cutis.core.bundle import BundleInfo, Member, TrainingData, Vectors, write_bundle
    from cutis.core.labels import Categorical
    from cutis.export.network import network_graph
    from cutis.export.onnx import build_graph
    from cutis.models.classifier import ClassifierSettings, build

    print("No bundle of that kind is shipped; a MobileNetV2 with random weights stands in.")
    network = build(ClassifierSettings("mobilenetv2_100", classes=7, size=224)).eval()
    rules = network.input_rules
    member = Member("random", "mobilenetv2_100", rules.size, rules.mean, rules.std)
    info = BundleInfo(
        name="random",
        version="0",
        created="",
        cutis="",
        task="dermoscopy",
        title="Random",
        labels=Categorical([f"class_{number}" for number in range(7)]),
        modality="dermoscopic",
        size=rules.size,
        members=(member,),
        training=TrainingData("none", False, 0, 0, "", ""),
    )
    path = scratch / "random.cutis"
    graph = build_graph([(member, network_graph(network))])
    write_bundle(path, info, graph, "", Vectors((), "", 0.0, 0.0))
    return path


def peer(bundle: Path, folder: Path, out: Path, *, workers: int) -> None:
    """What users write today."""
    import csv
    import json
    import zipfile

    from cutis.models.torchvision_operators import ensure

    ensure()
    import timm
    import torch
    from torchvision import transforms

    # Only the description is read, so that this process loads nothing of cutis that a user would not.
    info = json.loads(zipfile.ZipFile(bundle).read("bundle.json"))
    labels = [item["name"] for item in info["labels"]["items"]]
    members = info["members"]
    networks = [timm.create_model(member["backbone"], num_classes=len(labels)).eval() for member in members]
    prepare = [
        transforms.Compose(
            [
                transforms.Resize(member["size"]),
                transforms.ToTensor(),
                transforms.Normalize(member["mean"], member["std"]),
            ]
        )
        for member in members
    ]

    class Photos(torch.utils.data.Dataset):  # type: ignore[type-arg]
        files = sorted(folder.iterdir())

        def __len__(self) -> int:
            return len(self.files)

        def __getitem__(self, index: int) -> list[torch.Tensor]:
            image = Image.open(self.files[index]).convert("RGB")
            return [transform(image) for transform in prepare]

    flips: list[tuple[int, ...]] = [(), (3,), (2,), (2, 3)]
    rows: list[list[float]] = []
    with torch.no_grad():
        for batch in torch.utils.data.DataLoader(Photos(), batch_size=BATCH, num_workers=workers):
            logits = [
                torch.stack([network(x.flip(axes)) for axes in flips[: info["views"]]]).mean(0)
                for network, x in zip(networks, batch, strict=True)
            ]
            rows += torch.stack([one.softmax(1) for one in logits]).mean(0).tolist()
    with out.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["image_id", *labels])
        writer.writerows([file.stem, *row] for file, row in zip(Photos.files, rows, strict=True))


if __name__ == "__main__":
    main()
