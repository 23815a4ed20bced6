"""The map of a whole image three ways, on the same network, image and processor, in one process.

    patches   the patch network on every patch at the map's stride, in batches, by onnxruntime: what is
              published, and what users write today
    monai     MONAI's sliding-window inferer with as much overlap, over the patch network in torch
              (left out where monai is not installed: pip install monai -c constraints.txt)
    cutis     one pass over tiles, then windowed means

All three must agree to 1e-3 of a probability. The last line is the cost of patches over that of cutis.

    python benchmarks/map.py                          the shipped bundle, or an untrained network of its shape
    python benchmarks/map.py --bundle FILE --run RUN  a bundle, and the run whose network MONAI is given
    python benchmarks/map.py --side 4096 --threads 8
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.imaging.mosaic import Mosaic
from cutis.runtime.dense import DenseSession
from cutis.runtime.maps import TILE, stream_map
from cutis.runtime.session import available_cores, open_session

BATCH = 64
CLOSE = 1e-3
Probabilities = NDArray[np.float32]  # (grades, rows, columns)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bundle", type=Path, help="default: the shipped bundle 'confocal', if there is one")
    parser.add_argument("--run", type=Path, help="the bundle's training run, for MONAI")
    parser.add_argument("--side", type=int, default=768, help="pixels of the square image")
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--tile", type=int, default=TILE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bundle, network = chosen(options.bundle, options.run, Path(scratch))
    assert bundle.info.dense is not None
    patch, stride = bundle.info.dense.patch, bundle.info.dense.stride
    side = (options.side - patch) // stride * stride + patch
    image = picture(side)
    count = ((side - patch) // stride + 1) ** 2
    print(
        f"{bundle.info.name}: {side} x {side} pixels, {count:,} patches of {patch} at a stride of {stride}, "
        f"{options.threads} threads"
    )
    # Opened, imported and asked once beforehand: what is timed is the work on the image.
    patches, dense = open_session(bundle, options.threads), DenseSession(bundle, options.threads)
    little = image[: patch + stride, : patch + stride]
    by_patches(patches, bundle, little)
    by_cutis(dense, little, options.tile)
    patches_map, patches_time = timed("patches", lambda: by_patches(patches, bundle, image))
    if has_monai() and network is not None:
        by_monai(network, little, patch, stride, options.threads)
        monai_map, monai_time = timed(
            "monai", lambda: by_monai(network, image, patch, stride, options.threads)
        )
        agree("monai", monai_map, patches_map)
    cutis_map, cutis_time = timed("cutis", lambda: by_cutis(dense, image, options.tile))
    agree("cutis", cutis_map, patches_map)
    if has_monai() and network is not None:
        print(f"against monai {monai_time / cutis_time:.2f}")
    else:
        print("against monai: not measured (monai is not installed, or the bundle's run was not given)")
    print(f"ratio {patches_time / cutis_time:.2f}")


def timed(name: str, work: Callable[[], Probabilities]) -> tuple[Probabilities, float]:
    started, processor = time.perf_counter(), time.process_time()
    found = work()
    wall = time.perf_counter() - started
    rate = found[0].size / wall
    busy = time.process_time() - processor
    print(f"{name:<8} {wall:9.2f} s {busy:9.2f} s of processor {rate:12,.0f} patches/s", flush=True)
    return found, wall


def agree(name: str, found: Probabilities, expected: Probabilities) -> None:
    numbers = np.arange(len(expected), dtype=np.float32)
    apart = float(np.abs(found - expected).max())
    grades = float(np.abs(np.tensordot(numbers, found - expected, 1)).max())
    print(f"{name:<8} differs by at most {apart:.1e} of a probability, {grades:.1e} of a grade")
    if not (apart < CLOSE and grades < CLOSE):
        raise SystemExit(f"{name} is not the same map as that of the patches.")


def by_patches(session: Any, bundle: Bundle, image: NDArray[np.uint8]) -> Probabilities:
    """Every patch through the bundle's own graph, batch by batch."""
    patches = windows(image, bundle)
    rows, columns = patches.shape[:2]
    flat = patches.reshape(rows * columns, *patches.shape[2:])
    answers = [
        session.run(
            ["probabilities"], {"image": np.repeat(flat[start : start + BATCH, :, :, None], 3, axis=3)}
        )[0]
        for start in range(0, len(flat), BATCH)
    ]
    return np.concatenate(answers).T.reshape(-1, rows, columns)


def windows(image: NDArray[np.uint8], bundle: Bundle) -> NDArray[np.uint8]:
    """(rows, columns, patch, patch) of the grid."""
    assert bundle.info.dense is not None
    patch, stride = bundle.info.dense.patch, bundle.info.dense.stride
    return np.lib.stride_tricks.sliding_window_view(image, (patch, patch))[::stride, ::stride]


def by_cutis(session: DenseSession, image: NDArray[np.uint8], tile: int) -> Probabilities:
    """The probabilities behind `cutis map`, from the same tiles."""
    kept: list[tuple[NDArray[np.float32], int]] = []

    class Watched:
        dense = session.dense

        def __call__(self, pixels: NDArray[np.float32]) -> Probabilities:
            answers = session(pixels)
            kept.append((answers.copy(), pixels.shape[1]))
            return answers

    mosaic = Mosaic(Path("image"), *image.shape, lambda start, stop: image[start:stop])
    for _ in stream_map(Watched(), mosaic, tile=tile):
        pass
    return joined([answers for answers, _ in kept], session, image.shape, tile)


