"""`python -m bench.plot`: the growth kept in build/bench.json, drawn as docs/growth.svg."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from math import log10
from pathlib import Path
from typing import Any

from bench.report import RESULT

PICTURE = Path("docs/growth.svg")
WIDTH, HEIGHT = 880, 350
LEFT, TOP, BOTTOM, GAP = 62, 58, 58, 26
PANEL = (WIDTH - LEFT - 16 - 2 * GAP) / 3
DEPTH = HEIGHT - TOP - BOTTOM
APART = 13
"""Between two labels at least, in units of the picture."""

SERIES = {"days": "days asked for", "resources": "resources of a role", "tenants": "tenants, one at random"}
MODES = {"again": "same question again", "warm": "masks at hand", "cold": "nothing at hand"}

_INKS = """
text {{ fill: {ink} }} .ground {{ fill: {ground} }} .grid {{ stroke: {faint} }}
polyline.again {{ stroke: {again} }} polyline.warm {{ stroke: {warm} }} polyline.cold {{ stroke: {cold} }}
circle.again {{ fill: {again} }} circle.warm {{ fill: {warm} }} circle.cold {{ fill: {cold} }}
"""
LIGHT = _INKS.format(ink="#1f2328", ground="#ffffff", faint="#d1d9e0", again="#1a7f37", warm="#0969da", cold="#bc4c00")
DARK = _INKS.format(ink="#f0f6fc", ground="#0d1117", faint="#3d444d", again="#56d364", warm="#79c0ff", cold="#ffa657")
STYLE = f"""
text {{ font: 12px system-ui, sans-serif }} .title {{ font-weight: 600; font-size: 13px }}
polyline {{ fill: none; stroke-width: 2 }} .again {{ stroke-dasharray: 2 3 }} .cold {{ stroke-dasharray: 7 4 }}
{LIGHT}@media (prefers-color-scheme: dark) {{{DARK}}}
"""


def _text(x: float, y: float, words: str, anchor: str = "middle", kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _mark(x: float, y: float, mode: str) -> str:
    return f'<circle class="{mode}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


class Panel:
    """One series: sizes to the right, multiples of the first point upwards, both by powers of ten."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], series: str, place: int, most: float) -> None:
        self._name = SERIES[series]
        self._left = LEFT + place * (PANEL + GAP)
        self._first = place == 0
        self._powers = most
        mine = [row for row in rows if row["series"] == series]
        self._sizes = sorted({row["size"] for row in mine})
        self._multiples = {
            mode: [row["ms"] / here[0]["ms"] for row in here]
            for mode in MODES
            if (here := sorted((row for row in mine if row["mode"] == mode), key=lambda row: row["size"]))
        }

    def _x(self, size: float) -> float:
        return self._left + 12 + (PANEL - 50) * log10(size) / 3

    def _y(self, multiple: float) -> float:
        return TOP + DEPTH * (1 - (log10(multiple) + 0.15) / (self._powers + 0.15))

    def draw(self) -> list[str]:
        """The elements of the panel."""
        drawn = [_text(self._left + PANEL / 2, TOP - 14, self._name, kind="title")]
        for power in range(int(self._powers) + 1):
            height = self._y(10**power)
            drawn.append(_line(self._left, height, self._left + PANEL, height))
            if self._first:
                drawn.append(_text(self._left - 8, height + 4, f"{10**power:,} times", "end"))
        for size in self._sizes:
            drawn.append(_line(self._x(size), TOP, self._x(size), TOP + DEPTH))
            drawn.append(_text(self._x(size), TOP + DEPTH + 18, f"{size:,}"))
        for mode, multiples in self._multiples.items():
            places = [(self._x(size), self._y(each)) for size, each in zip(self._sizes, multiples, strict=True)]
            corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            drawn.append(f'<polyline class="{mode}" points="{corners}"/>')
            drawn += [_mark(x, y, mode) for x, y in places]
        return drawn + self._ends()

    def _ends(self) -> list[str]:
        """The last multiple of each line beside it, moved apart where they meet."""
        last = sorted(((self._y(each[-1]), each[-1]) for each in self._multiples.values()), reverse=True)
        heights = [height for height, _ in last]
        for below, above in pairwise(range(len(heights))):
            heights[above] = min(heights[above], heights[below] - APART)
        right = self._x(self._sizes[-1]) + 8
        return [
            _text(right, height + 4, f"{multiple:.0f}" if multiple >= 10 else f"{multiple:.1f}", "start")
            for height, (_, multiple) in zip(heights, last, strict=True)
        ]


def picture(rows: Sequence[Mapping[str, Any]]) -> str:
    """The picture as SVG, for light and dark pages."""
    firsts = {(row["series"], row["mode"]): row["ms"] for row in reversed(rows)}
    most = max(log10(row["ms"] / firsts[row["series"], row["mode"]]) for row in rows) + 0.1
    panels = [Panel(rows, series, place, most) for place, series in enumerate(SERIES)]
    drawn = [each for panel in panels for each in panel.draw()]
    for place, (mode, words) in enumerate(MODES.items()):
        left = LEFT + 150 + place * 200
        drawn.append(f'<polyline class="{mode}" points="{left},{HEIGHT - 16} {left + 34},{HEIGHT - 16}"/>')
        drawn += [_mark(left + 17, HEIGHT - 16, mode), _text(left + 42, HEIGHT - 12, words, "start")]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t">'
    title = '<title id="t">Cost of a list of slots, as multiples of the first point of each line</title>'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" class="ground"/>'
    heading = _text(WIDTH / 2, 20, "Cost of a list of slots, in multiples of the first point of each line")
    return "\n".join([head, title, f"<style>{STYLE}</style>", ground, heading, *drawn, "</svg>", ""])


def main() -> None:
    """Draw. Ends the process where no growth was measured."""
    rows = json.loads(RESULT.read_text(encoding="utf-8")).get("growth")
    if not rows:
        raise SystemExit(f"{RESULT} has no growth: run python -m bench --only growth")
    PICTURE.write_text(picture(rows), encoding="utf-8")
    print(f"drawn as {PICTURE}")


if __name__ == "__main__":
    main()
