"""Small maps for tests, written as OpenStreetMap XML."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIECHTENSTEIN = ROOT / "tests" / "data" / "liechtenstein.osm.pbf"
HERE_LAT, HERE_LON = 50.5, 2.6
# 0.001 degrees of latitude, and the longitude that is as long there.
STEP_LAT, STEP_LON = 0.001, 0.0015721


def shared(name: str) -> Path:
    """Give a large map kept outside the project, or skip the test."""
    folder = Path(os.environ.get("MELOKO_SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = folder / name
    if not path.exists():
        pytest.skip(f"{name} is not here (MELOKO_SHARED_DATA names its folder)")
    return path


class Sketch:
    """A map on squared paper: a node a crossing, (east, north) in steps of about 111 m."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[float, float], tuple[int, str]] = {}
        self._things: list[str] = []

    def node(self, east: float, north: float, **tags: str) -> int:
        number, _ = self._nodes.get((east, north), (len(self._nodes) + 1, ""))
        if tags or (east, north) not in self._nodes:
            self._nodes[east, north] = (number, _tags(tags))
        return number

    def way(self, number: int, *points: tuple[float, float], **tags: str) -> None:
        refs = "".join(f'<nd ref="{self.node(*point)}"/>' for point in points)
        tags = {"highway": "residential", **tags}
        self._things.append(f'<way id="{number}">{refs}{_tags(tags)}</way>')

    def rule(self, kind: str, origin: int, via: tuple[float, float], target: int, **tags: str) -> None:
        members = (
            f'<member type="way" ref="{origin}" role="from"/><member type="node" ref="{self.node(*via)}" role="via"/>'
            f'<member type="way" ref="{target}" role="to"/>'
        )
        tags = {"type": "restriction", "restriction": kind, **tags}
        self._things.append(f'<relation id="{len(self._things) + 1}">{members}{_tags(tags)}</relation>')

    def text(self) -> str:
        nodes = "".join(
            f'<node id="{number}" lat="{at(east, north)[0]}" lon="{at(east, north)[1]}">{tags}</node>'
            for (east, north), (number, tags) in self._nodes.items()
        )
        return f'<?xml version="1.0"?><osm version="0.6">{nodes}{"".join(self._things)}</osm>'

    def write(self, folder: Path) -> Path:
        path = folder / "sketch.osm"
        path.write_text(self.text())
        return path


def at(east: float, north: float) -> tuple[float, float]:
    """Give the (lat, lon) of a crossing."""
    return round(HERE_LAT + north * STEP_LAT, 7), round(HERE_LON + east * STEP_LON, 7)


def _tags(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())
