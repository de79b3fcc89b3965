"""Sending what waits: by mail, by digest, to webhooks. No transaction is open while another machine is waited for."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from itertools import groupby

import structlog
from sqlalchemy import select

from handlers import outbox
from handlers.notifications import Notification
from handlers.outbox import OutgoingMessage, Ways, Webhook, queue
from server.auth import Account
from server.db import Database
from server.outgoing import content, hooks, mail
from server.outgoing.content import Content
from server.settings import Settings

#: Few at a time: the fates of a batch are known long before its lease ends.
BATCH = {"mail": 20, "digest": 500, "webhook": 20}

log = structlog.get_logger()


class Sender:
    """Sends the messages of one database, under the name of one worker."""

    def __init__(
        self, database: Database, settings: Settings, worker: str, stopping: threading.Event | None = None
    ) -> None:
        self._database = database
        self._settings = settings
        self._way = settings.way_out
        self._worker = worker
        self._stopping = stopping or threading.Event()

    def spread(self) -> int:
        """Write the messages of new notices; return of how many notices."""
        ways = Ways(mail=self._way.smtp is not None, digest_hour=self._way.digest_hour)
        total = 0
        while not self._stopping.is_set():
            with self._database.reading() as session:
                if not outbox.waiting(session):
                    break
            with self._database.unit_of_work() as session:
                total += (count := outbox.spread(session, ways))
            if not count:
                break
        return total

    def send_mail(self) -> int:
        """Send the mails and digests that are due; return how many messages left."""
        if self._way.smtp is None:
            return 0
        return sum(self._mails(channel, list(batch)) for channel, batch in self._batches("mail", "digest"))

    def send_webhooks(self) -> int:
        """Post what is due to webhooks; return how many messages left."""
        if not self._settings.secret_key:
            return 0
        return sum(self._posts(batch) for _, batch in self._batches("webhook"))

    def _batches(self, *channels: str) -> Iterator[tuple[str, Sequence[OutgoingMessage]]]:
        for channel in channels:
            while not self._stopping.is_set():
                with self._database.reading() as session:
                    if not queue.due(session, channel):
                        break
                with self._database.unit_of_work() as session:
                    batch = queue.lease(session, channel, self._worker, BATCH[channel])
                if not batch:
                    break
                yield channel, batch

    # --- mail

    def _mails(self, channel: str, batch: list[OutgoingMessage]) -> int:
        """Send a batch over one connection: each notice a mail, or each reader's notices together."""
        readers = self._readers(batch)
        for message in [one for one in batch if one.login not in readers]:
            batch.remove(message)
            self._dropped([message], "the account is disabled, or has no address any more")
        together = [list(group) for _, group in groupby(batch, lambda one: one.login)]
        letters = together if channel == "digest" else [[message] for message in batch]
        left = 0
        try:
            with mail.connected(self._way) as server:
                while letters:
                    address, locale = readers[letters[0][0].login]
                    try:
                        mail.send(server, self._letter(channel, letters[0], address, locale))
                        self._sent(letters[0])
                        left += len(letters[0])
                    except mail.Refused as refused:
                        self._failed(letters[0], str(refused), for_good=refused.for_good)
                    letters.pop(0)
        except mail.Unreachable as why:
            # The server is away: what is left of the batch is tried again later, not at once.
            self._failed([message for letter in letters for message in letter], str(why))
        return left

    def _letter(
        self, channel: str, letter: list[OutgoingMessage], address: str, locale: str | None
    ) -> EmailMessage:
        contents = self._contents(letter)
        if channel == "digest":
            subject, text = mail.digest(contents, locale)
        else:
            subject, text = mail.notice(contents[0], locale)
        return mail.message(
            subject, text, message_id=_message_id(letter), to=address, way=self._way, locale=locale
        )

    def _readers(self, batch: Sequence[OutgoingMessage]) -> dict[str, tuple[str, str | None]]:
        """Return address and language of those who may still have mail."""
        logins = {message.login for message in batch}
        with self._database.reading() as session:
            addresses = outbox.choices.addresses(session, logins)
            accounts = select(Account).where(Account.login.in_(addresses), Account.disabled_at.is_(None))
            return {row.login: (addresses[row.login], row.locale) for row in session.scalars(accounts)}

    # --- webhooks

    def _posts(self, batch: Sequence[OutgoingMessage]) -> int:
        away: dict[str | None, str] = {}
        left = 0
        for message in batch:
            target = self._target(message)
            if target is None:
                self._dropped([message], "the webhook was withdrawn")
            elif target.id in away:
                # Who did not answer just now is not asked again and again in one breath.
                self._failed([message], away[target.id])
            else:
                try:
                    self._post(message, target)
                    self._sent([message])
                    left += 1
                except hooks.Refused as refused:
                    self._failed([message], str(refused), for_good=refused.for_good)
                    if not refused.for_good:
                        away[target.id] = str(refused)
        return left

    def _post(self, message: OutgoingMessage, target: Webhook) -> None:
        payload = hooks.body(message.id, message.login, self._contents([message])[0])
        key = hooks.secret(target, self._settings.secret_key)
        hooks.post(target.url, payload, hooks.headers(message.id, payload, key), self._way.networks)

    def _target(self, message: OutgoingMessage) -> Webhook | None:
        with self._database.reading() as session:
            found = session.get(Webhook, message.webhook_id)
            return found if found and found.stopped_at is None else None

    # --- both

    def _contents(self, messages: Sequence[OutgoingMessage]) -> list[Content]:
        wanted = select(Notification).where(Notification.id.in_({one.notification_id for one in messages}))
        with self._database.reading() as session:
            rows = session.scalars(wanted.order_by(Notification.id)).all()
            return [content.of(row, self._settings.public_url) for row in rows]

    def _sent(self, messages: Sequence[OutgoingMessage]) -> None:
        with self._database.unit_of_work() as session:
            queue.sent(session, [message.id for message in messages], self._worker)

    def _dropped(self, messages: Sequence[OutgoingMessage], why: str) -> None:
        with self._database.unit_of_work() as session:
            queue.dropped(session, [message.id for message in messages], self._worker, why)

    def _failed(self, messages: Sequence[OutgoingMessage], why: str, *, for_good: bool = False) -> None:
        ids = [message.id for message in messages]
        with self._database.unit_of_work() as session:
            given_up = queue.failed(session, ids, self._worker, why, for_good=for_good)
        log.warning("messages did not leave", count=len(ids), given_up=given_up, why=why)


def _message_id(letter: Sequence[OutgoingMessage]) -> str:
    """Return the id of a mail: the same for the same messages, whenever they are sent."""
    if len(letter) == 1:
        return letter[0].id
    return hashlib.sha256("".join(sorted(message.id for message in letter)).encode()).hexdigest()[:40]
