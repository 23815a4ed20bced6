"""What the tested bundle can say to a checklist."""

from __future__ import annotations

from cutis.core.bundle_info import BundleInfo
from cutis.evaluation.evidence.checklists import Fact
from cutis.evaluation.evidence.units import pooling_words
from cutis.evaluation.study import Study
from cutis.evaluation.words import counted, listed, sample

_FIT = {
    "shorter": "cropped to at most 4:3 and resized by the shorter side",
    "square": "cropped to at most 4:3 and stretched to a square",
    "whole": "never cropped and never enlarged",
    "native": "taken pixel by pixel, never resized",
}


def of_the_model(study: Study, bundle: BundleInfo | None) -> dict[str, Fact]:
    """What the bundle says of itself, by the names that the checklists ask for.

    Args:
        study: what was evaluated.
        bundle: the tested model; None where nobody named it.
    """
    if bundle is None:
        return {"cutoffs": Fact(_cutoffs(study), "methods")}
    networks = listed([f"{member.backbone} at {member.size} pixels" for member in bundle.members])
    fits = listed(list(dict.fromkeys(_FIT[member.fit] for member in bundle.members)))
    points = [f"{point.name} at {point.threshold:.3g} ({point.rule})" for point in bundle.operating_points]
    training = bundle.training
    same = training.fingerprint == study.fingerprint
    found = {
        "index_test": Fact(
            f"{bundle.name} {bundle.version}: {networks}; {bundle.stored_as} weights, "
            f"{counted(bundle.views, 'view')} averaged, temperature {bundle.temperature:.3f}.",
            "card",
        ),
        "development": Fact(
            f"Trained on {counted(training.images, 'photo')} of {counted(training.groups, 'group')}: "
            f"{training.name}{', rendered' if training.rendered else ''}.",
            "card",
        ),
        "preprocessing": Fact(f"Photos are {fits}, and normalised in the model's own graph.", "card"),
        "blind": Fact(f"{bundle.name} was given the photo and nothing else.", "card"),
        "cutoffs": Fact(
            _cutoffs(study)
            if study.pooled
            else f"The most probable class is the answer. Operating points: {sample(points, 3) or 'none'}.",
            "card",
        ),
        "ensemble": Fact(
            "One network."
            if len(bundle.members) == 1
            else f"{len(bundle.members)} networks, whose probabilities are averaged.",
            "card",
        ),
        "modality": Fact(f"The model takes {bundle.modality} photos.", "card"),
    }
    if not same and study.flow.split != "test":
        found["external"] = Fact(
            f"Trained on {training.name}, tested on {study.truth.path.name}; shared photos not looked for.",
            "card",
        )
    if training.rendered:
        found["synthetic"] = Fact("The training photos are rendered.", "card")
    return found


def _cutoffs(study: Study) -> str:
    if study.pooled:
        return f"{'; '.join(pooling_words(study))}."
    return "The answers that the sources gave, as they are in the tables."
