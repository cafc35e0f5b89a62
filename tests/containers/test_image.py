"""The image by itself: what is in it, and what is not."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from tests.containers.stack import docker

MOST_BYTES = 600_000_000


@pytest.fixture(scope="module")
def image(app_image: str) -> Any:
    (found,) = json.loads(docker("image", "inspect", app_image))
    return found


def in_a_container(image: str, script: str, *more: str) -> subprocess.CompletedProcess[str]:
    argv = [
        "docker",
        "run",
        "--rm",
        "--network=none",
        "--read-only",
        *more,
        "--entrypoint=sh",
        image,
        "-c",
        script,
    ]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_it_is_small_labelled_and_says_whether_it_is_healthy(image: Any) -> None:
    assert image["Size"] <= MOST_BYTES
    assert image["Config"]["User"] == "freshet"
    assert image["Config"]["Healthcheck"]["Test"][0] == "CMD"
    labels = image["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "Freshet"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_neither_compiler_nor_java_nor_spark_nor_installer_nor_cache_is_in_it(app_image: str) -> None:
    for absent in (
        "command -v gcc",
        "command -v java",
        "python -c 'import pyspark'",
        "python -m pip --version",
    ):
        assert in_a_container(app_image, absent).returncode != 0, absent
    # What pip and apt keep, wherever it is; by root, for others may not look everywhere.
    names = ("http-v2", "selfcheck", "*.deb", "*_Packages*")
    kept = " -o ".join(f"-name '{name}'" for name in names)
    left = in_a_container(app_image, rf"find / -xdev \( {kept} -o -path '/tmp/*' \)", "--user=0")
    assert (left.returncode, left.stdout) == (0, ""), left.stderr


def test_its_history_holds_no_secret(app_image: str) -> None:
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", app_image).lower()
    for word in ("token", "secret=", "password=", "api_key", "index-url"):
        assert word not in history, word
    assert re.search(r"://[^/\s]*@", history) is None


def test_the_command_line_works_in_it_and_a_wrong_setting_is_said(app_image: str) -> None:
    done = in_a_container(app_image, "freshet --version && FRESHET_RATES=3 freshet simulate")
    assert done.stdout.startswith("freshet ")
    assert done.returncode == 2
    assert "FRESHET_RATE" in done.stderr and "Traceback" not in done.stderr
