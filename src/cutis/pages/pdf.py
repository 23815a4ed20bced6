"""Pages on paper: the page itself, set by WeasyPrint, without a browser."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from cutis.core.errors import CutisError, MissingExtraError
from cutis.core.files import replacing


def write_pdf(html: str, path: Path | str) -> None:
    """Set a page of `cutis.pages` on A4.

    Args:
        html: the whole page, self-contained.
        path: of the PDF.

    Raises:
        MissingExtraError: WeasyPrint is not installed.
        CutisError: the system's text library that it needs is not there.
        OutputError: the file could not be written.
    """
    maker = _weasyprint(Path(path).name)
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)  # it warns of every rule that is for screens only
    document = maker.HTML(string=_for_paper(html), base_url=None)
    with replacing(path) as scratch:
        document.write_pdf(scratch)


def _weasyprint(name: str) -> Any:
    from PIL import ImageFile

    strict = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        import weasyprint
    except ImportError as error:
        raise MissingExtraError("pdf", f"Writing {name}") from error
    except OSError as error:  # the wheel is there, the system's text library is not
        raise CutisError(
            f"Writing {name} needs Pango, which WeasyPrint did not find ({error}). Install it, on "
            "Debian and Ubuntu with: apt install libpango-1.0-0 libpangoft2-1.0-0"
        ) from error
    finally:
        # It lets Pillow take truncated photos for whole ones, everywhere in this process.
        ImageFile.LOAD_TRUNCATED_IMAGES = strict
    return weasyprint


def _for_paper(html: str) -> str:
    """Colours of drawings and of a page's margins by value, folded parts open."""
    root = html[html.index(":root {") : html.index("}", html.index(":root {"))]
    tokens = dict(re.findall(r"--([a-z]+): ([^;]+);", root))

    def light(drawing: re.Match[str]) -> str:
        text = re.sub(r"var\(--([a-z]+)\)", lambda name: tokens.get(name[1], "inherit"), drawing[0])
        return text

    html = re.sub(r"<svg.*?</svg>|@page \{.*?\n\}", light, html, flags=re.DOTALL)
    html = re.sub(r"<details(?![^>]*\bopen\b)", "<details open", html)
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
