"""Templates, and the words and numbers that they may use."""

from __future__ import annotations

from typing import Any

from cutis.evaluation import words
from cutis.pages.environment import environment


def render(template: str, **values: Any) -> str:
    """Fill in a template of this package.

    Args:
        template: file name, such as ``report.html``.
        values: what it shows; text is escaped.
    """
    templates = environment("cutis.evaluation")
    templates.filters.update(
        percent=words.percent,
        percent_value=words.percent_value,
        percent_range=words.percent_range,
        decimal_range=words.decimal_range,
        percent_interval=words.percent_interval,
        decimal_interval=words.decimal_interval,
        signed_interval=words.signed_interval,
        p_value=words.p_value,
        hundred=words.hundred,
        expected=words.expected,
        share_percent=words.share_percent,
        position=_position,
    )
    templates.globals.update(
        counted=words.counted,
        counted_groups=words.counted_groups,
        group_noun=words.group_noun,
        class_noun=words.class_noun,
        listed=words.listed,
    )
    return templates.get_template(template).render(**values)


def _position(value: float, low: float, high: float) -> str:
    """Where a value stands on a scale, in percent of its length, for a style attribute."""
    share = (value - low) / (high - low) if high > low else 1.0  # a scale of one figure: it stands at its end
    return f"{100 * min(1.0, max(0.0, share)):.2f}%"
