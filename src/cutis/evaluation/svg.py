"""Matplotlib figures as SVG that takes its colours and its type from the page around it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What matplotlib draws with, and the page's token that takes its place. The left side is also what a reader
# of a single exported figure sees.
TEXT, QUIET, LINE, ACCENT, GROUND = "#14191a", "#5a6769", "#d9e0e0", "#0b6e6e", "#ffffff"
_TOKENS = {TEXT: "text", QUIET: "quiet", LINE: "line", ACCENT: "accent", GROUND: "ground"}


def draw(name: str, width: float, height: float, paint: Callable[[Axes], None], title: str) -> str:
    """Paint one axes and give it as inline SVG.

    Args:
        name: unique on the page; its ids begin with it.
        width: in CSS pixels at which text has its stated size; the page scales the figure.
        height: likewise.
        paint: draws on the axes, with the colours of this module.
        title: what a screen reader says instead of the figure.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.fonttype": "none",  # text stays text: it is read aloud, searched, and set in the page's type
        "svg.hashsalt": name,
        "font.size": 11,
        "font.family": "DejaVu Sans",  # ships with matplotlib; wider than any system's own, so labels fit
        "axes.edgecolor": LINE,
        "axes.labelcolor": QUIET,
        "text.color": TEXT,
        "xtick.color": LINE,
        "ytick.color": LINE,
        "xtick.labelcolor": QUIET,
        "ytick.labelcolor": QUIET,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 1.0,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "path.simplify_threshold": 0.3,
    }
    with rc_context(settings):
        figure = Figure(figsize=(width / 72, height / 72), layout="constrained")
        figure.patch.set_alpha(0.0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0.0)
        paint(axes)
        buffer = io.StringIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _inline(buffer.getvalue(), name, title)


def _inline(svg: str, name: str, title: str) -> str:
    from markupsafe import escape

    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    view = re.search(r'viewBox="([^"]+)"', body)
    assert view is not None
    head = f'<svg viewBox="{view[1]}" role="img" aria-label="{escape(title)}">'
    body = head + body[body.index(">") + 1 :]
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = body.replace("url(#", f"url(#{name}-").replace('xlink:href="#', f'href="#{name}-')
    body = re.sub(r"font: ([\d.]+)px [^;\"]+", r"font: \1px var(--sans)", body)
    for colour, token in _TOKENS.items():
        body = body.replace(colour, f"var(--{token})")
    body = re.sub(r"(\d\.\d\d)\d+", r"\1", body)  # a hundredth of a pixel is enough, and a third of the size
    return re.sub(r"\s*\n\s*", "\n", body).strip()
