"""The compose file against what else says the same: the embedded broker, the settings of Freshet, .env.example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.settings import Settings
from infra.embedded.kafka.config import properties

ROOT = Path(__file__).resolve().parent.parent.parent
OFFICIAL = {"apache/kafka:4.3.1", "postgres:18", "python:3.13-slim-trixie"}
# Where it listens and who it is differ: one node on loopback, or in a container.
OF_THE_PLACE = {
    "listeners",
    "advertised.listeners",
    "controller.quorum.voters",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "log.dirs",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def test_the_broker_has_the_settings_of_the_embedded_one(compose: dict[str, Any]) -> None:
    variables = compose["services"]["kafka"]["environment"]
    there = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in variables.items()
        if name not in ("KAFKA_HEAP_OPTS", "KAFKA_GC_LOG_OPTS")
    }
    wanted = properties(9092, 9093, {})
    assert {k: v for k, v in there.items() if k not in OF_THE_PLACE} == {
        k: v for k, v in wanted.items() if k not in OF_THE_PLACE
    }


def test_every_knob_is_documented_with_its_default_and_every_documented_one_is_used() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = set(re.findall(r"\$\{(FRESHET_[A-Z_]+)", text))
    documented = dict(
        re.findall(r"^#(FRESHET_[A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    assert used == set(documented)
    fields = Settings()
    for name, default in documented.items():
        if name.startswith("FRESHET_DOCKER_"):
            assert f"${{{name}:-{default}}}" in text
        else:
            value = getattr(fields, name.removeprefix("FRESHET_").lower())
            said = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value).lower()
            assert default == said, name


def test_only_official_images_are_named(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "infra/docker/Dockerfile").read_text()
    named = set(re.findall(r"(?:IMAGE:-|PYTHON_IMAGE=)([a-z0-9./:-]+)", text))
    assert named - {"freshet:latest", "freshet-spark:latest"} == OFFICIAL
    assert set(re.findall(r"(?m)^FROM (\S+)", text)) == {"${PYTHON_IMAGE}", "builder", "runtime", "java"}


def test_every_service_is_hardened(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"] and "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"] and service["logging"]["options"]["max-size"], name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
        assert "privileged" not in service, name


def test_batch_is_a_profile_of_its_own_on_the_image_with_spark(compose: dict[str, Any]) -> None:
    services = compose["services"]
    of_batch = {name for name, service in services.items() if service.get("profiles") == ["batch"]}
    with_spark = {
        name for name, service in services.items() if service.get("build", {}).get("target") == "spark"
    }
    assert of_batch == with_spark == {"etl", "trainer"}
    # Volumes that they do not need stay out of them: no data of the servers, and no key for one that signs nothing.
    assert services["etl"]["volumes"] == ["password:/run/freshet/password:ro", "scratch:/scratch"]
    assert services["trainer"]["volumes"] == ["password:/run/freshet/password:ro", "key:/run/freshet/key:ro"]


def test_every_room_is_in_the_image() -> None:
    dockerfile = (ROOT / "infra/docker/Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text()
    for room in re.search(r"packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text())[1].split(", "):  # type: ignore[index]
        name = room.strip('"')
        assert f"COPY {name} {name}\n" in dockerfile and f"!{name}\n" in ignored


def test_the_dockerfile_is_plain_enough_for_an_old_engine() -> None:
    lines = (ROOT / "infra/docker/Dockerfile").read_text().splitlines()
    assert not any("syntax=" in line for line in lines)
    assert not any(word in line for line in lines if not line.startswith("#") for word in ("--link", "<<"))
