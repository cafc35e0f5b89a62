"""The compose file brought up under a name and on ports of its own, and looked at from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import uuid
from pathlib import Path
from typing import Any

from infra.embedded.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGE = "freshet:test"
SPARK_IMAGE = "freshet-spark:test"
LONG_RUNNING = ("kafka", "postgres", "simulator", "learner", "scoreboard")


def docker(*arguments: str) -> str:
    """Run docker; its standard output."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def docker_logs(container: str, *arguments: str) -> str:
    """What a container has said, on both of its streams."""
    argv = ["docker", "logs", *arguments, container]
    return subprocess.run(
        argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ).stdout


class Stack:
    """One project of compose.

    Parameters
    ----------
    learners : int
        Containers of the service `learner`.
    **settings : str
        As in ``.env``.
    """

    def __init__(self, learners: int, **settings: str) -> None:
        self.project = f"freshet-test-{uuid.uuid4().hex[:8]}"
        self.kafka_port = free_port()
        self.postgres_port = free_port(avoid={self.kafka_port})
        self.learners = learners
        mine = {name: value for name, value in os.environ.items() if not name.startswith("FRESHET_")}
        self.env = mine | {
            "COMPOSE_PROJECT_NAME": self.project,
            "DOCKER_BUILDKIT": "1",
            "FRESHET_DOCKER_APP_IMAGE": IMAGE,
            "FRESHET_DOCKER_SPARK_IMAGE": SPARK_IMAGE,
            "FRESHET_DOCKER_KAFKA_PORT": str(self.kafka_port),
            "FRESHET_DOCKER_POSTGRES_PORT": str(self.postgres_port),
            **settings,
        }

    @property
    def bootstrap(self) -> str:
        """The broker's address from outside."""
        return f"127.0.0.1:{self.kafka_port}"

    def compose(
        self, *arguments: str, check: bool = True, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run docker compose on this project."""
        argv = ["docker", "compose", "--ansi=never", "--progress=plain", *arguments]
        done = subprocess.run(
            argv, env=self.env | settings, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if check:
            assert done.returncode == 0, f"{' '.join(argv)}:\n{done.stdout}\n{done.stderr}\n{self.logs()}"
        return done

    def up(self) -> None:
        """Bring it up and wait until all is healthy."""
        self.compose("up", "--wait", "--no-build", "--scale", f"learner={self.learners}")

    def logs(self) -> str:
        """The last lines of every container."""
        argv = ["docker", "compose", "--ansi=never", "logs", "--tail=40"]
        return subprocess.run(
            argv, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout

    def containers(self, service: str) -> list[str]:
        """Names of a service's containers that run."""
        asked = self.compose("ps", "--format", "{{.Name}}", service).stdout
        return sorted(asked.split())

    def inspect(self, container: str) -> Any:
        """What the engine knows of a container."""
        (found,) = json.loads(docker("inspect", container))
        return found

    def kill_main_process(self, container: str) -> int:
        """SIGKILL from outside: the engine takes it for a crash and starts the container again. Its restarts before."""
        restarts = int(self.inspect(container)["RestartCount"])
        os.kill(self.main_process(container), signal.SIGKILL)
        return restarts

    def main_process(self, container: str) -> int:
        """Its id outside of the container; of a service with ``init`` that is the init's."""
        return int(self.inspect(container)["State"]["Pid"])

    def is_healthy(self, container: str) -> bool:
        """Whether it runs and its health check says that it does its work."""
        state = self.inspect(container)["State"]
        return bool(state["Running"] and state["Health"]["Status"] == "healthy")

    def audit(self) -> dict[str, Any]:
        """Audit from inside a learner's container, for there the key and the password are."""
        container = self.containers("learner")[0]
        done = subprocess.run(
            ["docker", "exec", container, "freshet", "audit", "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        found: dict[str, Any] = json.loads(done.stdout)
        return found
