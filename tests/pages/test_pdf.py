"""A report on paper, and what its maker must leave as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.read import read_rgb
from cutis.pages.pdf import write_pdf

PAGE = "<html><head><style>:root { --ink: #000; }</style></head><body><p>Nothing.</p></body></html>"


def test_a_truncated_photo_is_refused_also_after_a_pdf_was_written(tmp_path: Path) -> None:
    Image.effect_noise((90, 70), 60).convert("RGB").save(tmp_path / "whole.png")
    cut = tmp_path / "cut.png"
    cut.write_bytes((tmp_path / "whole.png").read_bytes()[:2000])
    try:
        write_pdf(PAGE, tmp_path / "page.pdf")
    except CutisError as error:
        pytest.skip(str(error))
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ImageError):
        read_rgb(cut)
