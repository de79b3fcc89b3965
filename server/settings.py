"""What the operator decides: environment variables `DUBAN_*`, read once into a frozen value."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from handlers.vault import keys
from server.provider import Provider, loopback
from server.way_out import WayOut
from workflows.calendar import JURISDICTION, NATIONAL
from workflows.errors import InvalidInput

#: Where data lives unless told otherwise: below the folder that the server is started in.
VAR = Path("var")
DATABASES = {"sqlite", "postgresql"}
GATES = {"office", "engine"}
SHORTEST_SECRET = 32
MEGABYTE = 1024 * 1024

_DURATION = re.compile(
    r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
)


@dataclass(frozen=True)
class Settings:
    """Everything that differs between one installation and another."""

    database_url: str = field(default=f"sqlite:///{VAR / 'duban.sqlite3'}", repr=False)
    secret_key: str = field(default="", repr=False)  #: signs the page cookies; only serving needs it
    host: str = "127.0.0.1"
    port: int = 8000
    timezone: str = "Asia/Shanghai"
    jurisdiction: str = NATIONAL  #: whose holiday calendar counts: CN, or CN- and the code of a region
    gate: str = "office"  #: which findings refuse a deployment: see `definitions.check`
    second_person: bool = True  #: whether what one supervisor publishes waits for another
    clock_offset: timedelta = timedelta(0)  #: demo only
    demo: bool = False
    worker: bool = True  #: whether `serve` fires timers too
    threads: int = 8  #: requests answered at a time
    upload_bytes: int = 20 * MEGABYTE  #: longest request body
    api_per_minute: int = 0  #: requests of an account to the APIs in a minute; 0 is without a limit
    small_count: int = 5  #: matters fewer than these are not counted out to who sees none of them
    https: bool = False  #: cookies only ever over https, whatever the connection looks like
    proxies: int = 0  #: how many reverse proxies stand in front and may be believed
    hosts: frozenset[str] = frozenset()  #: host names answered to; empty means any
    session_lasts: timedelta = timedelta(hours=12)
    session_idle: timedelta = timedelta(hours=2)
    second_factor_roles: frozenset[str] = frozenset()  #: who must have a second factor; `all` is everybody
    provider: Provider | None = None  #: of the city's own sign-in (OpenID Connect)
    metrics_token: str = field(default="", repr=False)  #: who may read /metrics in production
    master_key: str = field(default="", repr=False)  #: of the vault of reporters; better in a file
    master_key_file: Path | None = None  #: its keys, one a line, the first seals
    way_out: WayOut = field(default_factory=WayOut)  #: mail, webhooks, and the address that links lead to

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, *, demo: bool = False) -> Settings:
        """Return the settings of this environment; InvalidInput names the variable that is wrong."""
        said = {name: value.strip() for name, value in (os.environ if environ is None else environ).items()}
        host, port = _bind(said.get("DUBAN_BIND") or "127.0.0.1:8000")
        settings = cls(
            database_url=_database(said.get("DUBAN_DATABASE_URL") or cls.database_url),
            secret_key=said.get("DUBAN_SECRET_KEY", ""),
            host=host,
            port=port,
            timezone=_zone(said.get("DUBAN_TIMEZONE") or cls.timezone),
            jurisdiction=_jurisdiction(said.get("DUBAN_JURISDICTION") or cls.jurisdiction),
            gate=_choice(said, "DUBAN_GATE", GATES, cls.gate),
            second_person=_switch(said, "DUBAN_SECOND_PERSON", not demo),
            clock_offset=_offset(said.get("DUBAN_CLOCK", "")),
            demo=demo,
            worker=_switch(said, "DUBAN_WORKER", cls.worker),
            threads=_number(said, "DUBAN_THREADS", cls.threads, lowest=1, highest=256),
            upload_bytes=_number(said, "DUBAN_UPLOAD_MB", 20, lowest=1, highest=1024) * MEGABYTE,
            api_per_minute=_number(
                said, "DUBAN_API_PER_MINUTE", cls.api_per_minute, lowest=0, highest=1_000_000
            ),
            small_count=_number(said, "DUBAN_SMALL_COUNT", cls.small_count, lowest=1, highest=100),
            https=_switch(said, "DUBAN_HTTPS", cls.https),
            proxies=_number(said, "DUBAN_PROXIES", cls.proxies, lowest=0, highest=8),
            hosts=frozenset(said.get("DUBAN_HOSTS", "").lower().replace(",", " ").split()),
            session_lasts=timedelta(hours=_number(said, "DUBAN_SESSION_HOURS", 12, lowest=1, highest=720)),
            session_idle=timedelta(minutes=_number(said, "DUBAN_IDLE_MINUTES", 120, lowest=5, highest=43200)),
            second_factor_roles=frozenset(
                said.get("DUBAN_SECOND_FACTOR_ROLES", "").replace(",", " ").split()
            ),
            provider=Provider.of(said),
            metrics_token=said.get("DUBAN_METRICS_TOKEN", ""),
            master_key=said.get("DUBAN_MASTER_KEY", ""),
            master_key_file=Path(file) if (file := said.get("DUBAN_MASTER_KEY_FILE")) else None,
            way_out=WayOut.of(said),
        )
        if settings.master_key and settings.master_key_file:
            raise InvalidInput(
                "DUBAN_MASTER_KEY and DUBAN_MASTER_KEY_FILE: name one of the two, better the file."
            )
        if settings.clock_offset and not demo:
            raise InvalidInput("DUBAN_CLOCK moves the clock of the demo only; production keeps real time.")
        return settings

    def at(self, host: str | None, port: int | None) -> Settings:
        """Return the same settings, bound to another address where one is given."""
        return replace(self, host=host or self.host, port=self.port if port is None else port)

    def serving(self) -> Settings:
        """Return settings that are safe to serve with, or raise InvalidInput saying what is missing."""
        if self.demo:
            here = self._only_here()
            file = None if self.master_key else self.master_key_file or _stored_master_key(VAR / "master_key")
            secret = self.secret_key or _stored_secret(VAR / "secret_key")
            return replace(here, secret_key=secret, master_key_file=file)
        if len(self.secret_key) < SHORTEST_SECRET:
            raise InvalidInput(
                f"DUBAN_SECRET_KEY must hold at least {SHORTEST_SECRET} random characters; make one with: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        return self

    @property
    def public_url(self) -> str:
        """Where people reach the pages, without a slash at the end."""
        if self.way_out.public_url:
            return self.way_out.public_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def sqlite(self) -> bool:
        """Whether the database is a file for one process."""
        return make_url(self.database_url).get_backend_name() == "sqlite"

    def _only_here(self) -> Settings:
        if not loopback(self.host):
            raise InvalidInput(
                f"The demo's passwords are known to everyone, so it is served on this machine only, "
                f"not on {self.host}: use 127.0.0.1."
            )
        return self


def _stored_secret(path: Path) -> str:
    """Return the key kept in the file, made on the first call, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        kept = path.read_text().strip()
        if len(kept) < SHORTEST_SECRET:
            raise InvalidInput(f"{path} holds no usable key: delete it, and a new one is made.") from None
        path.chmod(0o600)
        return kept
    made = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w") as file:
        file.write(made)
    return made


