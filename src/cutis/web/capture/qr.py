"""A link as a picture that a phone's camera reads."""

from __future__ import annotations

import io

from markupsafe import Markup


def qr_svg(address: str) -> Markup:
    """A QR code, dark on white in both themes, as SVG to stand in a page.

    Args:
        address: at most some hundred characters.
    """
    import segno

    out = io.BytesIO()
    # Its quiet zone is of four modules, as ISO/IEC 18004 asks; without it phones do not find the code.
    segno.make(address, error="m", micro=False).save(
        out,
        kind="svg",
        scale=4,
        border=4,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgns=True,
        omitsize=True,
    )
    return Markup(out.getvalue().decode("ascii"))  # made of numbers alone
