"""Where outlines meet: exact tests on a grid of whole numbers, so that no near miss is taken for a hit or the reverse.

A ring is a sequence of corners (integers), closed from the last to the first. Its edges stand in a tree of bounding
boxes in the order of the ring: neighbours along an outline are neighbours in space, so that the tree is made in one
pass and an outline of 100,000 corners is tested in about a second.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Corner = tuple[int, int]
    Corners = Sequence[Corner]
    Meeting = tuple[int, int, tuple[Fraction, Fraction]]
    """An edge of the one ring, an edge of the other (each by its first corner), and a point that both have."""


class Tree:
    """The edges of a ring in a binary tree of boxes; edge `n` goes from corner `n` to the next."""

    __slots__ = ("boxes", "first_leaf", "ring")

    def __init__(self, ring: Corners) -> None:
        self.ring = ring
        count = len(ring)
        self.first_leaf = 1 << (count - 1).bit_length()
        leaves: list[tuple[int, int, int, int] | None] = []
        x, y = ring[-1]
        for along, down in ring:  # the box of the edge that ends here
            leaves.append(
                (x if x < along else along, y if y < down else down, along if x < along else x, down if y < down else y)
            )
            x, y = along, down
        leaves.append(leaves.pop(0))  # the first one ends at corner 0: it is the last edge
        boxes = [None] * self.first_leaf + leaves + [None] * (self.first_leaf - count)
        for node in range(self.first_leaf - 1, 0, -1):
            left, right = boxes[2 * node], boxes[2 * node + 1]
            if left and right:
                boxes[node] = (
                    left[0] if left[0] < right[0] else right[0],
                    left[1] if left[1] < right[1] else right[1],
                    left[2] if left[2] > right[2] else right[2],
                    left[3] if left[3] > right[3] else right[3],
                )
            else:
                boxes[node] = left
        self.boxes = boxes


def self_meeting(tree: Tree) -> Meeting | None:
    """Return a place where a ring of three corners or more, no two in a row alike, meets itself; None for none."""
    ring, boxes, first = tree.ring, tree.boxes, tree.first_leaf
    count = len(ring)
    todo = [(1, 1)]
    while todo:
        one, other = todo.pop()
        if one == other:
            if one < first and boxes[one] is not None:
                left, right = 2 * one, 2 * one + 1
                todo += ((left, left), (right, right), (left, right))
            continue
        a, b = boxes[one], boxes[other]
        if a is None or b is None or a[0] > b[2] or b[0] > a[2] or a[1] > b[3] or b[1] > a[3]:
            continue
        if one < first:  # both are on one level
            left, right = 2 * one, 2 * one + 1
            todo += ((left, 2 * other), (left, 2 * other + 1), (right, 2 * other), (right, 2 * other + 1))
            continue
        i, j = one - first, other - first
        if j == i + 1:
            point = _turns_back(ring[i], ring[j], ring[(j + 1) % count])
        elif i == 0 and j == count - 1:
            point = _turns_back(ring[j], ring[0], ring[1])
        else:
            point = meeting_point(ring[i], ring[i + 1], ring[j], ring[(j + 1) % count])
        if point is not None:
            return i, j, point
    return None


def meetings(one: Tree, other: Tree) -> Iterator[Meeting]:
    """Yield every pair of edges of two rings that have a point in common, with one such point."""
    ring_a, ring_b = one.ring, other.ring
    todo = [(1, 1)]
    while todo:
        node, peer = todo.pop()
        a, b = one.boxes[node], other.boxes[peer]
        if a is None or b is None or a[0] > b[2] or b[0] > a[2] or a[1] > b[3] or b[1] > a[3]:
            continue
        down, across = node < one.first_leaf, peer < other.first_leaf
        if down or across:
            nodes = (2 * node, 2 * node + 1) if down else (node,)
            peers = (2 * peer, 2 * peer + 1) if across else (peer,)
            todo += ((x, y) for x in nodes for y in peers)
            continue
        i, j = node - one.first_leaf, peer - other.first_leaf
        point = meeting_point(ring_a[i], ring_a[(i + 1) % len(ring_a)], ring_b[j], ring_b[(j + 1) % len(ring_b)])
        if point is not None:
            yield i, j, point


def turn(a: Corner, b: Corner, c: Corner) -> int:
    """Twice the signed area of the triangle: zero where the three lie on one line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def meeting_point(a: Corner, b: Corner, c: Corner, d: Corner) -> tuple[Fraction, Fraction] | None:
    """Return a point that the edges a–b and c–d have in common, exactly; None where there is none."""
    c_side, d_side = turn(a, b, c), turn(a, b, d)
    a_side, b_side = turn(c, d, a), turn(c, d, b)
    if (c_side > 0) != (d_side > 0) and (a_side > 0) != (b_side > 0) and c_side and d_side and a_side and b_side:
        share = Fraction(a_side, a_side - b_side)
        return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
    for side, corner, start, end in ((c_side, c, a, b), (d_side, d, a, b), (a_side, a, c, d), (b_side, b, c, d)):
        if side == 0 and _within(corner, start, end):
            return Fraction(corner[0]), Fraction(corner[1])
    return None


def _within(corner: Corner, start: Corner, end: Corner) -> bool:
    """Whether a corner on the line through `start` and `end` lies between them."""
    return (start[0] <= corner[0] <= end[0] or end[0] <= corner[0] <= start[0]) and (
        start[1] <= corner[1] <= end[1] or end[1] <= corner[1] <= start[1]
    )


def _turns_back(a: Corner, b: Corner, c: Corner) -> tuple[Fraction, Fraction] | None:
    """The corner b where the outline a–b–c runs back on its own line."""
    if turn(a, b, c) or (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) > 0:
        return None
    return Fraction(b[0]), Fraction(b[1])


def place_in(point: Corner, ring: Corners) -> int:
    """Return 1 where the point is inside the ring, 0 on it, -1 outside."""
    x, y = point
    inside = False
    start = ring[-1]
    for end in ring:
        if (start[1] > y) != (end[1] > y):
            side = turn(start, end, point)
            if side == 0:
                return 0
            if (side > 0) == (end[1] > start[1]):
                inside = not inside
        elif (start[1] == y or end[1] == y) and turn(start, end, point) == 0 and _within((x, y), start, end):
            return 0
        start = end
    return 1 if inside else -1


def overlap(one: Sequence[Tree], other: Sequence[Tree]) -> tuple[Fraction, Fraction] | None:
    """Return a point near which two areas overlap; None where they have edges or corners in common at most.

    An area is its outer ring and its holes, none of which meet each other or themselves. If no edges cross, the areas
    can still overlap in two ways: next to a point that both outlines have, where the directions into the one area are
    directions into the other; or because a whole outer ring lies inside the other area.
    """
    ours, theirs = [_counter_clockwise(one), _counter_clockwise(other)]
    for a, left in zip(one, ours, strict=True):
        for b, right in zip(other, theirs, strict=True):
            for i, j, point in meetings(a, b):
                if _overlap_at(a.ring, i, left, b.ring, j, right):
                    return point
    for inner, outer in ((one, other), (other, one)):
        corner = inner[0].ring[0]
        if place_in(corner, outer[0].ring) == 1 and all(place_in(corner, hole.ring) == -1 for hole in outer[1:]):
            return Fraction(corner[0]), Fraction(corner[1])
    return None


def _counter_clockwise(rings: Sequence[Tree]) -> list[bool]:
    """For each ring whether the area lies on its positive side (`turn` > 0) as it stands; holes the other way round."""
    return [(twice_area(tree.ring) > 0) == (number == 0) for number, tree in enumerate(rings)]


def twice_area(ring: Corners) -> int:
    """Twice the signed area of a ring: the shoelace formula (Gauss), exact on whole numbers."""
    total = 0
    x, y = ring[-1]
    for along, down in ring:
        total += x * down - along * y
        x, y = along, down
    return total


def _overlap_at(one: Corners, i: int, left: bool, other: Corners, j: int, right: bool) -> bool:
    a, b = one[i], one[(i + 1) % len(one)]
    c, d = other[j], other[(j + 1) % len(other)]
    sides = turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)
    if all(sides):
        return True  # they meet, and no corner lies on the other edge: they cross
    spots = [spot for side, spot in zip(sides[:2], (c, d), strict=True) if side == 0 and _within(spot, a, b)]
    spots += [spot for side, spot in zip(sides[2:], (a, b), strict=True) if side == 0 and _within(spot, c, d)]
    return any(_share_directions(_sector(one, i, left, spot), _sector(other, j, right, spot)) for spot in spots)


def _sector(ring: Corners, i: int, positive: bool, spot: Corner) -> tuple[Corner, Corner]:
    """The directions from a point of edge `i` into the area: from the first one turning positively to the second."""
    count = len(ring)
    before, after = ring[i], ring[(i + 1) % count]
    if spot == before:
        before = ring[i - 1]
    elif spot == after:
        after = ring[(i + 2) % count]
    if not positive:
        before, after = after, before
    return (after[0] - spot[0], after[1] - spot[1]), (before[0] - spot[0], before[1] - spot[1])


def _share_directions(one: tuple[Corner, Corner], other: tuple[Corner, Corner]) -> bool:
    return _in_sector(one[0], other) or _in_sector(other[0], one)


def _in_sector(direction: Corner, sector: tuple[Corner, Corner]) -> bool:
    """Whether a direction lies in a sector; its first border belongs to it, its second does not."""
    return _angle_order(sector[0], direction) < _angle_order(sector[0], sector[1])


def _angle_order(start: Corner, direction: Corner) -> tuple[int, Fraction]:
    """Something that grows with the angle from `start` to `direction`: its half turn, then minus its cotangent."""
    cross = start[0] * direction[1] - start[1] * direction[0]
    dot = start[0] * direction[0] + start[1] * direction[1]
    if cross == 0:
        return (0, Fraction(0)) if dot > 0 else (2, Fraction(0))
    return (1 if cross > 0 else 3), Fraction(-dot, cross)
