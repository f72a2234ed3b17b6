"""What a training logs beside numbers: histograms, tables and images."""

from __future__ import annotations

import csv
import pathlib
import shutil
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


# A larger file is kept, and not shown.
MOST_SHOWN_BYTES = 1 << 20


class Histogram:
    """A distribution of values, told as count, mean, deviation and extremes, which merge exactly.

    Args:
        sequence: The values; those that are not finite are left out.
        np_histogram: Counts and edges as `numpy.histogram` gives them; values count at the middle of their bin.
        num_bins: Taken for the sake of others' programs, without effect.
    """

    def __init__(
        self,
        sequence: Any = None,
        np_histogram: tuple[Any, Any] | None = None,
        num_bins: int = 64,
    ) -> None:
        if (sequence is None) == (np_histogram is None):
            raise ValueError("a histogram is made of a sequence of values, or of np_histogram=(counts, edges)")
        if np_histogram is not None:
            counts, edges = (np.asarray(it, np.float64) for it in np_histogram)
            if counts.ndim != 1 or edges.shape != (len(counts) + 1,):
                raise ValueError("np_histogram is n counts and n + 1 edges")
            values, weights = (edges[:-1] + edges[1:]) / 2, np.where(np.isfinite(counts), counts, 0.0)
            weights[~np.isfinite(values)] = 0.0
        else:
            detached = sequence.detach().cpu() if hasattr(sequence, "detach") else sequence
            values = np.asarray(detached, np.float64).ravel()
            values = values[np.isfinite(values)]
            weights = np.ones(len(values))
        kept = weights > 0
        self.numbers = _moments(values[kept], weights[kept])


def _moments(values: np.ndarray, weights: np.ndarray) -> tuple[int, float, float, float, float]:
    count = float(weights.sum())
    if count == 0:
        return (0, 0.0, 0.0, 0.0, 0.0)
    # Values near the largest number have squares beyond it.
    with np.errstate(over="ignore"):
        mean = float((values * (weights / count)).sum())
        squares = float((weights * (values - mean) ** 2).sum())
    return (round(count), mean, squares, float(values.min()), float(values.max()))


class Image:
    """A picture: pixels ``[height, width]``, ``[height, width, 3]`` or ``[height, width, 4]``, a PIL image or a file.

    Floats are taken from 0 to 1, whole numbers from 0 to 255; what lies outside is cut, and NaN is black. Channels may come first, as in
    torch. It is kept as a file beside the run's journal, and viewers see the
    newest of a run.
    """

    def __init__(self, data_or_path: Any, caption: str | None = None, **_: Any) -> None:
        self.caption = caption
        self._path: pathlib.Path | None = None
        if isinstance(data_or_path, (str, pathlib.Path)):
            self._path = pathlib.Path(data_or_path)
            if not self._path.is_file():
                raise ValueError(f"there is no picture {self._path}")
            return
        detached = data_or_path.detach().cpu() if hasattr(data_or_path, "detach") else data_or_path
        pixels = np.asarray(detached)
        if pixels.dtype.kind not in "biuf":
            raise ValueError(f"pixels are numbers, not {pixels.dtype}")
        if pixels.dtype.kind in "bf":
            pixels = np.clip(np.nan_to_num(pixels.astype(np.float32), nan=0.0), 0.0, 1.0) * 255.0
        pixels = np.clip(pixels, 0, 255).astype(np.uint8)
        if pixels.ndim == 3 and pixels.shape[0] in (1, 3, 4) and pixels.shape[2] not in (1, 3, 4):
            pixels = np.moveaxis(pixels, 0, 2)
        if pixels.ndim == 3 and pixels.shape[2] == 1:
            pixels = pixels[:, :, 0]
        if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))) or 0 in pixels.shape:
            raise ValueError(
                f"a picture is [height, width], [height, width, 3] or [height, width, 4], not {list(pixels.shape)}"
            )
        self._pixels = pixels

    def colours(self) -> np.ndarray:
        """Red, green and blue of its pixels, ``[height, width, 3]``, on white where it is transparent."""
        if self._path is not None:
            raise ValueError("this picture is a file")
        pixels = self._pixels
        if pixels.ndim == 2:
            return np.repeat(pixels[:, :, None], 3, axis=2)
        if pixels.shape[2] == 4:
            opacity = pixels[:, :, 3:].astype(np.uint16)
            blended = pixels[:, :, :3] * opacity + 255 * (255 - opacity)
            return ((blended + 127) // 255).astype(np.uint8)
        return pixels

    def show(self, stream: Any, name: str, step: int) -> str | None:
        """Shows it to viewers; gives why not, if it cannot be shown."""
        if self._path is None:
            stream.picture(name, step, self.colours(), self.caption)
            return None
        file = self._path.read_bytes()
        if not (file.startswith((b"\xff\xd8\xff", b"\x89PNG")) or file[8:12] == b"WEBP"):
            return f"{self._path.name} is no JPEG, PNG or WebP file"
        if len(file) > MOST_SHOWN_BYTES:
            return f"{self._path.name} has more than {MOST_SHOWN_BYTES} bytes"
        stream.picture_file(name, step, file, self.caption)
        return None

    def write(self, stem: pathlib.Path) -> pathlib.Path:
        """Writes it; gives the file."""
        if self._path is not None:
            file = stem.with_name(stem.name + self._path.suffix)
            shutil.copyfile(self._path, file)
            return file
        file = stem.with_name(stem.name + ".png")
        file.write_bytes(_png(self._pixels))
        return file


def _png(pixels: np.ndarray) -> bytes:
    height, width = pixels.shape[:2]
    colour = {2: 0, 3: 2, 4: 6}[2 if pixels.ndim == 2 else pixels.shape[2]]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


class Table:
    """Rows of values under columns. It is kept as a CSV file beside the run's journal.

    Args:
        columns: Their names.
        data: Rows.
        dataframe: A frame of pandas or polars in their place.
    """

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        data: Iterable[Sequence[Any]] | None = None,
        dataframe: Any = None,
        **_: Any,
    ) -> None:
        if dataframe is not None:
            columns = list(dataframe.columns)
            data = dataframe.rows() if hasattr(dataframe, "rows") else dataframe.itertuples(index=False, name=None)
        self.columns = list(columns if columns is not None else ["Input", "Output", "Expected"])
        self.data: list[list[Any]] = []
        for row in data or []:
            self.add_data(*row)

    def add_data(self, *values: Any) -> None:
        """Adds a row."""
        if len(values) != len(self.columns):
            raise ValueError(f"a row of {len(values)} values for the {len(self.columns)} columns {self.columns}")
        self.data.append(list(values))

    def write(self, stem: pathlib.Path) -> pathlib.Path:
        """Writes it; gives the file."""
        file = stem.with_name(stem.name + ".csv")
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(self.columns)
            writer.writerows(self.data)
        return file
