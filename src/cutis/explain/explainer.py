"""A model that can be asked and explained: a bundle through its engine, or a training run through captum."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import Fit
from cutis.core.errors import CutisError, ImageError, MissingExtraError
from cutis.core.labels import Labels
from cutis.explain import sanity_graph
from cutis.explain.faithfulness import Image, Scorer
from cutis.explain.methods import TITLES, Method
from cutis.explain.saliency import Map, both_ways, for_label
from cutis.explain.sanity import Stage

if TYPE_CHECKING:
    from cutis.runtime.engine import Engine, Result

Cascade = Callable[[Sequence[Image], Sequence[int], np.random.Generator], Iterator[Stage]]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model says of one photo, and where it sees that.

    Attributes:
        probabilities: (classes,).
        label: index of the explained class.
        saliency: (h, w), positive where a place speaks for it.
    """

    probabilities: NDArray[np.float64]
    label: int
    saliency: Map


@dataclass(frozen=True, eq=False)
class Explainer:
    """A model with one saliency method.

    Attributes:
        name: of the model.
        title: of its task.
        labels: in the order of the probabilities.
        method: of the maps, for people.
        unit: of the maps, for the legend.
        size: shorter side of the photos that the model sees, in pixels.
        fit: how photos are brought to the model.
        rendered: the model was trained on rendered images.
        probabilities: asks the model only.
        explain: asks the model and explains the given class, or by default the one that is answered.
        cascade: maps of ever more randomised copies; None where that cannot be done.
        no_cascade: why not.
    """

    name: str
    title: str
    labels: Labels
    method: str
    unit: str
    size: int
    fit: Fit
    rendered: bool
    probabilities: Scorer
    explain: Callable[[Image, int | None], Answer]
    cascade: Cascade | None
    no_cascade: str = ""


def bundle_explainer(engine: Engine) -> Explainer:
    """Explain a bundle by the class activation map that its graph gives; no torch."""
    from cutis.runtime.session import open_session

    names = _of_one_question(engine.info.labels, engine.info.name).names

    def said(result: Result | ImageError) -> list[float]:
        if isinstance(result, ImageError):
            raise result
        return [result.probabilities[name] for name in names]

    def probabilities(photos: Sequence[Image]) -> NDArray[np.float64]:
        return np.array([said(result) for _, result in engine.stream(photos)])

    def explain(photo: Image, label: int | None) -> Answer:
        values = np.array(said(engine(photo)))
        chosen = int(engine.info.labels.decide(values)) if label is None else label
        return Answer(values, chosen, for_label(both_ways(lambda p: engine(p).saliency, photo), chosen))

    def cascade(photos: Sequence[Image], labels: Sequence[int], rng: np.random.Generator) -> Iterator[Stage]:
        def open_graph(model: bytes) -> Any:
            return open_session(replace(engine.bundle, model=model), engine.threads)

        return sanity_graph.cascade(engine.bundle.model, open_graph, photos, labels, rng)

    there = sanity_graph.available()
    return Explainer(
        name=engine.info.name,
        title=engine.info.title,
        labels=engine.info.labels,
        method=TITLES["cam"],
        unit="logit",
        size=engine.info.size,
        fit=engine.info.members[0].fit,
        rendered=engine.info.training.rendered,
        probabilities=probabilities,
        explain=explain,
        cascade=cascade if there else None,
        no_cascade="" if there else "it needs the onnx package, which comes with pip install 'cutis[train]'",
    )


def run_explainer(path: Path | str, method: Method = "cam") -> Explainer:
    """Explain a training run's network by a method of captum.

    Raises:
        MissingExtraError: torch or captum is not installed.
        RunError: see `cutis.training.run.load_run` and `load_network`.
        CutisError: no such method.
    """
    try:
        from cutis.training.process import prepare

        prepare()  # before torch is loaded
        from cutis.models.torchvision_operators import ensure

        ensure()
        import captum  # noqa: F401 - asked for here so that the message comes before the work

        from cutis.explain import attribution
        from cutis.training.run import load_network, load_run
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "Explaining a training run") from error
    run = load_run(path)
    _of_one_question(run.labels, run.name)
    model = attribution.Explainable(load_network(run), run.temperature).eval()

    def probabilities(photos: Sequence[Image]) -> NDArray[np.float64]:
        return attribution.probabilities(model, photos)

    def explain(photo: Image, label: int | None) -> Answer:
        said = attribution.probabilities(model, [photo])[0]
        chosen = int(run.labels.decide(said)) if label is None else label
        return Answer(said, chosen, attribution.attribute(model, photo, chosen, method))

    def cascade(photos: Sequence[Image], labels: Sequence[int], rng: np.random.Generator) -> Iterator[Stage]:
        return attribution.cascade(model, photos, labels, method, rng)

    rules = model.network.input_rules
    return Explainer(
        name=run.name,
        title=_title(run.task),
        labels=run.labels,
        method=TITLES[method],
        unit="logit",
        size=rules.size,
        fit=rules.fit,
        rendered=run.training.rendered,
        probabilities=probabilities,
        explain=explain,
        cascade=cascade,
    )


def _of_one_question(labels: Labels, name: str) -> Labels:
    if labels.several:
        raise CutisError(
            f"{name}: grades {len(labels)} conditions side by side, and one answer is explained. Train "
            f"one of them by itself (cutis train ... --target grade_{labels.names[0]}) and explain that run."
        )
    return labels


def _title(task: str) -> str:
    from cutis.tasks import get_task, task_names

    return get_task(task).title if task in task_names() else task


def label_index(labels: Labels, name: str) -> int:
    """Position of a label by name.

    Raises:
        CutisError: it is not one of them.
    """
    return labels.names.index(labels[name].name)
