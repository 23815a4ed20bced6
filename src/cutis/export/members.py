"""The networks of a bundle: runs that fit together, loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cutis.core.bundle import Member
from cutis.core.errors import RunError
from cutis.core.labels import Labels
from cutis.models.backbones import need_size
from cutis.models.classifier import Classifier
from cutis.training.preparation import LARGEST
from cutis.training.run import Run, load_network, load_run


def kindred_runs(paths: Sequence[Path | str]) -> list[Run]:
    """Finished runs that may be averaged, the one of the largest photos first.

    Raises:
        RunError: none is given, or one is not finished, or they differ in task, labels or split.
    """
    runs = sorted((load_run(path) for path in paths), key=lambda run: -run.settings.size)
    if not runs:
        raise RunError("no run was given. Name at least one folder that train wrote.")
    first = runs[0]
    for run in runs:
        if not run.finished:
            raise RunError(f"{run.path}: training has not finished. Go on with: cutis train ... --resume")
        for what, ours, theirs in (
            ("task", run.task, first.task),
            ("labels", run.labels.outputs, first.labels.outputs),
            ("findings", _names(run.findings), _names(first.findings)),
            ("split", run.training.split_hash, first.training.split_hash),
        ):
            if ours != theirs:
                raise RunError(
                    f"{run.path}: has another {what} than {first.path}. What one member of an ensemble is "
                    "tested on, another must not have been trained on: train them on one split manifest."
                )
    return runs


def _names(labels: Labels | None) -> tuple[str, ...]:
    return labels.names if labels else ()


def load_members(runs: Sequence[Run], size: int | None) -> list[tuple[Member, Classifier]]:
    """Each run's network, with what the bundle says of it.

    Args:
        runs: finished.
        size: shorter side of the networks' input in pixels, where it is not that of training.

    Raises:
        RunError: a network takes its own size only, or one resizes photos and another does not; or the size
            is too large.
        CutisError: it is too small for a network.
    """
    members = [_member(run, size) for run in runs]
    if len({member.fit == "native" for member, _ in members}) > 1:
        raise RunError(
            f"{runs[0].path}: takes images as they are or resizes them, and another network does not. "
            "Export them apart, or train both on one kind of backbone."
        )
    return members


def _member(run: Run, size: int | None) -> tuple[Member, Classifier]:
    network = load_network(run)
    rules = network.input_rules
    if size is not None and size != rules.size:
        if rules.fit != "shorter":
            raise RunError(
                f"{run.path}: its network takes images of {rules.size} pixels only, not of {size}."
            )
        need_size(run.settings.backbone, getattr(network.backbone, "backbone", network.backbone), size)
        if size > LARGEST:
            raise RunError(f"size {size} is too large: no photo is looked at above {LARGEST} pixels.")
    member = Member(
        run=run.name,
        backbone=run.settings.backbone,
        size=size or rules.size,
        mean=rules.mean,
        std=rules.std,
        temperature=run.temperature,
        fit=rules.fit,
    )
    return member, network
