"""Take the networks of a bundle apart again: one finished run for each, to export anew or to train on from.

    python experiments/runs_of_bundle.py BUNDLE --split SPLIT.csv --target dx --group lesion_id --out FOLDER

Runs are large and are thrown away; a bundle is kept. FOLDER/NAME is then a run that `cutis export` takes,
with the weights as the bundle stores them (8 bits, where it does), and FOLDER/NAME.tf_bundle.safetensors is
its backbone, for `cutis train --weights`. Auxiliary classifiers are not in a bundle and are lost.

In a bundle batch norms are folded into the convolutions before them. They are put back with the statistics of
training photos, the function unchanged, so that training on from there does not begin with a jolt. Made for
the networks of `dermoscopy`, whose every convolution has a batch norm behind it and whose weights came from
TensorFlow.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader

from cutis.core.bundle import Bundle
from cutis.core.bundle_info import Member
from cutis.core.manifest import read_manifest, rebased, write_manifest
from cutis.data.datasets import PhotoStore
from cutis.models.classifier import Classifier, ClassifierSettings
from cutis.runtime.engine import Engine
from cutis.training.loading import ShapeBatches
from cutis.training.predict import plain_photos, predict_logits
from cutis.training.process import prepare
from cutis.training.recipe import Recipe
from cutis.training.run import SPLIT, WEIGHTS, Run, build_network

_ENOUGH = 512  # photos that statistics are made from
_CHECKED = 64  # photos on which the networks are compared with the bundle
_BATCH = 64


def stored(model: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """What convolutions and last layers are multiplied with, by the names of the graph."""
    graph = onnx.load_from_string(model).graph
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:  # stored in 16 or 8 bits: multiplied out in the graph, in this order
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].astype(np.float32)
        elif node.op_type == "Mul" and all(name in values for name in node.input):
            values[node.output[0]] = values[node.input[0]] * values[node.input[1]]
    return values


def convolutions(model: bytes, member: int) -> list[tuple[str, str]]:
    """Names of weight and bias of that member's convolutions, as they follow each other."""
    nodes = onnx.load_from_string(model).graph.node
    named = [list(node.input) for node in nodes if node.op_type == "Conv"]
    return [(n[1], n[2]) for n in named if n[1].startswith(f"m{member}_") and len(n) > 2]


