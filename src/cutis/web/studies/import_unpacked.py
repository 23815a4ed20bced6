"""What is to be imported: a folder, a manifest, or a zip that is unpacked on the platform's disk."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cutis.core.errors import ManifestError
from cutis.web.words import _

MANIFESTS = ("manifest.csv", "manifest.parquet")
_MANY = 200_000  # files of a zip


@contextmanager
def unpacked(source: Path, beside: Path) -> Iterator[Path]:
    """The manifest of what is to be imported; a zip is unpacked on the disk of the platform.

    Raises:
        ManifestError: no manifest there, or a zip that does not hold.
    """
    if source.is_dir():
        yield _manifest_in(source)
    elif source.suffix.lower() == ".zip":
        with TemporaryDirectory(prefix="import-", dir=beside) as folder:
            _unpack(source, Path(folder))
            yield _manifest_in(Path(folder))
    else:
        yield source


def _unpack(source: Path, folder: Path) -> None:
    """Unpack a zip, with names that stay inside and no more than the disk can hold."""
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            size = sum(one.file_size for one in members)
            if len(members) > _MANY or size > 0.9 * shutil.disk_usage(folder).free:
                words = _("unpacked it has %(files)d files of %(size).1f GB, more than fit here. Divide it.")
                told = words % {"files": len(members), "size": size / 1e9}
                raise ManifestError([f"{source.name}: {told}"])
            for one in members:
                link = stat.S_ISLNK(one.external_attr >> 16)
                place = (folder / one.filename).resolve()
                if link or not place.is_relative_to(folder.resolve()):
                    words = _("'%(name)s' leads out of the zip. Make the zip anew.")
                    raise ManifestError([f"{source.name}: {words % {'name': one.filename[:80]}}"])
                archive.extract(one, folder)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        words = _("is not a zip that can be read in full. Copy it again.")
        raise ManifestError([f"{source.name}: {words}"]) from error


def _manifest_in(folder: Path) -> Path:
    inner = [one for one in folder.iterdir() if one.is_dir()]
    for place in (folder, *(inner if len(inner) == 1 else [])):
        for name in MANIFESTS:
            if (place / name).is_file():
                return place / name
    words = _("there is no manifest.csv or manifest.parquet in it. Add the manifest.")
    raise ManifestError([f"{folder.name}: {words}"])
