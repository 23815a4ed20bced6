"""What a run ends with, however its network came about: weights, temperature, operating points, metrics."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from safetensors.torch import save_file

from cutis.core.errors import RunError
from cutis.core.files import replacing
from cutis.core.manifest import Manifest
from cutis.data.datasets import PhotoStore
from cutis.models.classifier import Classifier
from cutis.tasks import get_task
from cutis.training.loading import sampling_chances
from cutis.training.predict import plain_photos, predict_logits, predictions_table
from cutis.training.process import bf16_is_fast
from cutis.training.questions import best_temperature, probabilities
from cutis.training.run import PREDICTIONS, RUN, WEIGHTS, Run
from cutis.training.screening import lesion_points, lesions_of, patient_rule
from cutis.training.statistics import reestimate
from cutis.training.worth import patient_metrics, test_metrics


def finish(
    run: Run,
    network: Classifier,
    parts: dict[str, Manifest],
    stores: dict[str, PhotoStore],
    targets: dict[str, Any],
) -> Run:
    """Write the weights; temperature and thresholds from the tune split, predictions, metrics on test."""
    if run.steps:  # a probe takes no steps
        reestimate(network, stores["train"], sampling_chances(targets["train"], run.recipe))
    with replacing(run.path / WEIGHTS) as scratch:
        state = {k: v.detach().cpu().contiguous().clone() for k, v in network.state_dict().items()}
        save_file(state, scratch)
        shutil.copymode(run.path / RUN, scratch)  # else the run would be its owner's alone to read

    fast = bf16_is_fast() and run.recipe.precision == "auto"
    logits = {
        name: predict_logits(network, plain_photos(stores[name], network), bfloat16=fast)
        for name in ("tune", "test")
    }
    if not all(np.isfinite(found).all() for found in logits.values()):
        raise RunError(
            f"{run.path}: training diverged, and the network's answers are no numbers any more. Train anew "
            f"in another --out with a lower --learning-rate; here it was {run.recipe.learning_rate:g}."
        )
    main = {name: found[:, : len(run.labels.outputs)] for name, found in logits.items()}
    temperature = best_temperature(main["tune"], targets["tune"], run.labels)
    said = {name: probabilities(main[name], run.labels, temperature) for name in main}
    tables = [predictions_table(parts[name], said[name], run.labels, run.name) for name in ("tune", "test")]
    with replacing(run.path / PREDICTIONS) as scratch:
        pl.concat(tables).write_csv(scratch)
    tune, test = ((parts[name], said[name], targets[name], run.labels) for name in ("tune", "test"))
    screening = get_task(run.task).screening
    rule, metrics = patient_rule(*tune, screening), test_metrics(*test)
    if rule is not None:
        metrics |= patient_metrics(lesions_of(*test, rule.positive), rule)
    finished = replace(
        run,
        finished=True,
        temperature=temperature,
        operating_points=lesion_points(*tune, screening),
        patient=rule,
        metrics=metrics,
    )
    finished.save()
    return finished
