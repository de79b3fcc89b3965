"""Mail: how a notice and a day's digest are written, and handed to the mail server.

SMTP hands a message over once the server has answered its data with 250. A connection lost between the last
line of the data and that answer leaves it open whether the message was taken: it is sent again, under the
same Message-ID, by which mailboxes may tell the second from the first (RFC 5321, 4.1.1.5 and 6.1).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from server.outgoing.content import Content
from server.outgoing.words import gettext_for, kind_words
from server.way_out import MailServer, WayOut
from workflows import clock

#: How long an answer of the mail server is waited for.
SECONDS = 20


#: Folding a subject of Chinese and ASCII at 78 octets loses the spaces between them; 998 is what must not be passed.
UNFOLDED = policy.default.clone(max_line_length=998)


class Refused(Exception):
    """The server took the connection but not this message; `for_good` if it never will."""

    def __init__(self, why: str, *, for_good: bool) -> None:
        super().__init__(why)
        self.for_good = for_good


class Unreachable(Exception):
    """The server cannot be reached, or let us in, or fell silent: nothing more is sent to it now."""


def notice(content: Content, locale: str | None) -> tuple[str, str]:
    """Return subject and text of the mail about one notice."""
    _ = gettext_for(locale)
    subject = _("[Duban]") + " " + kind_words(content.kind, locale)
    known = [part for part in (content.number, content.step(locale or ""), content.due) if part]
    if known:
        subject += f" · {' · '.join(known)}"
    facts = (
        (_("Number"), content.number),
        (_("Step"), content.step(locale or "")),
        (_("Due"), content.due),
        (_("Link"), content.link),
    )
    lines = [kind_words(content.kind, locale), ""]
    lines += [f"{label}: {value}" for label, value in facts if value]
    return subject, "\n".join([*lines, "", *_foot(locale)])


def digest(contents: Sequence[Content], locale: str | None) -> tuple[str, str]:
    """Return subject and text of the mail about all notices of a day, by kind."""
    _ = gettext_for(locale)
    lines: list[str] = []
    for kind in dict.fromkeys(content.kind for content in contents):
        lines += [kind_words(kind, locale)]
        for content in contents:
            if content.kind == kind:
                parts = (content.number, content.step(locale or ""), content.due, content.link)
                lines.append("- " + " · ".join(part for part in parts if part))
        lines.append("")
    subject = " ".join((_("[Duban]"), _("Digest of notices"), f"({len(contents)})"))
    return subject, "\n".join([*lines, *_foot(locale)])


def message(
    subject: str, text: str, *, message_id: str, to: str, way: WayOut, locale: str | None
) -> EmailMessage:
    """Return the mail as it is sent."""
    made = EmailMessage(policy=UNFOLDED)
    made["Subject"] = subject
    made["From"] = Address(gettext_for(locale)("Duban"), addr_spec=way.sender)
    made["To"] = to
    made["Date"] = format_datetime(clock.now())
    made["Message-ID"] = f"<{message_id}@{way.sender.rpartition('@')[2]}>"
    # Nobody's holiday message answers it (RFC 3834).
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text + "\n", cte="base64")
    return made


@contextmanager
def connected(way: WayOut) -> Iterator[smtplib.SMTP]:
    """Give a connection to the mail server, encrypted and signed in as the operator says; else Unreachable."""
    assert way.smtp
    try:
        server = _open(way.smtp, urlsplit(way.public_url).hostname or "localhost")
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(_why(error)) from None
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def send(server: smtplib.SMTP, mail: EmailMessage) -> None:
    """Hand one mail over; it is handed over when this returns. Raises Refused or Unreachable."""
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise Refused(f"SMTP {code}", for_good=code >= 500) from None
    except smtplib.SMTPServerDisconnected as error:
        raise Unreachable(_why(error)) from None
    except smtplib.SMTPResponseException as error:
        # Of the sender or the data: 421 is a farewell, 552 and 554 mean this message.
        if error.smtp_code == 421:
            raise Unreachable(_why(error)) from None
        raise Refused(_why(error), for_good=error.smtp_code >= 500) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(_why(error)) from None


def _open(place: MailServer, own_name: str) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if place.encryption == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            place.host, place.port, own_name, timeout=SECONDS, context=trusted
        )
    else:
        server = smtplib.SMTP(place.host, place.port, own_name, timeout=SECONDS)
    try:
        if place.encryption == "starttls":
            server.starttls(context=trusted)
        if place.user:
            server.login(place.user, place.password)
    except BaseException:
        server.close()
        raise
    return server


def _why(error: Exception) -> str:
    """Return what happened in our words: what a server answers may repeat addresses, or what it was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"SMTP {error.smtp_code}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the certificate is not trusted"
    return type(error).__name__


def _foot(locale: str | None) -> list[str]:
    _ = gettext_for(locale)
    return [
        "-- ",
        _("Sent by Duban without anything of the case. You choose what is mailed on your account's page."),
    ]
