"""The tables of the vault. What is of a reporter stands in `content` alone, sealed; everything else is for anybody."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from handlers.vault.sealing import Envelope
from workflows.model import Base, new_id


class Sealed(Base):
    """A row with an envelope; `place` is what binds the one to the other."""

    __abstract__ = True

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    key_id: Mapped[str] = mapped_column(String(16), index=True)  #: of the master key
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    @property
    def place(self) -> str:
        """What the envelope is bound to."""
        raise NotImplementedError

    @property
    def envelope(self) -> Envelope:
        """The envelope of the row."""
        return Envelope(self.key_id, self.wrapped_key, self.content)


class Reporter(Sealed):
    """Who reported a clue (举报人), one version for each correction; the latest holds."""

    __tablename__ = "vault_reporter"
    __table_args__ = (UniqueConstraint("clue_id", "version"),)

    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    version: Mapped[int]
    written_at: Mapped[datetime]
    written_by: Mapped[str]

    @property
    def place(self) -> str:
        """What the envelope is bound to: its row, its matter, its version."""
        return f"vault_reporter {self.id} of clue {self.clue_id}, version {self.version}"


class Protected(Sealed):
    """A minor or a victim in a matter (domain §4.2 rule 6): his name stands here alone, elsewhere his alias."""

    __tablename__ = "vault_protected"
    __table_args__ = (UniqueConstraint("clue_id", "number"),)

    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    number: Mapped[int]  #: within the matter, from 1
    kind: Mapped[str] = mapped_column(String(16))  #: of `codes/protected_kinds.csv`
    written_at: Mapped[datetime]
    written_by: Mapped[str]

    @property
    def place(self) -> str:
        """What the envelope is bound to: its row and its matter."""
        return f"vault_protected {self.id} of clue {self.clue_id}"


class Grant(Base):
    """That one person may read what the purpose opens of one clue for some hours: asked for, decided by two, ended."""

    __tablename__ = "vault_grant"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    instance_id: Mapped[str] = mapped_column(String(64), index=True)
    applicant: Mapped[str]
    purpose: Mapped[str] = mapped_column(String(32))  #: code of `codes/unsealing_purposes.csv`
    reason: Mapped[str] = mapped_column(Text)
    hours: Mapped[int]
    asked_at: Mapped[datetime]
    leader: Mapped[str | None]  #: who decided as A3
    leader_at: Mapped[datetime | None]
    principal: Mapped[str | None]  #: who decided as A4
    principal_at: Mapped[datetime | None]
    refused: Mapped[bool] = mapped_column(default=False)
    opinion: Mapped[str] = mapped_column(Text, default="")  #: why it was refused
    granted_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]


class Read(Base):
    """That somebody has read a sealed identity: who, when, what for, by which grant; never what he read."""

    __tablename__ = "vault_read"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    login: Mapped[str]
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    grant_id: Mapped[str | None] = mapped_column(
        ForeignKey("vault_grant.id"), index=True
    )  #: none: the intake office, a handler, the leader in charge
    purpose: Mapped[str] = mapped_column(String(32))


class Receipt(Base):
    """The code on a reporter's receipt, of which only the digest is kept; a new one ends the one before."""

    __tablename__ = "vault_receipt"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=new_id)
    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)  #: SHA-256 of 125 random bits
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_at: Mapped[datetime | None]


class Addition(Sealed):
    """What a reporter added by the code of the receipt: text and a file, sealed until the intake office opens it."""

    __tablename__ = "vault_addition"

    clue_id: Mapped[str] = mapped_column(ForeignKey("clue.id"), index=True)
    receipt_id: Mapped[str] = mapped_column(ForeignKey("vault_receipt.id"), index=True)
    added_at: Mapped[datetime]
    passed_on_at: Mapped[datetime | None]
    passed_on_by: Mapped[str | None]

    @property
    def place(self) -> str:
        """What the envelope is bound to: its row and its matter."""
        return f"vault_addition {self.id} of clue {self.clue_id}"
