"""The gate for photos on one core, against the script that users write today, in the same process.

The peer decodes the whole photo with Pillow, resizes it with torchvision and asks the gate's own backbone in
eager float32: one number and no reason. The gate gives grade and reason, and of so large a photo what shows
at full resolution; where the photo fails it looks a second time, which is timed too. "after decoding" is the
network's look at the whole photo, "at full resolution" finding the region of interest and judging it.

    python benchmarks/gate.py                    JPEGs of 4000 x 3000
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a phone's browser gives one core too

import numpy as np
from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bundle", default="image_quality", help="a .cutis file or shipped name")
    parser.add_argument("-n", type=int, default=15, help="times that each is timed; the median counts")
    options = parser.parse_args()
    from cutis.imaging.reduce import reduced
    from cutis.imaging.regions import region_of_interest
    from cutis.runtime.engine import Engine
    from cutis.runtime.gate import Gate, seen
    from cutis.runtime.gate_detail import look

    engine = Engine.open(options.bundle, threads=1)
    gate = Gate(engine)
    with tempfile.TemporaryDirectory() as scratch:
        sharp, dark = write_photos(Path(scratch))
        pixels = {path: engine.pixels(path) for path in (sharp, dark)}
        verdicts = {path: gate(path) for path in (sharp, dark)}
        for path, said in verdicts.items():
            print(f"{path.stem}: good {said.good:.2f}, {said.reason}; second look: {said.region is not None}")
        small, native = seen(sharp, engine)

        def zoomed() -> object:
            region = region_of_interest(reduced(small, 6_000))
            return look(native, region, engine.quick, engine.info)

        took = {
            "cutis, after decoding": timed(lambda: engine.ask(pixels[sharp]), options.n),
            "cutis, at full resolution": timed(zoomed, options.n),
            "cutis, with decoding": timed(lambda: gate(sharp), options.n),
            "cutis, with decoding, dark photo": timed(lambda: gate(dark), options.n),
            "peer, with decoding": timed(peer(engine.info.members[0].backbone, sharp), options.n),
        }
    for name, seconds in took.items():
        print(f"{name:34} {1000 * seconds:7.1f} ms")
    print(f"ratio {took['peer, with decoding'] / took['cutis, with decoding']:.2f}")


def timed(call: Callable[[], object], times: int) -> float:
    """Median seconds."""
    call()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def write_photos(folder: Path) -> tuple[Path, Path]:
    """A rendered photo of 12 megapixels with detail down to single pixels, and the same taken in the dark."""
    from cutis.phantoms.dermoscopy import render

    rng = np.random.default_rng(0)
    small = render("melanocytic_nevus", 768, rng).image
    large = np.asarray(
        Image.fromarray(small).resize((4000, 3000), Image.Resampling.BICUBIC), dtype=np.float32
    )
    large += rng.normal(0, 4, large.shape).astype(np.float32)
    paths = folder / "sharp.jpg", folder / "dark.jpg"
    for path, light in zip(paths, (1.0, 0.12), strict=True):
        Image.fromarray(np.clip(large * light, 0, 255).astype(np.uint8)).save(path, quality=90)
    return paths


def peer(backbone: str, path: Path) -> Callable[[], object]:
    """Pillow, torchvision's transforms and timm, as tutorials do it."""
    from cutis.models.torchvision_operators import ensure

    ensure()
    import timm
    import torch
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    network = timm.create_model(backbone, num_classes=4).eval()
    prepare = v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(256, antialias=True),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )

    @torch.no_grad()
    def call() -> object:
        return network(prepare(Image.open(path).convert("RGB"))[None]).softmax(1)

    return call


if __name__ == "__main__":
    main()
