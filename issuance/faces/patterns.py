"""Vector art of the ground: simple figures of our own, none of them a State emblem.

All are drawn in millimetres with y growing upwards, within the box they are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from reportlab.pdfgen.canvas import Canvas

from issuance.faces.layout import PatternName

_BIRD = (
    (1.5, 0.1),
    (0.5, 0.28),
    (0.2, 1.0),
    (-0.35, 0.25),
    (-1.3, 0.35),
    (-0.9, 0.0),
    (-1.3, -0.35),
    (-0.35, -0.22),
    (0.2, -1.0),
    (0.5, -0.1),
)
"""Beak, wing, tail, wing; the beak points along x."""
_SUN_RAYS = 14
"""Rays of the sun on a Ngọc Lũ drum."""


def draw_pattern(canvas: Canvas, name: PatternName, width: float, height: float) -> None:
    """Draw a pattern into ``width`` by ``height``, from the origin, in the current colours."""
    _DRAWERS[name](canvas, width, height)


def draw_ring(canvas: Canvas, width: float, height: float) -> None:
    """Draw the neutral ring that stands for an emblem or logo not given."""
    x, y, radius = width / 2, height / 2, min(width, height) / 2
    canvas.setLineWidth(radius * 0.07)
    canvas.circle(x, y, radius * 0.95)
    canvas.setLineWidth(radius * 0.03)
    canvas.circle(x, y, radius * 0.78)
    for step in range(24):
        at_x, at_y = _polar(x, y, radius * 0.865, step * math.tau / 24)
        canvas.circle(at_x, at_y, radius * 0.03, stroke=0, fill=1)


def _drum(canvas: Canvas, width: float, height: float) -> None:
    """A bronze drum's face from above: sun, rings of dots, teeth, circles and flying birds."""
    x, y, radius = width / 2, height / 2, min(width, height) / 2
    canvas.setLineWidth(radius * 0.006)
    for share in (0.27, 0.30, 0.37, 0.45, 0.48, 0.62, 0.65, 0.73, 0.81, 0.84, 0.93, 0.99):
        canvas.circle(x, y, radius * share)
    _sun(canvas, x, y, radius * 0.25)
    _dots(canvas, (x, y), radius * 0.335, radius * 0.012, 42)
    _teeth(canvas, x, y, (radius * 0.38, radius * 0.44), 48)
    for step in range(18):
        _bird(canvas, _polar(x, y, radius * 0.55, step * math.tau / 18), step, radius * 0.062)
    _teeth(canvas, x, y, (radius * 0.66, radius * 0.72), 72)
    for step in range(60):
        at_x, at_y = _polar(x, y, radius * 0.77, step * math.tau / 60)
        canvas.circle(at_x, at_y, radius * 0.026)
        canvas.circle(at_x, at_y, radius * 0.008, stroke=0, fill=1)
    _teeth(canvas, x, y, (radius * 0.85, radius * 0.92), 90)
    _dots(canvas, (x, y), radius * 0.96, radius * 0.010, 120)


def _sun(canvas: Canvas, x: float, y: float, radius: float) -> None:
    path = canvas.beginPath()
    corners = 2 * _SUN_RAYS
    for step in range(corners):
        share = 1.0 if step % 2 == 0 else 0.34
        point = _polar(x, y, radius * share, step * math.tau / corners)
        (path.lineTo if step else path.moveTo)(*point)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _dots(
    canvas: Canvas, centre: tuple[float, float], ring: float, size: float, count: int
) -> None:
    for step in range(count):
        at_x, at_y = _polar(*centre, ring, step * math.tau / count)
        canvas.circle(at_x, at_y, size, stroke=0, fill=1)


def _teeth(canvas: Canvas, x: float, y: float, rings: tuple[float, float], count: int) -> None:
    path = canvas.beginPath()
    inner, outer = rings
    for step in range(count):
        angle, half = step * math.tau / count, math.pi / count
        path.moveTo(*_polar(x, y, inner, angle - half))
        path.lineTo(*_polar(x, y, outer, angle))
        path.lineTo(*_polar(x, y, inner, angle + half))
    canvas.drawPath(path, stroke=1, fill=0)


def _bird(canvas: Canvas, place: tuple[float, float], step: int, size: float) -> None:
    """A long-beaked bird in flight, as plain as a stamp."""
    canvas.saveState()
    canvas.translate(*place)
    canvas.rotate(step * 20 + 90)
    path = canvas.beginPath()
    path.moveTo(_BIRD[0][0] * size, _BIRD[0][1] * size)
    for across, up in _BIRD[1:]:
        path.lineTo(across * size, up * size)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _waves(canvas: Canvas, width: float, height: float) -> None:
    """Fine waves, each a little out of step with the one before."""
    canvas.setLineWidth(0.08)
    lines, steps = 26, 60
    for line in range(lines):
        share = line / (lines - 1)
        points = []
        for step in range(steps + 1):
            across = step / steps
            swing = math.sin(across * 2.2 * math.tau + share * math.pi)
            swing += 0.5 * math.sin(across * 5 * math.tau - share * math.tau)
            up = 0.5 + (share - 0.5) * 0.7 + swing * 0.1
            points.append((across * width, up * height))
        for (from_x, from_y), (to_x, to_y) in pairwise(points):
            canvas.line(from_x, from_y, to_x, to_y)


def _chip(canvas: Canvas, width: float, height: float) -> None:
    """Four arcs that widen to the right: waves of a contactless chip."""
    canvas.setLineWidth(height * 0.09)
    canvas.setLineCap(1)
    for step in range(4):
        radius = height * (0.18 + 0.2 * step) * 0.62
        left = width * 0.1 + step * width * 0.13
        canvas.arc(left - radius, height / 2 - radius, left + radius, height / 2 + radius, -45, 90)


def _polar(x: float, y: float, radius: float, angle: float) -> tuple[float, float]:
    return x + radius * math.sin(angle), y + radius * math.cos(angle)


_DRAWERS: dict[PatternName, Callable[[Canvas, float, float], None]] = {
    PatternName.DRUM: _drum,
    PatternName.WAVES: _waves,
    PatternName.CHIP: _chip,
}
