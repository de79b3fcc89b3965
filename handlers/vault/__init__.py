"""The vault of reporters, minors and victims: identities under envelope encryption, read by few and by two-fold approval.

`keys` holds the master keys, `sealing` the envelopes, `reporters` who reported, `protected` minors and victims,
`grants` who may read it for a while, `receipts` the codes by which a reporter adds facts, `masking` what finds his
marks in texts, `rotation` the change of the master key, `shredding` the end of an identity. No other module knows what
an envelope holds; nothing of it stands in audit, drafts, variables or logs. (检举控告规则 47: reports and reporters are
kept secret; domain §4.2 rules 5, 6.)

There is no blind index: repeats of one reporter are found by the number of the report, never by the identity, so
that equal persons leave no equal marks in the database.
"""

from handlers.vault import grants, keys, masking, protected, receipts, reporters, rotation, shredding
from handlers.vault.model import Addition, Grant, Protected, Read, Receipt, Reporter
from handlers.vault.reporters import Identity
from handlers.vault.sealing import Unreadable

__all__ = [
    "Addition",
    "Grant",
    "Identity",
    "Protected",
    "Read",
    "Receipt",
    "Reporter",
    "Unreadable",
    "grants",
    "keys",
    "masking",
    "protected",
    "receipts",
    "reporters",
    "rotation",
    "shredding",
]
