"""The search for copies of photos against the script that users write today, in one process.

The peer hashes every photo (perceptual hash as in the `imagehash` package: cosine transform of 32 x 32 grey
pixels, 64 bits) and compares every hash with every other; pairs within 10 bits count as copies. Copies of
known origin are added to the photos, so that both can be asked how many they found, and what else they named.

    python benchmarks/duplicates.py                       every photo of the shared set, or 500 rendered ones
    python benchmarks/duplicates.py FOLDER --n 2000
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.fft import dct

from cutis.data.duplicates import find_duplicates
from cutis.imaging.read import find_images, read_rgb

DATA = Path(os.environ.get("CUTIS_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
BITS = 10  # the usual threshold of perceptual hashes

Pairs = set[tuple[int, int]]

COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "re-encoded, JPEG 60": lambda image: image,
    "resized to 80%": lambda image: image.resize((image.width * 4 // 5, image.height * 4 // 5)),
    "cropped by 3%": lambda image: image.crop(
        (image.width // 66, image.height // 66, image.width * 65 // 66, image.height * 65 // 66)
    ),
    "20% darker": lambda image: image.point(lambda value: round(value * 0.8)),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned by 90 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_90),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DATA / "ham10000" / "images")
    parser.add_argument("--n", type=int, help="how many photos; default: all, or 500 where they are rendered")
    parser.add_argument("--copies", type=int, default=50, help="copies of each kind that are added")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder
        if not folder.is_dir():
            folder = rendered(options.n or 500, Path(scratch) / "rendered")
        photos = list(itertools.islice(find_images(folder), options.n))
        count = min(options.copies, len(photos) // len(COPIES))
        kinds, paths = add_copies(photos, count, Path(scratch))
        print(f"{len(photos)} photos of {folder}, {len(kinds)} copies added; {os.cpu_count()} processors")
        ours, our_time = timed("cutis", lambda: {(p.first, p.second) for p in find_duplicates(paths)})
        theirs, their_time = timed("peer", lambda: peer(paths))
    report(kinds, ours, theirs)
    print(f"ratio {their_time / our_time:.2f}")


def timed(name: str, search: Callable[[], Pairs]) -> tuple[Pairs, float]:
    started, processor = time.perf_counter(), time.process_time()
    found = search()
    wall = time.perf_counter() - started
    print(
        f"{name:<6} {wall:8.1f} s  {time.process_time() - processor:8.1f} s of processor  {len(found)} pairs"
    )
    sys.stdout.flush()
    return found, wall


def add_copies(photos: list[Path], count: int, folder: Path) -> tuple[dict[tuple[int, int], str], list[Path]]:
    """Copies of photos spread over the collection.

    Returns:
        The kind of copy for each pair of positions, and the photos followed by their copies.
    """
    kinds, paths = {}, list(photos)
    places = np.random.default_rng(0).choice(len(photos), count * len(COPIES), replace=False)
    for place, (kind, change) in zip(places.tolist(), itertools.cycle(COPIES.items()), strict=False):
        copy = folder / f"{photos[place].stem}.copy.jpg"
        image = change(Image.fromarray(read_rgb(photos[place])))
        image.save(copy, quality=60 if kind.startswith("re-encoded") else 90)
        kinds[place, len(paths)] = kind
        paths.append(copy)
    return kinds, paths


def peer(paths: list[Path]) -> Pairs:
    hashes = [perceptual_hash(path) for path in paths]
    numbered = list(enumerate(hashes))
    return {
        (a, b) for (a, one), (b, other) in itertools.combinations(numbered, 2) if apart(one, other) <= BITS
    }


def perceptual_hash(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        grey = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS))
    low = dct(dct(grey, axis=0), axis=1)[:8, :8]
    return low > np.median(low)


def apart(one: np.ndarray, other: np.ndarray) -> int:
    return np.count_nonzero(one.flatten() != other.flatten())  # what `a - b` of two such hashes does


def report(kinds: dict[tuple[int, int], str], ours: Pairs, theirs: Pairs) -> None:
    print(f"\n{'copies found':<24}{'cutis':>8}{'peer':>8}")
    for kind in COPIES:
        pairs = {pair for pair, name in kinds.items() if name == kind}
        print(f"{kind:<24}{share(ours & pairs, pairs):>8}{share(theirs & pairs, pairs):>8}")
    print(f"{'other pairs reported':<24}{len(ours - set(kinds)):>8}{len(theirs - set(kinds)):>8}\n")


def share(found: Pairs, pairs: Pairs) -> str:
    return f"{len(found) / max(1, len(pairs)):.0%}"


def rendered(count: int, folder: Path) -> Path:
    """Rendered photos where there are no real ones."""
    from cutis.phantoms.dataset import write_phantoms
    from cutis.tasks import get_task

    print(f"No folder of photos; rendering {count}.")
    write_phantoms(get_task("dermoscopy"), folder, count)
    return folder


if __name__ == "__main__":
    main()
