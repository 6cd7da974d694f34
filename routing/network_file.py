"""Write arrays to one file and read them back, or refuse it whole."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

MAGIC = b"MELOKO ROADS\n"
VERSION = 1
_ALIGNMENT = 16

Array = np.ndarray[Any, np.dtype[Any]]


class NetworkFileError(Exception):
    """A saved road network cannot be used; the message is a sentence for a person."""


class NetworkFileMissing(NetworkFileError):
    """There is no saved road network at this place."""


class NetworkFileOfOtherVersion(NetworkFileError):
    """The road network was saved by another version of Meloko."""


class NetworkFileDamaged(NetworkFileError):
    """The saved road network is cut short, changed or not a road network at all."""


def digest_of(arrays: Mapping[str, Array]) -> str:
    """Give the SHA-256 of named arrays: the same on every machine for the same contents."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


def write(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write named arrays so that a reader sees the old file or the new one, never a part.

    Raises: OSError when the folder cannot be written.
    """
    columns, place = [], 0
    for name, array in arrays.items():
        columns.append({"name": name, "dtype": array.dtype.str, "shape": array.shape, "at": place})
        place += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    header = json.dumps({"digest": digest_of(arrays), "bytes": place, "columns": columns}).encode()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + VERSION.to_bytes(2, "big") + len(header).to_bytes(4, "big") + header)
            for array in arrays.values():
                file.write(np.ascontiguousarray(array).data)
                file.write(bytes(-array.nbytes % _ALIGNMENT))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(path: Path) -> tuple[str, dict[str, Array]]:
    """Read what `write` wrote: the digest and the arrays (read-only).

    Raises: NetworkFileMissing, NetworkFileOfOtherVersion, NetworkFileDamaged.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NetworkFileMissing("Aucun réseau routier n’a encore été importé.") from None
    head = len(MAGIC)
    if not data.startswith(MAGIC):
        raise NetworkFileDamaged("Ce fichier n’est pas un réseau routier de Meloko.")
    version = int.from_bytes(data[head : head + 2], "big")
    if version != VERSION:
        raise NetworkFileOfOtherVersion(
            "Le réseau routier vient d’une autre version de Meloko\u00a0: importez de nouveau la carte."
        )
    try:
        digest, arrays = _unpack(data, head + 2)
    except (ValueError, KeyError, TypeError) as error:
        raise NetworkFileDamaged(_DAMAGED) from error
    if digest_of(arrays) != digest:
        raise NetworkFileDamaged(_DAMAGED)
    return digest, arrays


_DAMAGED = "Le fichier du réseau routier est abîmé\u00a0: importez de nouveau la carte."


def _unpack(data: bytes, place: int) -> tuple[str, dict[str, Array]]:
    start = place + 4 + int.from_bytes(data[place : place + 4], "big")
    header = json.loads(data[place + 4 : start])
    if len(data) - start != header["bytes"]:
        raise ValueError("length")
    arrays = {
        column["name"]: np.frombuffer(
            data, column["dtype"], int(np.prod(column["shape"])), start + column["at"]
        ).reshape(column["shape"])
        for column in header["columns"]
    }
    return header["digest"], arrays
