"""Settings: what is understood, and what is refused with which words."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from server.settings import Settings
from workflows.errors import InvalidInput

SECRET = {"DUBAN_SECRET_KEY": "s" * 48}


def test_nothing_said_means_a_file_on_this_machine() -> None:
    settings = Settings.from_env({})
    assert settings.database_url == "sqlite:///var/duban.sqlite3"
    assert settings.sqlite
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.timezone == "Asia/Shanghai"
    assert settings.gate == "office"
    assert settings.worker


def test_everything_can_be_said() -> None:
    settings = Settings.from_env(
        {
            "DUBAN_DATABASE_URL": "postgres://u:p@db/duban",
            "DUBAN_SECRET_KEY": "x",
            "DUBAN_BIND": "[::1]:9000",
            "DUBAN_TIMEZONE": "Asia/Urumqi",
            "DUBAN_GATE": "engine",
            "DUBAN_CLOCK": "+P40DT2H",
            "DUBAN_WORKER": "no",
            "DUBAN_HTTPS": "yes",
            "DUBAN_HOSTS": "a.example, B.example",
            "DUBAN_UPLOAD_MB": "3",
            "DUBAN_SESSION_HOURS": "8",
        },
        demo=True,
    )
    assert settings.database_url == "postgresql+psycopg://u:p@db/duban"
    assert not settings.sqlite
    assert (settings.host, settings.port) == ("::1", 9000)
    assert settings.clock_offset == timedelta(days=40, hours=2)
    assert settings.hosts == {"a.example", "b.example"}
    assert settings.upload_bytes == 3 * 1024 * 1024
    assert settings.session_lasts == timedelta(hours=8)
    assert not settings.worker
    assert settings.https


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DUBAN_BIND", "8000"),
        ("DUBAN_BIND", "localhost:http"),
        ("DUBAN_BIND", "localhost:99999"),
        ("DUBAN_DATABASE_URL", "nonsense"),
        ("DUBAN_DATABASE_URL", "mysql://u:p@h/d"),
        ("DUBAN_DATABASE_URL", "sqlite://"),
        ("DUBAN_DATABASE_URL", "sqlite:///:memory:"),
        ("DUBAN_TIMEZONE", "Beijing"),
        ("DUBAN_TIMEZONE", "../../etc/passwd"),
        ("DUBAN_GATE", "open"),
        ("DUBAN_WORKER", "maybe"),
        ("DUBAN_UPLOAD_MB", "0"),
        ("DUBAN_UPLOAD_MB", "²"),
        ("DUBAN_THREADS", "many"),
        ("DUBAN_CLOCK", "40 days"),
        ("DUBAN_CLOCK", "P"),
        ("DUBAN_CLOCK", "P1Y"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        Settings.from_env({name: value}, demo=True)


def test_a_refused_address_does_not_repeat_its_password() -> None:
    with pytest.raises(InvalidInput) as caught:
        Settings.from_env({"DUBAN_DATABASE_URL": "mysql://u:geheim@h/d"})
    assert "geheim" not in str(caught.value)


def test_settings_show_no_secret() -> None:
    settings = Settings.from_env({**SECRET, "DUBAN_DATABASE_URL": "postgresql://u:geheim@h/d"})
    assert "geheim" not in repr(settings)
    assert SECRET["DUBAN_SECRET_KEY"] not in repr(settings)


def test_production_keeps_real_time() -> None:
    with pytest.raises(InvalidInput, match="demo only"):
        Settings.from_env({"DUBAN_CLOCK": "+P1D"})


@pytest.mark.parametrize("secret", ["", "short"])
def test_production_is_not_served_without_a_secret(secret: str) -> None:
    with pytest.raises(InvalidInput, match="DUBAN_SECRET_KEY"):
        Settings.from_env({"DUBAN_SECRET_KEY": secret}).serving()
    assert Settings.from_env(SECRET).serving().secret_key == SECRET["DUBAN_SECRET_KEY"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "duban.example"])
def test_the_demo_is_for_this_machine_only(host: str) -> None:
    with pytest.raises(InvalidInput, match=r"use 127\.0\.0\.1"):
        Settings(demo=True, host=host, secret_key="s" * 48).serving()


def test_the_demo_makes_its_secret_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = Settings(demo=True).serving().secret_key
    kept = tmp_path / "var" / "secret_key"
    assert len(first) >= 48
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert Settings(demo=True).serving().secret_key == first
    kept.write_text("x")
    with pytest.raises(InvalidInput, match="secret_key"):
        Settings(demo=True).serving()


def test_the_command_line_has_the_last_word_on_the_address() -> None:
    settings = Settings().at("::1", 0)
    assert (settings.host, settings.port) == ("::1", 0)
    assert Settings().at(None, None) == Settings()


def test_the_vaults_key_is_named_once_and_the_demo_makes_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="one of the two"):
        Settings.from_env({"DUBAN_MASTER_KEY": "x", "DUBAN_MASTER_KEY_FILE": "y"})
    monkeypatch.chdir(tmp_path)
    files = [Settings.from_env({}, demo=True).serving().master_key_file for _ in range(2)]
    assert files == [Path("var/master_key")] * 2
    assert stat.S_IMODE((tmp_path / "var/master_key").stat().st_mode) == 0o600
    assert len((tmp_path / "var/master_key").read_text().split()) == 1
    assert Settings.from_env(SECRET).serving().master_key_file is None
    assert "secret" not in repr(Settings(master_key="secret"))
