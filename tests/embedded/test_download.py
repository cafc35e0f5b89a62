"""Kafka's jars: fetched once, checked always, whoever else starts and whatever is killed. On a small mirror of ours."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from infra.embedded.errors import CorruptJar, DownloadFailed
from infra.embedded.java.jars import cached_jars, kafka_jars
from infra.embedded.java.maven_settings import Mirror, Source

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("alpha", "beta")
PATIENCE_S = 30.0

MODULES = """<ivy-module version="2.0"><info organisation="x" module="y"/>
<configurations><conf name="default"/></configurations><dependencies>
<dependency org="org.example" name="alpha" rev="1" conf="default->runtime,master"/></dependencies></ivy-module>"""
POM = """<project><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>{name}</artifactId>
<version>1</version>{dependencies}</project>"""
DEPENDS = """<dependencies><dependency><groupId>org.example</groupId><artifactId>beta</artifactId>
<version>1</version></dependency></dependencies>"""


def jar(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("name.txt"), name)
    return content.getvalue()


@dataclass
class Repository:
    """A Maven repository over HTTP: what it was asked for, and whether jars wait."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    jar_asked: threading.Event = field(default_factory=threading.Event)
    jars_flow: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def repository() -> Iterator[Repository]:
    one = Repository()
    one.jars_flow.set()
    for name in NAMES:
        base = f"/m2/org/example/{name}/1/{name}-1"
        pom = POM.format(name=name, dependencies=DEPENDS if name == "alpha" else "")
        one.files[f"{base}.pom"], one.files[f"{base}.jar"] = pom.encode(), jar(name)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            one.asked.append(f"{self.command} {self.path}")
            content = one.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            if self.path.endswith(".jar"):
                one.jar_asked.set()
                one.jars_flow.wait(PATIENCE_S)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                pass  # the client was killed

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        one.url = f"http://127.0.0.1:{server.server_port}/m2"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield one
        one.jars_flow.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A folder with the two files that say what must come: modules.xml and jars.sha256."""
    folder = tmp_path / "li sts"
    folder.mkdir()
    (folder / "modules.xml").write_text(MODULES)
    sums = "".join(f"{hashlib.sha256(jar(name)).hexdigest()}  {name}-1.jar\n" for name in NAMES)
    (folder / "jars.sha256").write_text(sums)
    return folder


@pytest.fixture
def fetch(
    tmp_path: Path, lists: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[Path]]:
    monkeypatch.setenv("LC_ALL", "C")  # as cron has it

    def call(source: Source | None = None, **more: object) -> list[Path]:
        arguments = {"cache": tmp_path / "ca chä", "progress": lambda _: None, **more}
        return kafka_jars(
            source=source or Source(mirror=Mirror(repository.url)),
            modules=lists / "modules.xml",
            checksums=lists / "jars.sha256",
            **arguments,
        )

    return call


def test_what_is_depended_on_comes_too_and_is_fetched_only_once(
    fetch: Callable[..., list[Path]], repository: Repository, tmp_path: Path, lists: Path
) -> None:
    said: list[str] = []
    jars = fetch(progress=said.append)
    assert [path.name for path in jars] == ["alpha-1.jar", "beta-1.jar"]
    assert said[0].startswith("Downloading Kafka's jars (45 MB) from the mirror http")
    assert cached_jars(tmp_path / "ca chä", lists / "jars.sha256")
    requests = len(repository.asked)
    assert fetch() == jars
    assert len(repository.asked) == requests
    assert {entry.name for entry in (tmp_path / "ca chä").iterdir()} == {jars[0].parent.name, "kafka.lock"}


def test_a_jar_that_is_not_the_one_in_the_list_is_refused_and_not_kept(
    fetch: Callable[..., list[Path]], repository: Repository, tmp_path: Path, lists: Path
) -> None:
    good = repository.files["/m2/org/example/beta/1/beta-1.jar"]
    repository.files["/m2/org/example/beta/1/beta-1.jar"] = jar("evil")
    with pytest.raises(CorruptJar, match=r"the SHA-256 of beta-1\.jar must be [0-9a-f]{64} and is"):
        fetch()
    assert not cached_jars(tmp_path / "ca chä", lists / "jars.sha256")
    repository.files["/m2/org/example/beta/1/beta-1.jar"] = good
    assert len(fetch()) == 2


def test_a_cached_jar_that_was_damaged_is_fetched_again(fetch: Callable[..., list[Path]]) -> None:
    damaged = fetch()[0]
    damaged.write_bytes(b"short")
    said: list[str] = []
    assert fetch(progress=said.append)[0].read_bytes() == jar("alpha")
    assert "are damaged (the SHA-256 of alpha-1.jar" in said[0]


def test_a_cache_that_was_copied_is_hashed_and_accepted_without_network(
    fetch: Callable[..., list[Path]], repository: Repository
) -> None:
    for path in fetch():
        os.utime(path, (1, 1))
    requests = len(repository.asked)
    fetch()
    assert len(repository.asked) == requests


def test_no_network_is_said_with_what_to_do(fetch: Callable[..., list[Path]]) -> None:
    with pytest.raises(
        DownloadFailed, match="could not be downloaded from the mirror .*: ConnectException"
    ) as caught:
        fetch(Source(mirror=Mirror("http://127.0.0.1:9/m2")))
    assert "settings.xml" in (caught.value.hint or "")
    assert caught.value.retriable


def test_a_mirror_that_lacks_a_jar_is_named(fetch: Callable[..., list[Path]], repository: Repository) -> None:
    del repository.files["/m2/org/example/beta/1/beta-1.jar"]
    with pytest.raises((DownloadFailed, CorruptJar), match="beta"):
        fetch()


def test_settings_of_the_user_for_ivy_are_used_as_they_are(
    fetch: Callable[..., list[Path]], repository: Repository, tmp_path: Path
) -> None:
    own = tmp_path / "ivysettings.xml"
    resolver = f'<ibiblio name="mine" m2compatible="true" root="{repository.url}/"/>'
    own.write_text(
        f'<ivysettings><settings defaultResolver="mine"/><resolvers>{resolver}</resolvers></ivysettings>'
    )
    assert len(fetch(Source(ivy_file=own))) == 2


def test_starts_at_the_same_time_share_one_download(
    fetch: Callable[..., list[Path]], repository: Repository
) -> None:
    repository.jars_flow.clear()
    said: list[str] = []

    def second_waits(text: str) -> None:
        said.append(text)
        repository.jars_flow.set()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(fetch)
        assert repository.jar_asked.wait(PATIENCE_S)
        second = pool.submit(fetch, progress=second_waits)
        assert first.result() == second.result()
    assert said == ["Another start is downloading Kafka's jars: waiting for it"]
    assert sum(asked.startswith("GET") and asked.endswith("alpha-1.jar") for asked in repository.asked) == 1


def test_kill_9_in_the_middle_leaves_no_process_and_no_half_of_a_cache(
    fetch: Callable[..., list[Path]], repository: Repository, tmp_path: Path, lists: Path
) -> None:
    repository.jars_flow.clear()
    script = (
        "import sys; from pathlib import Path; from infra.embedded.java.jars import kafka_jars\n"
        "from infra.embedded.java.maven_settings import Mirror, Source\n"
        "cache, lists = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "kafka_jars(cache=cache, source=Source(mirror=Mirror(sys.argv[3])), modules=lists / 'modules.xml',"
        " checksums=lists / 'jars.sha256')"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "ca chä"), str(lists), repository.url]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        assert repository.jar_asked.wait(PATIENCE_S)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 2  # launcher and Java
        process.kill()
    assert psutil.wait_procs(children, PATIENCE_S)[1] == []
    assert not cached_jars(tmp_path / "ca chä", lists / "jars.sha256")
    repository.jars_flow.set()
    assert len(fetch()) == 2
