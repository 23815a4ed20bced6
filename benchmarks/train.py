"""Seconds per epoch: `cutis train` against the script that users write today.

The peer decodes each photo in each epoch with Pillow, varies it with torchvision and trains a timm model in
float32 (channels first, default threads, two loader processes). Both train the same backbone from the same
start on the same photos, at the same size, for the same number of steps. Whole processes are timed, once with
one epoch and once with four, so that the difference is three epochs without start-up.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

HERE = Path(__file__).resolve()
ROOT = HERE.parents[1]
BACKBONE, SIZE, BATCH = "mobilenetv2_100", 224, 32


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--n", type=int, default=480, help="training photos")
    options.add_argument("--peer", nargs=2, metavar=("MANIFEST", "EPOCHS"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.peer:
        train_as_users_do(Path(given.peer[0]), int(given.peer[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        manifest = photos(Path(name), given.n)
        ours = [timed(cutis_command(manifest, Path(name) / f"run{n}", n)) for n in (1, 4)]
        theirs = [timed([sys.executable, str(HERE), "--peer", str(manifest), str(n)]) for n in (1, 4)]
    print(f"{given.n} photos of 600 x 450, {BACKBONE} at {SIZE} px, batches of {BATCH}")
    for who, (one, four) in (("cutis train", ours), ("script", theirs)):
        epoch = (four - one) / 3
        print(f"{who:12} {epoch:6.1f} s an epoch, {given.n / epoch:5.1f} photos/s; first epoch {one:5.1f} s")
    print(f"ratio {(theirs[1] - theirs[0]) / (ours[1] - ours[0]):.2f}")


def photos(folder: Path, count: int) -> Path:
    """JPEGs with the texture of photos, in three classes, and their manifest."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count + 60):
        coarse = rng.uniform(60, 220, (12, 16, 3)).astype(np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((600, 450), Image.Resampling.BICUBIC)).astype(
            float
        )
        image = (smooth + rng.normal(0, 8, smooth.shape)).clip(0, 255).astype(np.uint8)
        Image.fromarray(image).save(folder / f"{number}.jpg", quality=90)
        split = "train" if number < count else "tune" if number < count + 30 else "test"
        name = ("psoriasis", "hemangioma", "melanocytic_nevus")[number % 3]
        rows.append({"image": f"{number}.jpg", "patient_id": str(number), "diagnosis": name, "split": split})
    pl.DataFrame(rows).write_csv(folder / "manifest.csv")
    return folder / "manifest.csv"


def cutis_command(manifest: Path, out: Path, epochs: int) -> list[str]:
    # Copies across the split are no concern of a stopwatch, and the peer does not look for any.
    checks = ["--allow", "duplicates"]
    network = ["--backbone", BACKBONE, "--weights", "none", "--auxiliary", "0", "--size", str(SIZE)]
    length = ["--epochs", str(epochs), "--batch", str(BATCH), "--imbalance", "none"]
    command = [sys.executable, "-m", "cutis", "train", "dermoscopy", str(manifest), "--out", str(out)]
    return [*command, *checks, *network, *length]


def timed(command: list[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return time.perf_counter() - started


def train_as_users_do(manifest: Path, epochs: int) -> None:
    import torch

    from cutis.models.torchvision_operators import ensure

    ensure()  # some machines cannot import torchvision without it
    import timm
    from torchvision import transforms

    table = pl.read_csv(manifest)
    names = sorted(table["diagnosis"].unique())
    varied = transforms.Compose(
        [
            transforms.RandomResizedCrop(SIZE, scale=(0.4, 1.0)),
            transforms.RandomHorizontalFlip(),
            transforms.RandomVerticalFlip(),
            transforms.RandomRotation(180),
            transforms.ColorJitter(0.2, 0.2, 0.2),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    plain = transforms.Compose(
        [
            transforms.Resize(SIZE),
            transforms.CenterCrop(SIZE),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )

    class Photos(torch.utils.data.Dataset):  # type: ignore[type-arg]
        def __init__(self, rows: pl.DataFrame, transform: transforms.Compose) -> None:
            self.rows, self.transform = rows.to_dicts(), transform

        def __len__(self) -> int:
            return len(self.rows)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            image = Image.open(manifest.parent / self.rows[index]["image"]).convert("RGB")
            return self.transform(image), names.index(self.rows[index]["diagnosis"])

    parts = {name: table.filter(pl.col("split") == name) for name in ("train", "tune")}
    train = torch.utils.data.DataLoader(
        Photos(parts["train"], varied), BATCH, shuffle=True, drop_last=True, num_workers=2
    )
    tune = torch.utils.data.DataLoader(Photos(parts["tune"], plain), BATCH, num_workers=2)
    model = timm.create_model(BACKBONE, num_classes=len(names))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    for _ in range(epochs):
        model.train()
        for x, y in train:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = sum(int((model(x).argmax(1) == y).sum()) for x, y in tune)
        print(right / len(parts["tune"]))


if __name__ == "__main__":
    main()
