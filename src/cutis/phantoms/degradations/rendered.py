"""A rendered photo of a given quality, as `Task.phantoms` asks for."""

from __future__ import annotations

import numpy as np

from cutis.core.errors import CutisError
from cutis.phantoms.degradations.photo import degrade_with_mask
from cutis.phantoms.degradations.plan import draw_plan
from cutis.phantoms.degradations.raters import GRADES, dominant, majority, rate
from cutis.phantoms.degradations.settings import USUAL, Settings
from cutis.phantoms.rendered import Rendered

_DRAWS = 10_000  # every grade is that of one photo in four to ten
_CARRIED = ("skin_type", "age", "sex", "body_site")


def render(
    label: str,
    size: int,
    rng: np.random.Generator,
    *,
    subject: np.random.Generator | None = None,
    conditions: Settings = USUAL,
) -> Rendered:
    """Render a dermoscopic photo and degrade it until four simulated raters' majority is the label.

    Args:
        label: the grade, ``"1"`` (unusable) to ``"4"`` (good).
        size: side in pixels, at least 16.
        rng: decides how the photo is taken, what is wrong with it, and the ratings.
        subject: decides who and which lesion is photographed; default: a child of ``rng``.
        conditions: by which means it is degraded.

    Returns:
        The photo, where its lesion has come to lie, and as truth ``severity_<reason>`` of every reason,
        ``reason`` (the dominant one, or empty), ``rater_a`` to ``rater_d`` (absent where not rated),
        ``settings``, ``skin_type``, ``age``, ``sex`` and ``body_site``.

    Raises:
        CutisError: no such grade, or the size is too small.
    """
    from cutis.phantoms import dermoscopy

    if label not in GRADES:
        raise CutisError(f"there is no grade '{label}'. The grades are: {', '.join(GRADES)}.")
    owner = subject if subject is not None else rng.spawn(1)[0]
    disease = str(owner.choice(dermoscopy.LABELS))
    photo = dermoscopy.render(disease, size, rng, subject=owner)
    for _ in range(_DRAWS):
        plan = draw_plan(rng)
        ratings = rate(plan.severities, rng)
        if majority(ratings) == int(label):
            break
    else:
        raise CutisError(f"no photo of grade {label} came up in {_DRAWS:,} draws. Try another seed.")
    degraded = degrade_with_mask(photo.image, photo.mask, plan.severities, rng, conditions)
    truth = {f"severity_{name}": value for name, value in plan.severities.items()}
    told = {name: rating for name, rating in ratings.items() if rating is not None}
    carried = {name: photo.truth[name] for name in _CARRIED if name in photo.truth}
    reason = dominant(plan.severities) or ""
    mask = photo.mask if degraded.mask is None else degraded.mask
    return Rendered(
        degraded.image, mask, {**told, "reason": reason, **truth, "settings": conditions.name, **carried}
    )
