"""Templates of a package, set in the skeleton and the style that all pages share."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cutis.core.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def environment(package: str) -> Environment:
    """The templates of a package and the shared ones: ``page.html`` to extend, with ``page.css`` in it.

    Text is escaped, and a name that has no value is an error. Templates find the filters ``number``,
    ``spaced``, ``whole``, ``whole_percent`` and ``in_thousand``, and the values ``version`` and ``created``.
    Make one for each page, since it carries the time.

    Args:
        package: such as ``cutis.evaluation``; its templates are in its folder ``templates``.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number="{:,}".format,
        spaced=lambda name: name.replace("_", " "),
        whole=whole,
        whole_percent=whole_percent,
        in_thousand=in_thousand,
    )
    made.globals.update(version=__version__, created=now())
    return made


def now() -> str:
    """Date and time, UTC, to the minute."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def whole_percent(probability: float) -> str:
    """``72%``; the ends are not rounded away: ``under 1%``, ``over 99%``."""
    text = f"{probability:.0%}"
    if probability > 0 and text == "0%":
        return "under 1%"
    return "over 99%" if probability < 1 and text == "100%" else text


def in_thousand(probability: float) -> str:
    """``720 in 1,000``; the ends are not rounded away: ``under 1 in 1,000``, ``over 999 in 1,000``."""
    number = round(1000 * probability)
    if probability > 0 and number == 0:
        return "under 1 in 1,000"
    return "over 999 in 1,000" if probability < 1 and number == 1000 else f"{number:,} in 1,000"


def whole(text: str) -> Markup:
    """A sentence whose brackets with figures, such as intervals, never break over lines."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"\([^()]*\d[^()]*\)", r'<span class="whole">\g<0></span>', str(escape(text))))
