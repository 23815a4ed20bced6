"""The model card: what a bundle is for, made from, worth, and not to be used for."""

from __future__ import annotations

from collections.abc import Mapping

from cutis.core.bundle import BundleInfo, Member
from cutis.core.labels import Label
from cutis.export.card_worth import table, worth

_VIEWS = {1: "as it is", 2: "as it is and mirrored", 4: "as it is and mirrored both ways"}


def write_card(info: BundleInfo, counts: Mapping[str, Mapping[str, int]]) -> str:
    """The card of a bundle, in Markdown.

    Args:
        info: everything that is known of it.
        counts: photos by split and what is true of them, named as the outputs are.
    """
    return "\n".join(
        [
            f"# {info.name} {info.version}",
            "",
            "For research use; not a medical device. Results are preliminary and no diagnosis.",
            "",
            *_warning(info),
            *_purpose(info),
            *worth(info),
            *_data(info, counts),
            *_making(info),
            *_limits(info),
        ]
    )


def _warning(info: BundleInfo) -> list[str]:
    if not info.training.rendered:
        return []
    return [
        "**Trained on rendered images, not for care.** The training images were drawn by a program.",
        "What this model says of a photo of real skin means nothing; it exists for tests and demonstrations.",
        "",
    ]


def _purpose(info: BundleInfo) -> list[str]:
    labels = [
        f"- `{label.name}`" + (f": {label.title}" if label.title else "") for label in info.labels.items
    ]
    return [
        "## What it answers",
        "",
        *_asked(info),
        *_maps(info),
        "",
        *labels,
        "",
        *_beside(info),
        *(
            [f"The published system of this task (not this model's figures): {info.source}.", ""]
            if info.source
            else []
        ),
    ]


def _asked(info: BundleInfo) -> list[str]:
    if not info.labels.several:
        return [
            f"{info.title}: which of {len(info.labels)} {_nouns(info)} fits one {info.modality} photo.",
            "It gives a probability for each, an embedding, and a map of where each was seen.",
        ]
    grades = ", ".join(_named(grade) for grade in info.labels.answers.items)
    return [
        f"{info.title}: how marked each of {len(info.labels)} conditions is on one {info.modality} photo.",
        f"Grades: {grades}. It gives a probability for each grade of each condition, an embedding,",
        "and a map per condition. What was not graded in training was left out, and not taken for absent.",
    ]


def _named(grade: Label) -> str:
    text = grade.text.lower()
    return f"`{grade.name}`" if text == grade.name else f"`{grade.name}` ({text})"


def _beside(info: BundleInfo) -> list[str]:
    """What a gate says besides its grade."""
    gate = [f"Grades from `{info.passing}` up pass.", ""] if info.passing else []
    if info.findings is None:
        return gate
    named = ", ".join(f"`{label.name}` ({label.text.lower()})" for label in info.findings.items)
    return [*gate, f"Beside the grade, with a probability and a map each: {named}.", ""]


def _nouns(info: BundleInfo) -> str:
    return "grades" if info.labels.ordered else "labels"


def _maps(info: BundleInfo) -> list[str]:
    if info.dense is None:
        return []
    dense = info.dense
    scale = f" It expects {dense.spacing:g} micrometres per pixel." if dense.spacing else ""
    return [
        f"`cutis map` answers for every patch of {dense.patch} x {dense.patch} pixels of an image of any "
        f"size, {dense.stride} pixels apart.{scale}"
    ]


def _data(info: BundleInfo, counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    data = info.training
    but = f", but these checks were switched off: {', '.join(data.overrides)}" if data.overrides else ""
    return [
        "## What it was trained on",
        "",
        f"- {data.name or 'Data without a name'}: {data.images} photos of {data.groups} patients or lesions.",
        f"- Licence of the data: {data.licence or 'not stated'}. The model inherits its terms.",
        f"- Rendered images: {'yes' if data.rendered else 'no'}.",
        f"- No patient or lesion is in two splits{but}.",
        f"- Manifest fingerprint: `{data.fingerprint}`",
        f"- Split hash: `{data.split_hash}`",
        "",
        *_shown(info, counts),
    ]


def _shown(info: BundleInfo, counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """How many photos each split has of each label, or of each grade of each condition."""
    own = len(info.labels.answers) if info.labels.several else 1
    outputs = [info.labels.outputs[start : start + own] for start in range(0, len(info.labels) * own, own)]
    rows = [
        (label.text, *(" / ".join(str(split.get(name, 0)) for name in names) for split in counts.values()))
        for label, names in zip(info.labels.items, outputs, strict=True)
    ]
    grades = f", graded {' / '.join(info.labels.answers.names)}" if info.labels.several else ""
    return [f"Photos by label and split{grades}:", "", *table(("label", *counts), rows)]


def _making(info: BundleInfo) -> list[str]:
    average = "The probabilities of its networks are averaged. " if len(info.members) > 1 else ""
    return [
        "## How it was made",
        "",
        *map(_member, info.members),
        "",
        f"{average}Each photo is seen {_VIEWS[info.views]}.",
        f"Temperature of the result: {info.temperature:.3f}.",
        f"Weights are stored as {info.stored_as}. Written by cutis {info.cutis} on {info.created}.",
        "",
    ]


def _member(member: Member) -> str:
    fit = {
        "shorter": "shorter side",
        "square": "square of",
        "whole": "whole photo, shorter side at most",
        "native": "patch of at least",
    }[member.fit]
    size = f"{fit} {member.size} pixels"
    return f"- `{member.run}`: {member.backbone}, {size}, temperature {member.temperature:.3f}"


def _limits(info: BundleInfo) -> list[str]:
    if info.labels.several:
        anything = (
            "It knows nothing but its conditions, and grades them on anything: other skin, or no skin at all."
        )
    elif info.labels.ordered:
        anything = "It knows nothing but its grades, and grades anything: another disease, or no skin at all."
    else:
        anything = (
            f"It knows nothing but {', '.join(info.labels.names)}.\n"
            "  A photo of anything else, or of healthy skin, gets one of these labels too."
        )
    if info.native:
        shape = "An image larger than a patch gets one answer for all of it; `cutis map` tells places apart."
    else:
        shape = "A panorama is cropped about its centre to at most 4:3."
    return [
        "## Limits",
        "",
        f"- {anything}",
        f"- It was trained on {info.modality} photos; on others its answers mean nothing.",
        "- Other clinics, cameras and skin tones were not part of the figures above.",
        "  Measure it on your own photos before you rely on a number.",
        f"- {shape}",
        f"- Licence of the model: {info.licence or 'not stated'}.",
        "",
    ]
