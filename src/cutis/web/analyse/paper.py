"""The result of an analysis on paper."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment

from cutis.core.errors import CutisError
from cutis.pages.pdf import write_pdf
from cutis.web.analyse import grids
from cutis.web.analyse.shown import Shown
from cutis.web.errors import RefusedError
from cutis.web.platform import Platform
from cutis.web.words import _


def paper(request: Request, held: Platform, values: Mapping[str, Any]) -> Response:
    """A PDF.

    Args:
        request: that it answers.
        held: the platform.
        values: of the template of the page.

    Raises:
        RefusedError: what sets pages is not installed here.
    """
    photo = values["photo"]
    preview = held.store.preview(photo.digest).read_bytes()
    pictures = {
        one.analysis.id: _over(one, photo.width, photo.height) for one in values["answers"] if one.layers
    }
    made: Environment = request.app.state.environment
    html = made.get_template("analyse/paper.html").render(
        **values, preview=_data(preview, "jpeg"), pictures=pictures
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "analysis.pdf"
        try:
            write_pdf(html, place)
        except CutisError as error:
            raise RefusedError(
                501,
                _("PDFs cannot be made here: %(reason)s Print the page from the browser instead.")
                % {"reason": error},
                title=_("Not installed here"),
            ) from error
        content = place.read_bytes()
    headers = {"content-disposition": f'inline; filename="analysis-{photo.id}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _over(one: Shown, width: int, height: int) -> str:
    said = one.result["layers"][one.layers[0][0]]
    return _data(grids.layer(said, width, height), "png")


def _data(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
