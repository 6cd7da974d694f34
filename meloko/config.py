"""The settings of one organisation, read from the environment; a wrong one refuses the start."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from meloko.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """All that may differ from one installation to the next."""

    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    var: Path
    demo: bool = False
    https: bool = True
    mail_url: str = field(default="file:", repr=False)
    mail_from: str = "meloko@localhost"
    # Where addresses are asked, or nothing: then only the addresses brought in are known.
    geocoder: str = ""
    public_url: str = ""
    # How many proxies stand before the web; their headers are believed, nobody else's.
    proxies: int = 0
    # Whether those at work must show a code of their telephone after their password.
    totp: bool = False
    # How often the workers look at what is due, in seconds.
    tick_s: int = 60


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read the settings, or refuse with the names of all that are missing or wrong."""
    reader = _Reader(environ)
    demo = reader.switch("MELOKO_DEMO", False)
    settings = Settings(
        database_url=reader.address("MELOKO_DATABASE_URL", ("postgresql+psycopg://",)),
        broker_url=reader.address("MELOKO_BROKER_URL", ("redis://", "rediss://", "redis+socket://")),
        secret_key=reader.secret_key("MELOKO_SECRET_KEY"),
        keys=reader.keys("MELOKO_KEYS"),
        var=reader.folder("MELOKO_VAR"),
        demo=demo,
        https=reader.switch("MELOKO_HTTPS", True),
        mail_url=reader.mail("MELOKO_MAIL_URL"),
        mail_from=reader.text("MELOKO_MAIL_FROM") or "meloko@localhost",
        geocoder=reader.text("MELOKO_GEOCODER"),
        public_url=reader.text("MELOKO_PUBLIC_URL").rstrip("/"),
        proxies=reader.count("MELOKO_PROXIES"),
        totp=reader.switch("MELOKO_TOTP", not demo),
        tick_s=reader.seconds("MELOKO_TICK_S", 60),
    )
    if reader.wrong:
        raise SettingsError("Meloko ne démarre pas, réglages à corriger : " + " ; ".join(reader.wrong) + ".")
    return settings


class _Reader:
    """Reads each variable once and keeps what is wrong, so that one message says it all."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.wrong: list[str] = []

    def text(self, name: str) -> str:
        """Return the variable, or the content of the file that NAME_FILE names."""
        value = self._environ.get(name, "").strip()
        path = self._environ.get(f"{name}_FILE", "").strip()
        if value or not path:
            return value
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.wrong.append(f"{name}_FILE désigne un fichier illisible")
            return ""

    def address(self, name: str, prefixes: tuple[str, ...]) -> str:
        value = self.text(name)
        if name == "MELOKO_DATABASE_URL" and value.startswith("postgresql://"):
            value = "postgresql+psycopg://" + value.removeprefix("postgresql://")
        if not value:
            self.wrong.append(f"{name} manque")
        elif not value.startswith(prefixes):
            self.wrong.append(f"{name} doit commencer par {' ou '.join(prefixes)}")
        return value

    def secret_key(self, name: str) -> str:
        value = self.text(name)
        if len(value) < 32:
            self.wrong.append(f"{name} manque ou compte moins de 32 signes")
        return value

    def keys(self, name: str) -> tuple[bytes, ...]:
        """Return the 256-bit keys, newest first, from comma-separated base64."""
        keys = []
        for part in filter(None, (piece.strip() for piece in self.text(name).split(","))):
            try:
                keys.append(base64.b64decode(part, validate=True))
            except binascii.Error:
                keys.append(b"")
        if not keys or any(len(key) != 32 for key in keys):
            self.wrong.append(f"{name} manque, ou n’est pas une liste de clés de 32 octets en base64")
        return tuple(keys)

    def folder(self, name: str) -> Path:
        value = self.text(name)
        if not value:
            self.wrong.append(f"{name} manque (le dossier des données)")
            return Path()
        folder = Path(value)
        if not folder.is_dir():
            self.wrong.append(f"{name} ne désigne pas un dossier")
        return folder

    def switch(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if value in ("", "0", "1", "off", "on"):
            return default if value == "" else value in ("1", "on")
        self.wrong.append(f"{name} vaut 0 ou 1")
        return default

    def seconds(self, name: str, default: int) -> int:
        value = self.text(name)
        if value.isascii() and value.isdigit() and 1 <= int(value) <= 3_600:
            return int(value)
        if value:
            self.wrong.append(f"{name} est un nombre de secondes, de 1 à 3600")
        return default

    def count(self, name: str) -> int:
        value = self.text(name) or "0"
        if value.isascii() and value.isdigit() and len(value) == 1:
            return int(value)
        self.wrong.append(f"{name} est un nombre de 0 à 9")
        return 0

    def mail(self, name: str) -> str:
        value = self.text(name) or "file:"
        if not value.startswith(("file:", "smtp://", "smtps://")):
            self.wrong.append(f"{name} doit commencer par file:, smtp:// ou smtps://")
        return value
