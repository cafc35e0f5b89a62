"""What the user told Maven or Ivy is what the resolver is told."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from infra.embedded.errors import DownloadFailed
from infra.embedded.java.maven_settings import Mirror, Proxy, Source, find_source, ivy_settings

SETTINGS = """<?xml version="1.0"?>
<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">
  <mirrors>
    <mirror><id>other</id><mirrorOf>jboss</mirrorOf><url>https://elsewhere.example/</url></mirror>
    <mirror><id>ours</id><mirrorOf>external:*</mirrorOf><url> https://mirror.example/m2?a=1&amp;b=2 </url></mirror>
  </mirrors>
  <servers><server><id>ours</id><username>ann</username><password>${env.MIRROR_PASSWORD}</password></server></servers>
  <proxies>
    <proxy><active>false</active><host>off.example</host></proxy>
    <proxy><host>proxy.example</host><port>3128</port><nonProxyHosts>localhost|*.local</nonProxyHosts></proxy>
  </proxies>
</settings>
"""


def settings_of(home: Path, text: str) -> Path:
    (home / ".m2").mkdir()
    (home / ".m2" / "settings.xml").write_text(text)
    return home


def test_without_any_settings_the_jars_come_from_maven_central(tmp_path: Path) -> None:
    source = find_source(tmp_path, {})
    assert source == Source()
    assert str(source) == "Maven Central"
    assert "root=" not in ivy_settings(source.mirror)


def test_the_mirror_of_central_its_password_and_the_active_proxy_are_found(tmp_path: Path) -> None:
    source = find_source(settings_of(tmp_path, SETTINGS), {"MIRROR_PASSWORD": "p<w"})
    assert source.mirror == Mirror("https://mirror.example/m2?a=1&b=2", "ann", "p<w")
    assert source.proxy == Proxy("proxy.example", "3128", "localhost|*.local")
    assert "p<w" not in repr(source) + str(source)


def test_the_proxy_is_told_to_java(tmp_path: Path) -> None:
    source = find_source(settings_of(tmp_path, SETTINGS), {})
    assert source.proxy is not None
    options = source.proxy.java_options()
    assert "-Dhttps.proxyHost=proxy.example" in options
    assert "-Dhttps.proxyPort=3128" in options
    assert "-Dhttp.nonProxyHosts=localhost|*.local" in options


def test_settings_of_ivy_come_before_those_of_maven(tmp_path: Path) -> None:
    settings_of(tmp_path, SETTINGS)
    (tmp_path / ".ivy2").mkdir()
    own = tmp_path / ".ivy2" / "ivysettings.xml"
    own.write_text("<ivysettings/>")
    assert find_source(tmp_path, {}) == Source(ivy_file=own)


def test_settings_of_the_installed_maven_count_where_the_user_has_none(tmp_path: Path) -> None:
    (tmp_path / "maven" / "conf").mkdir(parents=True)
    (tmp_path / "maven" / "conf" / "settings.xml").write_text(SETTINGS)
    source = find_source(tmp_path, {"MAVEN_HOME": str(tmp_path / "maven")})
    assert source.mirror is not None
    assert source.mirror.url.startswith("https://mirror.example")


def test_broken_settings_are_named(tmp_path: Path) -> None:
    settings_of(tmp_path, "<settings>")
    with pytest.raises(DownloadFailed, match=r"settings\.xml can't be read"):
        find_source(tmp_path, {})


def test_the_settings_for_ivy_are_xml_whatever_the_mirror_is_called() -> None:
    text = ivy_settings(Mirror('https://h.example/a"&<b', "a&n", 'p"w'))
    root = ElementTree.fromstring(text)
    resolver, credentials = root.find("resolvers/ibiblio"), root.find("credentials")
    assert resolver is not None
    assert credentials is not None
    assert resolver.get("root") == 'https://h.example/a"&<b/'
    assert credentials.attrib == {"host": "h.example", "realm": "", "username": "a&n", "passwd": 'p"w'}
