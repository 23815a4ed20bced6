"""Titles of classes, for people."""

from __future__ import annotations

from collections.abc import Sequence

from cutis.core.bundle_info import BundleInfo

# The abbreviations of the ISIC challenges and MILK10k, which many tables use as class names.
_ABBREVIATIONS = {
    "ak": "Actinic keratosis",
    "akiec": "Actinic keratosis or Bowen's disease",
    "bcc": "Basal cell carcinoma",
    "ben_oth": "Other benign",
    "bkl": "Benign keratosis",
    "df": "Dermatofibroma",
    "inf": "Inflammatory or infectious",
    "mal_oth": "Other malignant",
    "mel": "Melanoma",
    "nv": "Melanocytic nevus",
    "scc": "Squamous cell carcinoma",
    "sccka": "Squamous cell carcinoma or keratoacanthoma",
    "vasc": "Vascular lesion",
}


def label_titles(labels: Sequence[str], bundle: BundleInfo | None = None) -> dict[str, str]:
    """The title of each class: the bundle's, else that of a task that has them all, else the usual one.

    Args:
        labels: names.
        bundle: the model that is tested.
    """
    from cutis.tasks import get_task, task_names

    titles = {name: name.replace("_", " ") for name in labels}
    if set(labels) <= set(_ABBREVIATIONS):
        titles = {name: _ABBREVIATIONS[name] for name in labels}
    known = [get_task(name).labels for name in task_names()] + ([bundle.labels] if bundle is not None else [])
    for candidate in known:
        if set(labels) <= set(candidate.names):
            titles |= {name: candidate[name].title for name in labels if candidate[name].title}
    return titles
