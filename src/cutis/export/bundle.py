"""From one training run, or several as an ensemble, to one bundle that is measured and tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cutis import __version__
from cutis.core.bundle import Bundle, BundleInfo, Member, Vectors, write_bundle
from cutis.core.errors import CutisError
from cutis.core.labels import Labels
from cutis.core.manifest import SPLITS, Manifest
from cutis.export.assembly import with_int8_weights, with_temperature
from cutis.export.card import write_card
from cutis.export.dense import with_map
from cutis.export.held_out import (
    Answers,
    answers,
    at_temperature,
    gate_points,
    good_or_not,
    operating_points,
    temperature_of,
)
from cutis.export.members import kindred_runs, load_members
from cutis.export.network import network_graph
from cutis.export.onnx import build_graph
from cutis.export.quantize import CALIBRATION, quantise
from cutis.export.vectors import make_vectors
from cutis.imaging.read import read_rgb
from cutis.models.classifier import Classifier
from cutis.runtime.check import check_parity
from cutis.tasks import get_task
from cutis.training.questions import answer_indices, shares
from cutis.training.run import Run, read_split
from cutis.training.screening import lesion_points, lesions_of, patient_rule
from cutis.training.worth import gate_metrics, patient_metrics, test_metrics

Views = Literal[1, 2, 4]
Weights = Literal["float32", "float16", "int8"]
ROUNDED = "int8 weights"  # precision of a bundle that stores 8 bits and computes in float32
TOLERANCE = {"float32": 1e-3, "float16": 5e-3}  # of a probability, or of a finding, against torch
LEAST_AGREEMENT = 0.99  # of the 8-bit graph's answers with the float graph's
INT8_SLACK = 0.02
_RUN_VIEWS = 2  # a run's own temperature and metrics are those of a photo and its mirror image


@dataclass(frozen=True)
class Options:
    """How a bundle is made.

    Attributes:
        name: of the bundle; the file's name when empty.
        version: of the model.
        views: views of each photo that are averaged: 1, 2 (mirrored) or 4.
        size: shorter side of the networks' input in pixels, where it is not that of training: crops that are
            enlarged in training show a network more detail than whole photos of the same size do
            (Touvron et al. 2019, arXiv:1906.06423).
        weights: number format in which weights are stored; 8 bits, if the answers stay the same.
        int8: compute with 8 bits too, if the answers stay the same.
        measure: ask the graph about the tune and test splits for temperature, thresholds and figures.
        licence: terms of the model; those of its data when empty.
    """

    name: str = ""
    version: str = "1.0"
    views: Views = 1
    size: int | None = None
    weights: Weights = "float32"
    int8: bool = False
    measure: bool = True
    licence: str = ""


@dataclass(frozen=True)
class Watch:
    """Who is told how an export goes.

    Attributes:
        echo: told single sentences.
        step: called with 1 after each photo that was asked about.
    """

    echo: Callable[[str], None] = lambda _: None
    step: Callable[[int], None] | None = None


def export_bundle(
    runs: Sequence[Path | str], out: Path | str, options: Options | None = None, watch: Watch | None = None
) -> BundleInfo:
    """Write a bundle from finished runs.

    Args:
        runs: folders that training wrote; several become an ensemble, for which they need the same labels
            and the same split.
        out: the file, normally ``NAME.cutis``.
        options: how; the defaults when None.
        watch: who is told.

    Returns:
        What was written into the bundle.

    Raises:
        RunError: a run is not finished, or does not fit the others.
        CutisError: the exported graph differs from torch, a photo of the tune or test split cannot be read,
            or the 8-bit graph's answers differ too much; nothing is written then.
        OutputError: the file could not be written.
    """
    options, watch = options or Options(), watch or Watch()
    loaded = kindred_runs(runs)
    members = load_members(loaded, options.size)
    info = _info(loaded, [member for member, _ in members], options, Path(out))
    manifest = read_split(loaded[0], find_images=False)
    draft = _draft(Path(out), info, members)
    _vectors(draft, members)  # before the minutes of measuring
    asked = _Asked(manifest, watch)
    if options.int8:
        draft = _quantised(draft, asked)
    elif options.weights == "int8":
        info = replace(info, precision=ROUNDED)
        draft = _faithful(draft, replace(draft, model=with_int8_weights(draft.model), info=info), asked)
    if options.measure:
        draft = _fitted(draft, asked)
    elif len(loaded) == 1 and options.views == _RUN_VIEWS and not (options.int8 or options.size):
        draft = _as_the_run_says(draft, loaded[0], manifest)
    draft = with_map(replace(draft, vectors=_vectors(draft, members)), members)
    card = write_card(draft.info, _counts(manifest, draft.info.labels))
    write_bundle(out, draft.info, draft.model, card, draft.vectors, draft.dense)
    return draft.info


def _info(runs: Sequence[Run], members: Sequence[Member], options: Options, out: Path) -> BundleInfo:
    first, task = runs[0], get_task(runs[0].task)
    return BundleInfo(
        name=options.name or out.stem,
        version=options.version,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        cutis=__version__,
        task=first.task,
        title=task.title,
        labels=first.labels,
        modality=task.modality,
        size=max(member.size for member in members),
        members=tuple(members),
        training=first.training,
        views=options.views,
        precision="float16" if options.weights == "float16" else "float32",
        licence=options.licence or first.training.licence,
        source=task.source,
        findings=first.findings,
        passing=task.passing if task.passing in first.labels else None,
    )


def _draft(path: Path, info: BundleInfo, members: Sequence[tuple[Member, Classifier]]) -> Bundle:
    """The bundle in memory, with a float graph, not yet measured."""
    graph = build_graph(
        [(member, network_graph(network)) for member, network in members],
        views=info.views,
        weights="float16" if info.precision == "float16" else "float32",
    )
    return Bundle(path, info, graph, "", Vectors((), "", 0.0, 0.0), "")


@dataclass(frozen=True)
class _Asked:
    """Asks graphs about the splits of a run."""

    manifest: Manifest
    watch: Watch

    def __call__(self, draft: Bundle, split: str) -> Answers:
        return answers(draft, self.manifest.part(split), self.watch.step)


def _quantised(draft: Bundle, asked: _Asked) -> Bundle:
    """The variant that computes with 8 bits too, if it answers as the float graph does."""
    before = asked(draft, "tune")
    # Fitted here as well, since a temperature of 1 is optimised away and could not be set afterwards.
    temperature = temperature_of(before, draft.info.labels)
    ready = with_temperature(draft.model, temperature)
    model = quantise(ready, _photos(asked.manifest.part("train"), draft.info.size))
    info = replace(draft.info, precision="int8", temperature=temperature)
    return _faithful(draft, replace(draft, model=model, info=info), asked, before)


def _faithful(draft: Bundle, small: Bundle, asked: _Asked, before: Answers | None = None) -> Bundle:
    """The 8-bit variant, if it answers as the float graph does.

    Raises:
        CutisError: it does not.
    """
    before = before or asked(draft, "tune")
    decide = draft.info.labels.decide
    same = decide(asked(small, "tune").probabilities) == decide(before.probabilities)
    agreement = float(np.mean(same))
    count = len(before.truth)
    found = f"the 8-bit graph gives the same answer as the float graph on {agreement:.1%} of {count} photos"
    if agreement < LEAST_AGREEMENT:
        raise CutisError(
            f"{draft.path}: not written: {found} of the tune split; {LEAST_AGREEMENT:.0%} are needed. "
            "Export without 8 bits; --weights float16 halves the file with no such loss."
        )
    asked.watch.echo(f"{found[0].upper()}{found[1:]}.")
    return small


def _photos(part: Manifest, size: int) -> Iterator[NDArray[np.uint8]]:
    """Some photos of a split, the same ones each time."""
    paths = part.paths
    count = min(CALIBRATION, len(paths))
    for index in np.random.default_rng(0).choice(len(paths), count, replace=False):
        yield read_rgb(paths[index], least_side=size)


def _fitted(draft: Bundle, asked: _Asked) -> Bundle:
    """Temperature and thresholds from the tune split, figures from the test split."""
    tune, test = asked(draft, "tune"), asked(draft, "test")
    labels, good = draft.info.labels, draft.info.good
    more = temperature_of(tune, labels)
    temperature = draft.info.temperature * more
    tune, test = at_temperature(tune, more, labels), at_temperature(test, more, labels)
    gate = gate_points(tune, good, labels)
    tuned, tested = ((said.part, said.probabilities, said.truth, labels) for said in (tune, test))
    screening = get_task(draft.info.task).screening
    rule, metrics = patient_rule(*tuned, screening), test_metrics(*tested)
    if rule is not None:
        metrics |= patient_metrics(lesions_of(*tested, rule.positive), rule)
    if gate:
        here, score = good_or_not(test, good, labels)
        metrics |= gate_metrics(test.part.table[test.part.group].to_numpy(), here, score, gate[0].threshold)
    info = replace(
        draft.info,
        temperature=temperature,
        operating_points=(*gate, *lesion_points(*tuned, screening), *operating_points(tune, labels)),
        patient=rule,
        metrics=metrics,
        metrics_on=_metrics_on(draft.info, asked.manifest),
    )
    return replace(draft, info=info, model=with_temperature(draft.model, temperature))


def _as_the_run_says(draft: Bundle, run: Run, manifest: Manifest) -> Bundle:
    """What the run measured in torch, where the graph does just that."""
    info = replace(
        draft.info,
        operating_points=run.operating_points,
        patient=run.patient,
        metrics=run.metrics,
        metrics_on=_metrics_on(draft.info, manifest),
    )
    return replace(draft, info=info)


def _metrics_on(info: BundleInfo, manifest: Manifest) -> str:
    test = manifest.part("test").labelled()
    groups = test.table[test.group].n_unique()
    data = info.training.name or "the training data"
    return f"{len(test)} photos ({groups} by {test.group}) of {data} that were held out of training"


def _vectors(draft: Bundle, members: Sequence[tuple[Member, Classifier]]) -> Vectors:
    """The bundle's own test, measured here.

    Raises:
        CutisError: the float graph is further from torch than allowed.
    """
    info = draft.info
    vectors = make_vectors(
        members,
        info.labels.outputs,
        views=info.views,
        temperature=info.temperature,
        tolerance=TOLERANCE.get(info.precision, 1.0),
        findings=info.findings.names if info.findings else (),
    )
    parity = check_parity(replace(draft, vectors=vectors))
    if not parity.passed:
        raise CutisError(
            f"{draft.path}: not written: the graph's probabilities differ from torch's by "
            f"{parity.difference:.1e}; no more than {parity.tolerance:.0e} is allowed. This backbone "
            "cannot be exported faithfully: choose another, or report it."
        )
    # An 8-bit graph may round differently on another processor; its answers were compared on real photos.
    tolerance = vectors.tolerance if info.precision in TOLERANCE else parity.difference + INT8_SLACK
    return replace(vectors, difference=parity.difference, tolerance=tolerance)


def _counts(manifest: Manifest, labels: Labels) -> dict[str, dict[str, int]]:
    """Photos by split and what is true of them, named as the outputs are."""
    counts = {}
    for split in SPLITS:
        part = manifest.part(split)
        known = shares(answer_indices(part, labels), labels)  # (rows, outputs), not a number where unknown
        counts[split] = dict(zip(labels.outputs, np.nansum(known, 0).astype(int).tolist(), strict=True))
    return counts
