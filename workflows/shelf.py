"""A bounded memory of things that are costly to make and never change once made."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """Keep the `size` things used last, shared between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._things: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the thing of this key, made now if it is not there; a failure to make is not remembered."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
        # Made outside the lock: parsing takes long, and two threads making the same thing do no harm.
        thing = make()
        with self._lock:
            self._things[key] = thing
            while len(self._things) > self._size:
                self._things.popitem(last=False)
        return thing
