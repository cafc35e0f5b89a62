"""Settings for the resolver that honour what the user has told Maven or Ivy: mirrors, passwords, proxies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from infra.embedded.errors import DownloadFailed

__all__ = ["Mirror", "Proxy", "Source", "find_source", "ivy_settings", "read_maven_settings"]


@dataclass(frozen=True)
class Mirror:
    """A repository that stands in for Maven Central."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Proxy:
    """The HTTP proxy that Maven is told to use."""

    host: str
    port: str
    not_for: str = ""

    def java_options(self) -> list[str]:
        """Return the options that tell Java the same."""
        options = []
        for scheme in ("http", "https"):
            options += [f"-D{scheme}.proxyHost={self.host}", f"-D{scheme}.proxyPort={self.port}"]
        return [*options, f"-Dhttp.nonProxyHosts={self.not_for}"] if self.not_for else options


@dataclass(frozen=True)
class Source:
    """Where jars come from: the user's own Ivy settings, or a mirror, or Maven Central itself."""

    ivy_file: Path | None = None
    mirror: Mirror | None = None
    proxy: Proxy | None = None

    def __str__(self) -> str:
        """Name it for a message."""
        if self.ivy_file is not None:
            return f"the repositories of {self.ivy_file}"
        return f"the mirror {self.mirror.url}" if self.mirror else "Maven Central"


def find_source(home: Path | None = None, environment: Mapping[str, str] | None = None) -> Source:
    """Look at the user's settings: ``~/.ivy2/ivysettings.xml``, then ``~/.m2/settings.xml``, then Maven's own.

    Parameters
    ----------
    home : Path, optional
        The user's home folder.
    environment : mapping, optional
        Where MAVEN_HOME is looked up; this process's by default.

    Returns
    -------
    Source
        Maven Central where nothing is set.
    """
    home = Path.home() if home is None else home
    environment = os.environ if environment is None else environment
    own = home / ".ivy2" / "ivysettings.xml"
    if own.is_file():
        return Source(ivy_file=own)
    files = [home / ".m2" / "settings.xml"]
    if maven_home := environment.get("MAVEN_HOME"):
        files.append(Path(maven_home) / "conf" / "settings.xml")
    mirror, proxy = None, None
    for file in files:
        if file.is_file():
            found_mirror, found_proxy = read_maven_settings(file, environment)
            mirror, proxy = mirror or found_mirror, proxy or found_proxy
    return Source(mirror=mirror, proxy=proxy)


def read_maven_settings(file: Path, environment: Mapping[str, str]) -> tuple[Mirror | None, Proxy | None]:
    """Read the mirror of Maven Central and the active proxy from a ``settings.xml``.

    Raises
    ------
    DownloadFailed
        If the file is no XML.
    """
    try:
        root = ElementTree.parse(file).getroot()  # noqa: S314 - the user's own file, as trusted as their shell
    except (OSError, ElementTree.ParseError) as error:
        message = f"The Maven settings {file} can't be read: {error}."
        raise DownloadFailed(message, hint="Mend or move that file, then start again.") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # with or without the namespace

    def text(parent: ElementTree.Element, name: str) -> str:
        value = (parent.findtext(name) or "").strip()
        if value.startswith("${env.") and value.endswith("}"):
            value = environment.get(value[len("${env.") : -1], "")
        return value

    mirror = None
    for element in root.iterfind("mirrors/mirror"):
        if mirror is None and _stands_for_central(text(element, "mirrorOf")) and text(element, "url"):
            servers = (s for s in root.iterfind("servers/server") if text(s, "id") == text(element, "id"))
            server = next(servers, None)
            username = text(server, "username") if server is not None else ""
            password = text(server, "password") if server is not None else ""
            mirror = Mirror(text(element, "url"), username or None, password or None)
    proxy = None
    for element in root.iterfind("proxies/proxy"):
        if proxy is None and text(element, "active") != "false" and text(element, "host"):
            port = text(element, "port") or "8080"
            proxy = Proxy(text(element, "host"), port, text(element, "nonProxyHosts"))
    return mirror, proxy


def _stands_for_central(mirror_of: str) -> bool:
    """Tell whether a mirrorOf expression of Maven covers Central.

    Examples
    --------
    >>> _stands_for_central("external:*,!internal")
    True
    >>> _stands_for_central("*,!central")
    False
    >>> _stands_for_central("jboss")
    False
    """
    names = {name.strip() for name in mirror_of.split(",")}
    return "!central" not in names and bool(names & {"central", "*", "external:*"})


def ivy_settings(mirror: Mirror | None) -> str:
    """Write Ivy's settings for Maven Central or its mirror.

    Parameters
    ----------
    mirror : Mirror, optional
        Used in place of Maven Central.

    Returns
    -------
    str
        The text of an ``ivysettings.xml``.
    """
    root, credentials = "", ""
    if mirror is not None:
        root = f" root={quoteattr(mirror.url.rstrip('/') + '/')}"
        if mirror.username and mirror.password:
            credentials = (
                f'<credentials host={quoteattr(urlsplit(mirror.url).hostname or "")} realm=""'
                f" username={quoteattr(mirror.username)} passwd={quoteattr(mirror.password)}/>"
            )
    # Without limits of its own the resolver waits for ever behind a firewall that drops packets.
    return (
        f'<ivysettings>{credentials}<settings defaultResolver="central"/>'
        '<timeout-constraints><timeout-constraint name="patient" connectionTimeout="20000" readTimeout="60000"/>'
        "</timeout-constraints>"
        f'<resolvers><ibiblio name="central" m2compatible="true" timeoutConstraint="patient"{root}/></resolvers>'
        "</ivysettings>\n"
    )
