"""Templates, and the words and numbers that they may use."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cutis.evaluation import words

if TYPE_CHECKING:
    from markupsafe import Markup


def render(template: str, **values: Any) -> str:
    """Fill in a template of this package.

    Args:
        template: file name, such as ``report.html``.
        values: what it shows; text is escaped.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cutis.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=words.percent,
        percent_value=words.percent_value,
        percent_range=words.percent_range,
        decimal_range=words.decimal_range,
        percent_interval=words.percent_interval,
        decimal_interval=words.decimal_interval,
        signed_interval=words.signed_interval,
        p_value=words.p_value,
        number="{:,}".format,
        spaced=lambda name: name.replace("_", " "),
        position=_position,
        whole=_whole,
    )
    environment.globals.update(
        counted=words.counted,
        counted_groups=words.counted_groups,
        group_noun=words.group_noun,
        class_noun=words.class_noun,
        listed=words.listed,
    )
    return environment.get_template(template).render(**values)


def now() -> str:
    """Date and time, UTC, to the minute."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _position(value: float, low: float, high: float) -> str:
    """Where a value stands on a scale, in percent of its length, for a style attribute."""
    return f"{100 * min(1.0, max(0.0, (value - low) / (high - low))):.2f}%"


def _whole(text: str) -> Markup:
    """A sentence whose intervals never break over lines."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"\([^()]*\d[^()]*\)", r'<span class="whole">\g<0></span>', str(escape(text))))