def _stored_master_key(path: Path) -> Path:
    """Return the demo's file of master keys, made on the first call."""
    if not path.exists():
        keys.add(path)
    return path


def _bind(value: str) -> tuple[str, int]:
    host, separator, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise InvalidInput(f"DUBAN_BIND is {value!r}; it must be host:port, such as 127.0.0.1:8000.")
    return host, int(port)


def _database(value: str) -> str:
    # What other tools call postgres:// is served by the driver that we ship.
    value = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)
    try:
        url = make_url(value)
    except ArgumentError:
        # The value may hold a password: it is not repeated.
        raise InvalidInput(
            "DUBAN_DATABASE_URL is no database address; it looks like "
            "postgresql://user:password@host/database or sqlite:///var/duban.sqlite3."
        ) from None
    if url.get_backend_name() not in DATABASES:
        raise InvalidInput("DUBAN_DATABASE_URL must name a PostgreSQL or an SQLite database.")
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        raise InvalidInput(
            "DUBAN_DATABASE_URL names an SQLite database in memory, which would be lost: name a file."
        )
    return value


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise InvalidInput(
            f"DUBAN_TIMEZONE is {name!r}; it must be an IANA name such as Asia/Shanghai."
        ) from None


def _jurisdiction(code: str) -> str:
    if not JURISDICTION.fullmatch(code):
        raise InvalidInput(
            f"DUBAN_JURISDICTION is {code!r}; it must be CN, or CN- and the code of the region, such as CN-320500."
        )
    return code


def _choice(said: Mapping[str, str], name: str, allowed: set[str], default: str) -> str:
    value = said.get(name) or default
    if value not in allowed:
        raise InvalidInput(f"{name} is {value!r}; it must be one of: {', '.join(sorted(allowed))}.")
    return value


def _switch(said: Mapping[str, str], name: str, default: bool) -> bool:
    value = (said.get(name) or str(default)).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise InvalidInput(f"{name} is {value!r}; it must be yes or no.")


def _number(said: Mapping[str, str], name: str, default: int, *, lowest: int, highest: int) -> int:
    value = said.get(name) or str(default)
    if not value.isdecimal() or not lowest <= int(value) <= highest:
        raise InvalidInput(f"{name} is {value!r}; it must be a whole number from {lowest} to {highest}.")
    return int(value)


def _offset(value: str) -> timedelta:
    if not value:
        return timedelta(0)
    match = _DURATION.fullmatch(value)
    if not match or not any(match.groups()[1:]):
        raise InvalidInput(
            f"DUBAN_CLOCK is {value!r}; it must be a duration in weeks, days, hours, minutes and seconds, "
            "such as +P40D."
        )
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    offset = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -offset if match.group(1) == "-" else offset
