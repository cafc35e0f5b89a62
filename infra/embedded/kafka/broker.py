"""The real Apache Kafka as a child process: one node, on the loopback address."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from infra.embedded.java.find import Java, find_java, java_environment
from infra.embedded.java.ivy import Progress
from infra.embedded.java.jars import kafka_jars, tell_stderr
from infra.embedded.kafka.config import (
    LOG_FOLDER,
    controller_properties,
    java_options,
    properties,
    quoted_for_java,
    to_properties_text,
)
from infra.embedded.kafka.noted import DeathNoted
from infra.embedded.kafka.probe import serving_cluster
from infra.embedded.ports import HOST, free_port
from infra.embedded.server import EmbeddedServer, Server, hold_folder, set_up_failed, start_behind_launcher

__all__ = ["EmbeddedKafka", "new_cluster_id"]

_START_DEADLINE_S = 180.0  # 3 s on idle cores; 33 s were seen with twelve busy processes on two
_STOP_GRACE_S = 15.0


class EmbeddedKafka(EmbeddedServer):
    """One broker on one folder.

    Parameters
    ----------
    data_dir : Path
        Its files go to ``data_dir/kafka``. Started again on the same folder, it has the same data, and the same
        port if that is still free.
    overrides : mapping, optional
        Broker settings to replace or add.
    port : int, optional
        The port it must have; by default one that is free.
    cache : Path, optional
        Where the jars are kept; see `infra.embedded.java.jars.default_cache`.
    progress : callable
        Told, line by line, what takes long.
    ending_s : float
        How long an earlier broker on this folder, whose parent was killed, may take to end.
    cluster_id : str, optional
        Of the cluster that it joins; `overrides` say where the others are. By default it is alone.
    """

    def __init__(
        self,
        data_dir: Path,
        overrides: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        cache: Path | None = None,
        progress: Progress = tell_stderr,
        ending_s: float = _STOP_GRACE_S + 5,
        cluster_id: str | None = None,
    ) -> None:
        super().__init__("broker", "broker", data_dir.resolve() / "kafka", port, _STOP_GRACE_S + 5)
        self._overrides = dict(overrides or {})
        self._cache = cache
        self._progress = progress
        self._ending_s = ending_s
        self._joined_id = cluster_id

    @property
    def bootstrap(self) -> str:
        """Address for clients, ``127.0.0.1:PORT``; known once started, and kept when stopped."""
        return f"{HOST}:{self.port}"

    def start(self) -> None:
        """Start the broker and wait until it serves; the first time ever, download it before.

        Raises
        ------
        EnvironmentProblem
            One of `infra.embedded.errors`, saying what is missing and what to do.
        """
        self._need_stopped()
        self._choose_port(
            None, set()
        )  # a port that must be this one and is taken is known before any download
        java = find_java()
        jars = kafka_jars(cache=self._cache, java=java, progress=self._progress)
        self.folder.mkdir(parents=True, exist_ok=True)
        with hold_folder(self.folder, "A broker", wait_s=self._ending_s) as lock_fd:
            shutil.copyfile(Path(__file__).with_name("log4j2.xml"), self.folder / "log4j2.xml")
            self._format(java, jars, lock_fd)
            if (
                self._joined_id is None and self._has_crashed()
            ):  # the controllers of a cluster do it meanwhile
                self._settle(java, jars, lock_fd)
            self._launch(java, jars, lock_fd)

    def _java(self, java: Java, jars: list[Path], *arguments: str) -> list[str]:
        """Return the command line; the 46 jars stand in a file beside, or `ps` would show little else."""
        classpath = os.pathsep.join(str(jar) for jar in jars)
        options = "".join(f"{quoted_for_java(option)}\n" for option in [*java_options(), "-cp", classpath])
        (self.folder / "java.options").write_bytes(os.fsencode(options))
        return [str(java.path), "@java.options", *arguments]

    def _format(self, java: Java, jars: list[Path], lock_fd: int) -> None:
        """Give a new folder its cluster id and the metadata to begin with; whole or not at all."""
        if (self.folder / LOG_FOLDER / "meta.properties").exists():
            return
        new = f"{LOG_FOLDER}.new"
        shutil.rmtree(self.folder / new, ignore_errors=True)
        settings = properties(1, 2, self._overrides, log_folder=new)
        (self.folder / "format.properties").write_text(to_properties_text(settings))
        cluster_id = self._joined_id or new_cluster_id()
        # With "=", for a cluster id may begin with a dash and would pass for an option.
        tool = ("kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", "format.properties")
        done = subprocess.run(
            self._java(java, jars, *tool),
            cwd=self.folder,
            env=java_environment(),
            capture_output=True,
            text=True,
            check=False,
            pass_fds=[
                lock_fd
            ],  # left alone by a killed parent, it ends by itself, and holds the lock until then
        )
        if done.returncode != 0:
            raise set_up_failed("The Kafka broker", self.folder, done.stdout + done.stderr)
        (self.folder / new).rename(self.folder / LOG_FOLDER)

    def _settle(self, java: Java, jars: list[Path], lock_fd: int) -> None:
        """Let the controller alone take note that the broker has died, before the broker comes back.

        Found by making it happen, in one of ten crashes right after a commit: a broker that comes back while the
        controller still takes it for alive is elected transaction coordinator at once, and sends itself the markers
        of committed transactions, which it does not take yet. Then the old session ends, its partitions are without
        leader for an instant, and the coordinator takes them for deleted and the transaction for done. Its records
        stay invisible to who reads committed ones, and so does all that follows them, for ever.
        """
        self._progress("The broker did not end in order the last time: settling that takes some seconds")
        port = free_port()
        (self.folder / "settle.properties").write_text(to_properties_text(controller_properties(port)))
        server = self._spawn(java, jars, "settle.properties", lock_fd)
        noted = DeathNoted(server, self.folder / LOG_FOLDER / "__cluster_metadata-0")
        try:
            server.wait_until(noted, _START_DEADLINE_S)
        finally:
            server.stop(self._stop_grace_s)

    def _spawn(self, java: Java, jars: list[Path], properties_file: str, lock_fd: int) -> Server:
        self.log_file.unlink(missing_ok=True)  # of this start only, so that an error quotes this start's
        with (self.folder / "broker.out").open("wb") as output:
            child = start_behind_launcher(
                self._java(java, jars, "kafka.Kafka", properties_file),
                stop_signal=signal.SIGTERM,
                grace_s=_STOP_GRACE_S,
                cwd=self.folder,
                output=output,
                env=java_environment(),
                lock_fd=lock_fd,
            )
        return Server("The Kafka broker", child, [self.log_file, self.folder / "broker.out"])

    def _launch(self, java: Java, jars: list[Path], lock_fd: int) -> None:
        cluster_id = self._cluster_id()

        def spawn(ports: Mapping[str, int]) -> Server:
            settings = to_properties_text(properties(ports["broker"], ports["controller"], self._overrides))
            (self.folder / "server.properties").write_text(settings)
            return self._spawn(java, jars, "server.properties", lock_fd)

        # The id tells our broker from another program that was faster to take the port.
        self._start_on_a_port(
            spawn, lambda: serving_cluster(self.port) == cluster_id, _START_DEADLINE_S, "controller"
        )

    def _has_crashed(self) -> bool:
        """Tell whether there are data that were not closed in order; asked before a start, which takes the mark."""
        log = self.folder / LOG_FOLDER
        return (log / "__cluster_metadata-0").exists() and not (log / ".kafka_cleanshutdown").exists()

    def _cluster_id(self) -> str:
        text = (self.folder / LOG_FOLDER / "meta.properties").read_text()
        pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#")
        return dict((name, value) for name, value in pairs)["cluster.id"]


def new_cluster_id() -> str:
    """Make an id, which must be the same for all brokers of a cluster."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
