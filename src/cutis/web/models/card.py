"""A bundle's card and facts, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cutis.core.bundle import Bundle, BundleInfo
from cutis.core.errors import CutisError
from cutis.core.operating_point import OperatingPoint
from cutis.web.database import StoredBundle
from cutis.web.errors import RefusedError
from cutis.web.models.registry import bundle_path
from cutis.web.platform import Platform
from cutis.web.words import _

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Opened:
    """What pages need of a bundle; its weights are not among it."""

    info: BundleInfo
    card: str


def opened(held: Platform, digest: str) -> Opened:
    """A bundle's description and card.

    Raises:
        BundleError: its file is gone or damaged.
    """
    return _opened(bundle_path(held, digest))


def opened_bundle(held: Platform, bundle: StoredBundle) -> Opened:
    """A bundle's description and card.

    Raises:
        RefusedError: its file is gone.
    """
    try:
        return opened(held, bundle.digest)
    except CutisError as error:
        raise RefusedError(
            500, _("The file of this model is missing. Tell the administrator to restore the backup.")
        ) from error


@lru_cache(maxsize=32)
def _opened(path: Path) -> Opened:  # named by its digest: what is in it does not change
    bundle = Bundle.open(path)
    return Opened(bundle.info, bundle.card)


def card_html(card: str) -> Markup:
    """A card as HTML: headings, paragraphs, lists, tables, emphasis and code.

    Tags in it are shown as they stand, and addresses as text: whoever wrote the card is not who reads it.
    """
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.disable(["link", "image", "autolink", "html_inline", "html_block", "reference"])
    tokens = reader.parse(card)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):  # the page has its own first heading
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    html = reader.renderer.render(tokens, reader.options, {})
    pieces = html.split("<table>")
    scroll, title = '<div class="scroll" tabindex="0" role="region" aria-label="{}">', _("Table")
    named = [scroll.format(f"{title} {n}") + '<table class="figures">' for n in range(1, len(pieces))]
    whole = pieces[0] + "".join(name + piece for name, piece in zip(named, pieces[1:], strict=True))
    return Markup(whole.replace("</table>", "</table></div>"))


@dataclass(frozen=True)
class Point:
    """An operating point in words.

    Attributes:
        sensitivity: ``91% (87–94%)``; empty where the bundle does not say.
        specificity: likewise.
    """

    name: str
    label: str
    threshold: float
    rule: str
    sensitivity: str
    specificity: str
    on: str


def points_of(info: BundleInfo) -> list[Point]:
    """The operating points of a bundle with what was found of each where it was chosen."""
    return [_point(info, one) for one in info.operating_points]


def _point(info: BundleInfo, one: OperatingPoint) -> Point:
    title = info.labels[one.label].text if one.label in info.labels else one.label
    on = f"{one.fitted_on.n}, {one.fitted_on.split}" if one.fitted_on else ""
    figures = [_interval(one.found.get(name)) for name in ("sensitivity", "specificity")]
    return Point(one.name, title, one.threshold, one.rule, figures[0], figures[1], on)


def _interval(figure: object) -> str:
    if not isinstance(figure, dict) or not {"value", "low", "high"} <= set(figure):
        return ""
    value, low, high = (100 * float(figure[name]) for name in ("value", "low", "high"))
    return f"{value:.0f}% ({low:.0f}–{high:.0f}%)"
