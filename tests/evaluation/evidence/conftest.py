"""A study of one model and ten simulated readers, with everything recorded that a table can record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.evaluation.assessment import Draws
from cutis.evaluation.gather import read_study
from cutis.evaluation.report import Measured, write_report
from cutis.evaluation.study import Study

from ..conftest import Tables

LABELS = ("bcc", "mel", "nv")
DRAWS = Draws(replicates=200)


def write_answers(
    tables: Tables,
    name: str,
    skill: float,
    *,
    labels: tuple[str, ...] = LABELS,
    kind: str = "reader",
    share: float = 1.0,
    seed: int = 0,
) -> Path:
    """Answers of a source that knows, case by case, what others find hard too: a latent score per class."""
    truth = pl.read_csv(tables.truth)
    said = [str(one) for one in truth["diagnosis"]]
    number = np.array([labels.index(one) for one in said])
    hard = np.random.default_rng(99).normal(size=(len(said), len(labels)))
    own = np.random.default_rng(seed + 1000).normal(size=hard.shape)
    score = skill * np.eye(len(labels))[number] + 0.7 * hard + 0.71 * own
    odds = np.exp(2 * score)
    chances = odds / odds.sum(axis=1, keepdims=True)
    columns = {
        "image_id": [f"p{k:02}" for k in range(len(said))],
        "source": [name] * len(said),
        "kind": [kind] * len(said),
        "prediction": [labels[k] for k in score.argmax(axis=1)],
    }
    if kind == "model":
        columns |= {f"p_{label}": chances[:, k].tolist() for k, label in enumerate(labels)}
    path = tables.folder / f"{name.replace(' ', '_')}.csv"
    pl.DataFrame(columns).head(round(share * len(said))).write_csv(path)
    return path


def ten_readers(tables: Tables, labels: tuple[str, ...] = LABELS) -> list[Path]:
    """A model and ten readers of different skill, the fourth of whom stopped early."""
    skills = np.linspace(1.0, 3.0, 10)
    model = write_answers(tables, "net", 2.2, labels=labels, kind="model", seed=50)
    return [model] + [
        write_answers(
            tables, f"reader {k + 1:02}", skill, labels=labels, seed=k, share=0.6 if k == 3 else 1.0
        )
        for k, skill in enumerate(skills)
    ]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """120 photos of 60 patients with every column that the report knows of."""
    tables = Tables(tmp_path_factory.mktemp("recorded"))
    n = 120
    tables.write_truth(
        n,
        split=["train" if k < 20 else "test" for k in range(n)],
        skin_type=[("I", "III", "V")[k // 2 % 3] for k in range(n)],
        site=[("Sendai", "Vienna")[k // 4 % 2] for k in range(n)],
        device=[("camera A", "camera B")[k % 2] for k in range(n)],
        modality=["dermoscopic"] * n,
        confirmation=[("histopathology", "follow_up")[k // 2 % 2] for k in range(n)],
        rendered=["false"] * n,
        thickness=[f"{k / 10:.1f}" for k in range(n)],
    )
    return tables


@pytest.fixture(scope="session")
def study(recorded: Tables) -> Study:
    return read_study(ten_readers(recorded), recorded.truth)


@pytest.fixture(scope="session")
def measured(recorded: Tables) -> Measured:
    return write_report(ten_readers(recorded), recorded.truth, recorded.folder / "out", draws=DRAWS).measured
