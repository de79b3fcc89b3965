"""One file that holds the whole database at one instant, for either kind of database, and the way back.

`container` is the file: frames, compressed, sealed where there is a passphrase. `tables` puts rows into lines that
are the same on SQLite and PostgreSQL. `making` writes a copy, `restoring` lays it into an empty database,
`rehearsing` tries it in one that is thrown away. No key is ever in a copy: neither the vault's nor the cookies'.
"""

from server.backup.making import make
from server.backup.rehearsing import rehearse
from server.backup.restoring import restore

__all__ = ["make", "rehearse", "restore"]