def in_order(network: Classifier) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """The network's convolutions with the batch norms behind them, as a photo passes them."""
    passed: list[nn.Module] = []
    kinds = (nn.Conv2d, nn.BatchNorm2d)
    hooks = [
        layer.register_forward_hook(lambda layer, _, __: passed.append(layer))
        for layer in network.modules()
        if isinstance(layer, kinds)
    ]
    with torch.no_grad():
        network.eval().features(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    pairs = list(zip(passed[::2], passed[1::2], strict=True))
    assert all(isinstance(a, nn.Conv2d) and isinstance(b, nn.BatchNorm2d) for a, b in pairs)
    return pairs  # type: ignore[return-value]


@torch.no_grad()
def fill(network: Classifier, bundle: Bundle, member: int) -> None:
    """Put the bundle's weights into the network, with batch norms that only add."""
    values = {name: torch.from_numpy(np.array(value)) for name, value in stored(bundle.model).items()}
    names = convolutions(bundle.model, member)
    for (convolution, norm), (weight, bias) in zip(in_order(network), names, strict=True):
        convolution.weight.copy_(values[weight])
        norm.weight.fill_(1)
        norm.bias.copy_(values[bias])
        norm.running_mean.fill_(0)  # type: ignore[union-attr]
        norm.running_var.fill_(1 - norm.eps)  # type: ignore[union-attr]
    network.head.weight.copy_(values[f"m{member}_weight"])
    network.head.bias.copy_(values[f"m{member}_bias"])


@torch.no_grad()
def centre(network: Classifier, store: PhotoStore) -> None:
    """Give batch norms the statistics of photos, and their weights what undoes it."""
    sums: dict[nn.Module, list[Tensor]] = {}
    norms = [norm for _, norm in in_order(network)]

    def count(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
        found = [mean, variance + mean**2]
        before = sums.get(norm, [torch.zeros(()), torch.zeros(())])
        sums[norm] = [a + b for a, b in zip(before, found, strict=True)]

    hooks = [norm.register_forward_pre_hook(count) for norm in norms]
    photos = plain_photos(store, network)
    chosen = np.random.default_rng(0).choice(len(photos), min(_ENOUGH, len(photos)), replace=False)
    plan = ShapeBatches(photos, _BATCH, chosen.tolist()).plan
    for x in DataLoader(photos, batch_sampler=plan):  # type: ignore[arg-type]
        network.features(x)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean, squares = (total / len(plan) for total in sums[norm])
        variance = (squares - mean**2).clamp_min(1e-6)
        norm.bias.add_(mean)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.running_mean.copy_(mean)  # type: ignore[union-attr]
        norm.running_var.copy_(variance)  # type: ignore[union-attr]


def run_of(bundle: Bundle, member: Member, out: Path, target: str, group: str) -> Run:
    """What is known of the run that this network came from."""
    settings = ClassifierSettings(
        member.backbone, len(bundle.info.labels.outputs), member.size, scaling="tensorflow"
    )
    return Run(
        path=out / member.run,
        task=bundle.info.task,
        labels=bundle.info.labels,
        settings=settings,
        recipe=Recipe(),
        training=bundle.info.training,
        target=target,
        group=group,
        finished=True,
        temperature=member.temperature,
    )


def main() -> None:
    """Write the runs, and how far each network is from what the bundle says."""
    prepare()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--split", required=True, type=Path, help="the split that its networks learnt from")
    parser.add_argument("--target", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--out", required=True, type=Path)
    asked = parser.parse_args()
    bundle = Bundle.open(asked.bundle)
    info = bundle.info
    manifest = read_manifest(asked.split, target=asked.target, labels=info.labels, group=asked.group)
    if manifest.split_hash != info.training.split_hash:
        parser.error(f"{asked.split} is not the split that {asked.bundle} learnt from.")
    train, tune = manifest.part("train"), manifest.part("tune").paths[:_CHECKED]
    store = PhotoStore(train.paths, max(member.size for member in info.members))
    together = []
    for number, member in enumerate(info.members):
        run = run_of(bundle, member, asked.out, asked.target, asked.group)
        run.path.mkdir(parents=True, exist_ok=True)
        network = build_network(run).eval()
        fill(network, bundle, number)
        photos = plain_photos(PhotoStore(tune, member.size), network)
        before = predict_logits(network, photos, views=info.views)
        centre(network, store)
        after = predict_logits(network, photos, views=info.views)
        print(f"{member.run}: logits moved by at most {np.abs(after - before).max():.1e}")
        state = {name: value.contiguous().clone() for name, value in network.state_dict().items()}
        save_file(state, run.path / WEIGHTS)
        write_manifest(rebased(manifest, run.path), run.path / SPLIT)
        run.save()
        backbone = {k.removeprefix("backbone."): v for k, v in state.items() if k.startswith("backbone.")}
        save_file(backbone, asked.out / f"{member.run}.tf_bundle.safetensors")
        together.append(torch.from_numpy(after / member.temperature).softmax(-1).numpy())
    mean = np.log(np.maximum(np.mean(together, axis=0), 1e-12)) / info.temperature
    mine = torch.from_numpy(mean).softmax(-1).numpy()
    engine = Engine(bundle)
    theirs = np.array([info.labels.expand(engine(path).probabilities) for path in tune])
    print(f"together: probabilities differ from the bundle's by at most {np.abs(mine - theirs).max():.1e}")


if __name__ == "__main__":
    main()
