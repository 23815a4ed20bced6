"""Titles of classes, for people."""

from __future__ import annotations

from collections.abc import Sequence

from cutis.core.bundle_info import BundleInfo

# Abbreviations of the ISIC challenges and MILK10k that no task knows.
_ABBREVIATIONS = {
    "ak": "Actinic keratosis",
    "ben_oth": "Other benign",
    "inf": "Inflammatory or infectious",
    "mal_oth": "Other malignant",
    "scc": "Squamous cell carcinoma",
    "sccka": "Squamous cell carcinoma or keratoacanthoma",
}


def label_titles(labels: Sequence[str], bundle: BundleInfo | None = None) -> dict[str, str]:
    """The title of each class: the bundle's, else that of a task that has them all, else the usual one.

    Args:
        labels: names.
        bundle: the model that is tested.
    """
    from cutis.tasks import get_task, task_names

    tasks = [get_task(name) for name in task_names()]
    usual = _ABBREVIATIONS | {label.name: label.text for task in tasks for label in task.known}
    sets = [task.labels for task in tasks] + ([bundle.labels] if bundle is not None else [])
    titles = {name: name.replace("_", " ") for name in labels}
    for candidate in (usual, *({label.name: label.title for label in items.items} for items in sets)):
        if set(labels) <= set(candidate):
            titles |= {name: candidate[name] for name in labels if candidate[name]}
    return titles
