"""What may be said on which kind of paper: told by those who fill papers in, asked by the deployment gate."""

from __future__ import annotations

_names: dict[str, frozenset[str]] = {}


def know(kind: str, names: frozenset[str]) -> None:
    """Let the gate know what a template of this kind may ask for."""
    _names[kind] = names


def names_on(kind: str) -> frozenset[str] | None:
    """Return what a template of this kind may ask for; None where nobody has said, and anything is right."""
    return _names.get(kind)


def kinds() -> frozenset[str]:
    """Return the kinds of papers that somebody fills in."""
    return frozenset(_names)
