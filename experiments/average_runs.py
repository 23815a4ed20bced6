"""Average the weights of runs that began with the same backbone into one run of the same size.

    python experiments/average_runs.py RUN RUN --out FOLDER

Networks that were trained from one start, each in an order of its own, lie in one valley of the loss, so that
the mean of their weights is a network too, and mostly a better one than each (Wortsman et al. 2022, Model
soups, arXiv:2203.05482). It costs what one of them costs, where an average of answers costs all. Measured on
dermoscopy it brought nothing (`docs/models/dermoscopy.md`).

Split, recipe and data are the last run's; batch norms are estimated anew on its training photos, and the
temperature is fitted on its tune split. The folder is then a run like any other: `cutis export FOLDER`.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from cutis.core.errors import RunError
from cutis.models.torchvision_operators import ensure

ensure()

from cutis.training.finish import finish  # noqa: E402
from cutis.training.fit import Watch, photo_stores  # noqa: E402
from cutis.training.questions import answer_indices  # noqa: E402
from cutis.training.run import WEIGHTS, build_network, load_run, read_split  # noqa: E402


def mean_weights(runs: list[Path]) -> dict[str, Tensor]:
    """Mean of the runs' tensors, by name; counters are the last run's."""
    states = [load_file(run / WEIGHTS) for run in runs]
    for run, state in zip(runs, states, strict=True):
        if {k: v.shape for k, v in state.items()} != {k: v.shape for k, v in states[0].items()}:
            raise RunError(
                f"{run}: is of another network than {runs[0]}. Give runs of one backbone and task."
            )
    return {
        name: torch.stack([state[name] for state in states]).mean(0) if value.is_floating_point() else value
        for name, value in states[-1].items()
    }


def main() -> None:
    """Write the averaged run, and what it is worth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="finished runs of one network")
    parser.add_argument("--out", required=True, type=Path, help="folder of the new run")
    asked = parser.parse_args()
    weights = mean_weights(asked.runs)
    shutil.copytree(asked.runs[-1], asked.out, ignore=shutil.ignore_patterns("checkpoints", "logs", "*.npy"))
    run = replace(load_run(asked.out), finished=False, metrics={})
    run.save()
    manifest = read_split(run)
    parts = {name: manifest.part(name) for name in ("train", "tune", "test")}
    network = build_network(run)
    network.load_state_dict(weights)
    stores = photo_stores(network, parts, (), Watch())
    targets = {name: answer_indices(part, run.labels) for name, part in parts.items()}
    done = finish(run, network.eval(), parts, stores, targets)
    for name, figure in done.metrics.items():
        print(name, figure)


if __name__ == "__main__":
    main()
