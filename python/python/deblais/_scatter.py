"""A scatter plot in SVG, without a plotting library."""

from os import PathLike
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.float64]

_SIDE_PX, _MARGIN_PX = 420.0, 48.0


class Scatter:
    """Points in the plane, the first `sources` of them of the source, and the diagonal."""

    def __init__(
        self, across: _Floats, up: _Floats, sources: int, label: tuple[str, str, str]
    ) -> None:
        self._points = np.stack([across, up], axis=1)
        self._sources = sources
        self._label = label

    @property
    def svg(self) -> str:
        """The picture as text."""
        low, high = float(self._points.min()), float(self._points.max())
        inner = _SIDE_PX - 2 * _MARGIN_PX
        places = (self._points - low) / ((high - low) or 1.0) * inner + _MARGIN_PX
        places[:, 1] = _SIDE_PX - places[:, 1]
        colors = ("#0072b2", "source"), ("#d55e00", "target")
        dots = [
            f'<circle cx="{h:.2f}" cy="{v:.2f}" r="2.5" fill="{colors[index >= self._sources][0]}"'
            ' fill-opacity="0.6"/>'
            for index, (h, v) in enumerate(places)
        ]
        end, base = _SIDE_PX - _MARGIN_PX, _SIDE_PX - 16
        across, up, title = self._label
        words = [
            f'<text x="{_SIDE_PX / 2}" y="{base}" text-anchor="middle">{across}</text>',
            f'<text transform="translate(20 {_SIDE_PX / 2}) rotate(-90)" text-anchor="middle">{up}</text>',
            f'<text x="{_MARGIN_PX}" y="28">{title}</text>',
            *(
                f'<text x="{end}" y="{20 + 16 * row}" fill="{color}" text-anchor="end">{name}</text>'
                for row, (color, name) in enumerate(colors)
            ),
        ]
        box = f"M{_MARGIN_PX} {end}V{_MARGIN_PX}H{end}V{end}H{_MARGIN_PX}"
        frame = f'<path d="{box}L{end} {_MARGIN_PX}" fill="none" stroke="#999"/>'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIDE_PX:.0f}" height="{_SIDE_PX:.0f}"'
        ground = '<rect width="100%" height="100%" fill="#fff"/>'
        return "".join(
            [head, ' font-family="sans-serif" font-size="13">', ground, frame, *dots, *words, "</svg>"]
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the picture to an SVG file."""
        if Path(path).suffix != ".svg":
            raise ValueError(f"{path} is no SVG file: end its name in .svg")
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg
