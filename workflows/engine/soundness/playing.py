"""Which moves a marking allows, and which of them suffice to find whatever can go wrong."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.engine.soundness.net import Inclusive, Marking, Move, Net


def moves(net: Net, marking: Marking) -> list[Move]:
    """Return every move that is possible, those of earlier elements first.

    Nobody gets to do anything before an inclusive join that can pass has passed.
    """
    ready = list(_ready(net, marking))
    passing = _passing(net, marking, ready)
    found = [move for place in dict.fromkeys(marking) for move in net.moves.get(place, ())]
    allowed = [m for m in found if m.guard.isdisjoint(marking) and (not passing or _is_swift(net, m))]
    return [*allowed, *(move for join in ready for move in join), *passing]


def few_moves(net: Net, marking: Marking) -> list[Move]:
    """Return moves of one element only where all others can wait (a persistent set), else every move.

    What a token does by itself takes nothing from another one, so any order of two such moves leads to the
    same. The earliest element goes first: tokens gather where they can meet. Not so where an inclusive join
    could see the difference, and a move that ends the scope never goes before others.
    """
    ready = list(_ready(net, marking))
    passing = _passing(net, marking, ready)
    alone = [net.moves.get(place, ()) for place in dict.fromkeys(marking)]
    alone = [made for made in alone if _can_go_first(made, marking)]
    allowed = [made for made in alone if not passing or _is_swift(net, made[0])]
    candidates = [(net.rank[made[0].take[0]], made) for made in (*allowed, *ready)]
    candidates.sort(key=lambda candidate: candidate[0])
    for _, chosen in candidates:
        if all(_unseen(net, gateway, marking, chosen) for gateway in net.inclusive):
            ending = [m for place in dict.fromkeys(marking) for m in net.moves.get(place, ()) if m.ends]
            return [*chosen, *ending]
    return moves(net, marking)


def _can_go_first(made: tuple[Move, ...], marking: Marking) -> bool:
    """Tell whether a token has moves, all of them possible now, that leave the scope as it is."""
    return bool(made) and all(not move.ends and move.guard.isdisjoint(marking) for move in made)


def _is_swift(net: Net, move: Move) -> bool:
    return net.places[move.take[0]].swift


def _ready(net: Net, marking: Marking) -> Iterator[tuple[Move, ...]]:
    """Yield the moves of the joins that have a token on every flow."""
    standing = set(marking)
    for join in net.joins:
        if standing.issuperset(join.take) and all(marking.count(p) >= join.take.count(p) for p in join.take):
            yield join.moves


def _passing(net: Net, marking: Marking, ready: list[tuple[Move, ...]]) -> list[Move]:
    return [move for gateway in net.inclusive for move in _pass(net, gateway, marking, ready)]


def _pass(net: Net, gateway: Inclusive, marking: Marking, ready: list[tuple[Move, ...]]) -> Iterator[Move]:
    """Yield the moves of an inclusive join if no token elsewhere could still fill an empty flow.

    A token that could as well come on a filled flow does not count, unless it stands where nothing is waited
    for: gateways are passed before anything is judged.
    """
    filled = tuple(place for place in gateway.incoming if place in marking)
    if not filled:
        return
    bits = sum(1 << number for number, place in enumerate(gateway.incoming) if place in filled)
    for place in marking:
        reached = gateway.reach.get(place, 0)
        if reached and (net.places[place].swift or not reached & bits):
            return
    if any(gateway.reach.get(made[0].take[0], 0) for made in ready):
        return
    for outcome in gateway.outcomes:
        told = (gateway.element, *outcome.ended)
        yield Move(gateway.element, told, tuple(sorted(filled)), outcome.put)


def _unseen(net: Net, gateway: Inclusive, marking: Marking, chosen: tuple[Move, ...]) -> bool:
    """Tell whether an inclusive join passes all the same before and after these moves."""
    taken = chosen[0].take
    before = gateway.reach.get(taken[0], 0)
    if not before or net.places[taken[0]].swift or len(taken) > 1:
        # It cannot be reached from here, or waits for gateways and ready joins anyway.
        return True
    if all(_same_reach(net, gateway, before, move) for move in chosen):
        return True
    # Nobody else is at the join or on the way to it: it passes after these moves, or never.
    others = list(marking)
    others.remove(taken[0])
    return not any(gateway.reach.get(place, 0) or place in gateway.incoming for place in others)


def _same_reach(net: Net, gateway: Inclusive, before: int, move: Move) -> bool:
    """Tell whether a move leaves one token from which the same of the join's flows can be reached, and waits as it did.

    The join passes beside a token that waits for somebody and could as well come on a filled flow, but never beside
    one that is about to pass a gateway.
    """
    if len(move.put) != 1 or move.ends:
        return False
    place = move.put[0]
    if net.places[place].swift:
        return False
    if place in gateway.incoming:
        return before == 1 << gateway.incoming.index(place)
    return gateway.reach.get(place, 0) == before