def joined(
    tiles: list[Probabilities], session: DenseSession, shape: tuple[int, ...], tile: int
) -> Probabilities:
    from cutis.runtime.tiles import Grid, plan

    grid = Grid.of(shape[0], shape[1], session.dense.patch, session.dense.stride)
    down, across = plan(grid, tile)
    out = np.empty((tiles[0].shape[0], grid.rows, grid.columns), np.float32)
    for number, answers in enumerate(tiles):
        rows, columns = down[number // len(across)], across[number % len(across)]
        out[:, rows.start : rows.stop, columns.start : columns.stop] = answers
    return out


def has_monai() -> bool:
    from importlib.util import find_spec

    return find_spec("monai") is not None


def by_monai(network: Any, image: NDArray[np.uint8], patch: int, stride: int, threads: int) -> Probabilities:
    """MONAI's inferer over the patch network.

    Each window answers with one value, laid on one cell of an output that is ``stride`` times smaller than
    the image: the weights of the window's other cells vanish, so that nothing is mixed.

    Args:
        network: (n, 1, patch, patch) grey levels 0..255 to (n, grades) probabilities, in torch.
        image: (height, width).
        patch: side of a window.
        stride: pixels between windows.
        threads: processor cores to use.
    """
    import torch
    from monai.inferers import sliding_window_inference

    torch.set_num_threads(threads)
    cells = patch // stride
    middle = cells // 2

    def answer(batch: Any) -> Any:
        said = network(batch)
        return said[:, :, None, None].expand(-1, -1, cells, cells).clone()

    weights = torch.full((patch, patch), 1e-3)
    weights[middle * stride : (middle + 1) * stride, middle * stride : (middle + 1) * stride] = 1e6
    with torch.no_grad():
        found = sliding_window_inference(
            torch.from_numpy(image.astype(np.float32))[None, None],
            roi_size=(patch, patch),
            sw_batch_size=BATCH,
            predictor=answer,
            overlap=1 - (stride + 0.5) / patch,  # it rounds the interval down, also from 7.9999999
            roi_weight_map=weights,
        )[0].numpy()
    rows, columns = ((side - patch) // stride + 1 for side in image.shape)
    return found[:, middle : middle + rows, middle : middle + columns]


def chosen(path: Path | None, run: Path | None, scratch: Path) -> tuple[Bundle, Any]:
    """The bundle, and its patch network in torch where it can be had."""
    if path is None and run is None and "confocal" not in zoo.names():
        print("no shipped bundle 'confocal': an untrained network of the same shape")
        return untrained(scratch)
    bundle = Bundle.open(path or zoo.path("confocal"))
    if run is None:
        return bundle, None
    from cutis.training.run import load_network, load_run

    return bundle, probabilities_of(
        [(bundle.info.members[0], load_network(load_run(run)))], bundle.info.temperature
    )


def untrained(scratch: Path) -> tuple[Bundle, Any]:
    """A bundle of the texture network with weights drawn at random."""
    import torch

    from cutis.models.torchvision_operators import ensure

    ensure()
    from cutis.core.bundle import BundleInfo, Dense, Member, TrainingData, Vectors, write_bundle
    from cutis.export.dense import dense_graph
    from cutis.export.network import network_graph
    from cutis.export.onnx import build_graph
    from cutis.models.classifier import ClassifierSettings
    from cutis.models.texture import MEAN, STD, STRIDE, build
    from cutis.tasks import get_task

    torch.manual_seed(0)
    task = get_task("confocal")
    network = build(ClassifierSettings("texture", 5, 192, ordinal=True)).eval()
    network.head.score.weight.data.normal_(0, 0.5)
    members = [(Member("untrained", "texture", 192, MEAN, STD, 1.0, "native"), network)]
    info = BundleInfo(
        "untrained", "0", "2026-01-01T00:00:00Z", "0", task.name, task.title, task.labels, "confocal", 192,
        (members[0][0],), TrainingData("none", True, 0, 0, "", ""), dense=Dense(192, STRIDE, 1.0),
    )  # fmt: skip
    model = build_graph([(members[0][0], network_graph(network))])
    dense = dense_graph(members, stride=STRIDE, temperature=1.0)
    place = scratch / "untrained.cutis"
    write_bundle(place, info, model, "", Vectors((), "", 0.0, 0.0), dense)
    return Bundle.open(place), probabilities_of(members, 1.0)


def probabilities_of(members: list[tuple[Any, Any]], temperature: float) -> Callable[[Any], Any]:
    """(n, 1, patch, patch) grey levels to (n, grades), as the bundle answers for a photo."""
    import torch

    def answer(batch: Any) -> Any:
        said = []
        for member, network in members:
            mean, std = (255 * torch.tensor(v).reshape(1, 3, 1, 1) for v in (member.mean, member.std))
            said.append(torch.softmax(network((batch - mean) / std) / member.temperature, 1))
        average = torch.stack(said).mean(0).clamp(min=1e-12)
        return torch.softmax(average.log() / temperature, 1)

    return answer


def picture(side: int) -> NDArray[np.uint8]:
    """A rendered mosaic, so that the arithmetic meets the numbers that it would meet."""
    from cutis.phantoms.confocal import render_mosaic

    mosaic = render_mosaic(max(side, 256), max(side, 256), np.random.default_rng(0))
    whole = np.concatenate([pixels for pixels, _ in mosaic.stripes()])
    return np.ascontiguousarray(whole[:side, :side])


if __name__ == "__main__":
    main()
