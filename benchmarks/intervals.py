"""Bootstrap intervals by patient, against the loop that users write today with scikit-learn, in one process.

Macro AUC, accuracy and calibration error of 10,000 cases in 14 classes, 7,000 patients. The peer copies the
cases of each draw and asks scikit-learn; it makes fewer replicates, and its time is taken for as many.

    python benchmarks/intervals.py                    10,000 replicates, 5 of the peer
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

NAMES = ["accuracy", "auc_macro", "expected_calibration_error"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replicates", type=int, default=10_000)
    parser.add_argument("--peer", type=int, default=5, help="replicates of the peer")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--classes", type=int, default=14)
    options = parser.parse_args()
    from cutis.stats.classification import Answers, estimates, figures
    from cutis.stats.resampling import number_groups, observed

    rng = np.random.default_rng(0)
    truth = rng.permutation(np.arange(options.cases) % options.classes)
    logits = rng.normal(size=(options.cases, options.classes)) + 2 * np.eye(options.classes)[truth]
    scores = np.exp(logits)
    scores /= scores.sum(axis=1, keepdims=True)
    groups = rng.integers(0, 7 * options.cases // 10, options.cases)
    index, count = number_groups(groups)
    labels = tuple(f"class_{number}" for number in range(options.classes))
    scored = np.ones(options.classes, dtype=bool)
    answers = Answers(labels, truth, scores.argmax(axis=1), scores, scored, index, count)

    start, busy = time.perf_counter(), time.process_time()
    asked = figures(answers, NAMES)
    found = estimates(asked, count, options.replicates, rng)
    ours, busy = time.perf_counter() - start, time.process_time() - busy
    for name, one in found.items():
        print(f"{name:28} {one.value:.4f} ({one.low:.4f}-{one.high:.4f})")
    gap = np.abs(peer(truth, scores) - observed(asked.statistic, count)).max()
    print(f"largest difference from the peer on the data itself: {gap:.1e}")

    start = time.perf_counter()
    members = [np.flatnonzero(index == group) for group in range(count)]
    for _ in range(options.peer):
        drawn = np.concatenate([members[group] for group in rng.integers(0, count, count)])
        peer(truth[drawn], scores[drawn])
    theirs = (time.perf_counter() - start) / options.peer * options.replicates
    print(
        f"cutis, {options.replicates:,} replicates                {ours:8.1f} s ({busy:.1f} s of processor)"
    )
    print(f"scikit-learn, as many at the pace of {options.peer:<7} {theirs:8.1f} s")
    print(f"ratio {theirs / ours:.2f}")


def peer(truth: NDArray[np.intp], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Accuracy, macro AUC and calibration error in 15 bins of some cases."""
    from sklearn.metrics import accuracy_score, roc_auc_score

    sure, said = scores.max(axis=1), scores.argmax(axis=1)
    number = np.clip(np.ceil(sure * 15).astype(int) - 1, 0, 14)
    error = 0.0
    for one in np.unique(number):
        part = number == one
        error += part.mean() * abs(np.mean(said[part] == truth[part]) - sure[part].mean())
    area = roc_auc_score(truth, scores, multi_class="ovr", average="macro")
    return np.array([accuracy_score(truth, said), area, error])


if __name__ == "__main__":
    main()
