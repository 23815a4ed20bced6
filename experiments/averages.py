"""Which average of runs answers best on the tune split?

    python experiments/averages.py RUN RUN ... [--most 15] [--views 2 4]

Every average of the runs that fits into so many megabytes is tried, with two and with four mirrored views of
each photo, and those of the lowest balanced log loss are printed: every class counts alike, and a temperature
is fitted to the average, as `cutis export` does. The test split is not looked at.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from cutis.data.datasets import PhotoStore
from cutis.training.predict import plain_photos, predict_logits
from cutis.training.process import prepare
from cutis.training.questions import answer_indices
from cutis.training.run import Run, load_network, load_run, read_split

_BYTES = 1.2  # of a weight, where most are stored in 8 bits and the rest in 16
_SHOWN = 20
_TEMPERATURES = np.geomspace(0.4, 2.5, 60)
Floats = NDArray[np.float64]


def asked(run: Run, views: int) -> tuple[Floats, NDArray[np.intp], int]:
    """(photos, classes) probabilities on the tune split, the truth, and the number of weights.

    Kept beside the run, as asking takes minutes.
    """
    part = read_split(run).part("tune")
    network = load_network(run)
    kept = run.path / f"tune_{views}.npy"
    if not kept.exists():
        photos = plain_photos(PhotoStore(part.paths, network.input_rules.size), network)
        np.save(kept, predict_logits(network, photos, views=views))
    weights = sum(p.numel() for name, p in network.named_parameters() if not name.startswith("auxiliaries"))
    return softmax(np.load(kept) / run.temperature, axis=1), answer_indices(part, run.labels), weights


def worth(said: Floats, truth: NDArray[np.intp]) -> tuple[float, float, float]:
    """Balanced log loss at the best temperature, balanced accuracy, mean AUC."""
    counts = np.bincount(truth, minlength=said.shape[1])
    weight = 1 / counts[truth] / len(counts)
    logs = np.log(np.maximum(said, 1e-12))
    rows = np.arange(len(truth))
    losses = [-(weight * np.log(softmax(logs / t, axis=1)[rows, truth])).sum() for t in _TEMPERATURES]
    hit = np.bincount(truth, said.argmax(1) == truth) / counts
    aucs = [roc_auc_score(truth == c, said[:, c]) for c in range(len(counts))]
    return float(min(losses)), float(hit.mean()), float(np.mean(aucs))


def main() -> None:
    """Print the best averages, the best first."""
    prepare()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--most", type=float, default=15.0, help="megabytes")
    parser.add_argument("--views", nargs="+", type=int, default=[2, 4])
    options = parser.parse_args()
    runs = [load_run(path) for path in options.runs]
    found = []
    for views in options.views:
        answers = [asked(run, views) for run in runs]
        truth = answers[0][1]
        for many in range(1, len(runs) + 1):
            for chosen in combinations(range(len(runs)), many):
                size = sum(answers[i][2] for i in chosen) * _BYTES / 1e6
                if size <= options.most:
                    mean = np.mean([answers[i][0] for i in chosen], axis=0)
                    names = " ".join(runs[i].name for i in chosen)
                    found.append((*worth(mean, truth), views, size, names))
    alone = sorted(row for row in found if " " not in row[-1])
    for title, rows in (("averages", sorted(found)[:_SHOWN]), ("alone", alone)):
        print(f"{title}: balanced log loss, balanced accuracy, mean AUC, views, MB, runs")
        for loss, accuracy, auc, views, size, names in rows:
            print(f"  {loss:.4f}  {accuracy:.3f}  {auc:.4f}  {views}  {size:4.1f}  {names}")


if __name__ == "__main__":
    main()
