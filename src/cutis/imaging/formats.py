"""What kind of file this is, told from its first bytes and never from its name."""

from __future__ import annotations

from pathlib import Path

_SUFFIXES = {
    "JPEG": ".jpg .jpeg .jpe .jfif .mpo",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif .tiff",
    "JPEG2000": ".jp2",
    "HEIF": ".heic .heif",
    "AVIF": ".avif",
    "DICOM": ".dcm .dicom .ima",
}
image_suffixes = frozenset(" ".join(_SUFFIXES.values()).split())
_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
)
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"mif2")
SNIFFED = 512  # bytes that `image_format` and `not_an_image` look at


def image_format(head: bytes) -> str | None:
    """Pillow's name of the format that a file's first bytes announce, or ``DICOM``, or None.

    Args:
        head: at least the first 16 bytes, 132 to know DICOM.
    """
    if head[128:132] == b"DICM":
        return "DICOM"
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        if head[8:12] in (b"avif", b"avis"):
            return "AVIF"
        if head[8:12] in _HEIF_BRANDS:
            return "AVIF" if b"avif" in head[16:64] else "HEIF"
    return None


def not_an_image(head: bytes) -> str:
    """Why a file that is none of the known formats cannot be used, and what to do.

    Args:
        head: the first `SNIFFED` bytes.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "is empty (0 bytes). Copy or download it again."
    if start.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the image. Fetch it with: git lfs pull"
    if b"<svg" in start:
        return "is a drawing (SVG), not a photo. Save it as PNG."
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        return "is a web page or XML text, not an image. Download the image itself again."
    if start.startswith(b"%pdf"):
        return "is a PDF, not an image. Export its pictures as PNG or JPEG."
    if head[4:8] == b"ftyp":
        return "is a video or an image of an unknown kind. Save a frame of it as PNG or JPEG."
    if not any(head):
        return "holds only zeros. Copy or download it again."
    return "is not an image that cutis knows. Save it as JPEG or PNG."


def suffix_fits(path: Path, format_name: str) -> bool:
    """Whether a file's ending says the same as its contents."""
    return path.suffix.lower() in _SUFFIXES[format_name].split()
