"""The image by itself: what is in it, and what is not."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.containers.stack import SPARK_IMAGE, docker

MOST_BYTES = {"app": 600_000_000, "spark": 1_600_000_000}


@pytest.fixture(scope="module", params=["app", pytest.param("spark", marks=pytest.mark.long)])
def image(request: pytest.FixtureRequest) -> str:
    """Each of the images of this checkout."""
    name: str = request.getfixturevalue(f"{request.param}_image")
    return name


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


def test_it_is_small_labelled_and_says_whether_it_is_healthy(image: str) -> None:
    (found,) = json.loads(docker("image", "inspect", image))
    assert found["Size"] <= MOST_BYTES["spark" if image == SPARK_IMAGE else "app"]
    assert found["Config"]["User"] == "freshet"
    assert found["Config"]["Healthcheck"]["Test"][0] == "CMD"
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"].startswith("Freshet")
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_neither_java_nor_spark_is_in_the_image_of_the_stream(app_image: str) -> None:
    for absent in ("command -v java", "python -c 'import pyspark'"):
        assert in_a_container(app_image, absent).returncode != 0, absent


def test_neither_compiler_nor_installer_nor_cache_is_in_it(image: str) -> None:
    for absent in ("command -v gcc", "python -m pip --version"):
        assert in_a_container(image, absent).returncode != 0, absent
    # What pip and apt keep, wherever it is; by root, for others may not look everywhere.
    names = ("http-v2", "selfcheck", "*.deb", "*_Packages*")
    kept = " -o ".join(f"-name '{name}'" for name in names)
    left = in_a_container(image, rf"find / -xdev \( {kept} -o -path '/tmp/*' \)", "--user=0")
    assert (left.returncode, left.stdout) == (0, ""), left.stderr


def test_its_history_holds_no_secret(image: str) -> None:
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image).lower()
    for word in ("token", "secret=", "password=", "api_key", "index-url"):
        assert word not in history, word
    assert re.search(r"://[^/\s]*@", history) is None


@pytest.mark.long
def test_spark_has_what_it_reads_kafka_with_and_fetches_nothing(spark_image: str) -> None:
    jars = in_a_container(spark_image, "ls /opt/freshet/lib/python3.*/site-packages/pyspark/jars").stdout
    for jar in ("spark-sql-kafka-0-10_2.13-4.2.0.jar", "kafka-clients-"):
        assert jar in jars
    java = in_a_container(spark_image, "java -version")
    assert "21" in java.stderr


def test_the_command_line_works_in_it_and_a_wrong_setting_is_said(app_image: str) -> None:
    done = in_a_container(app_image, "freshet --version && FRESHET_RATES=3 freshet simulate")
    assert done.stdout.startswith("freshet ")
    assert done.returncode == 2
    assert "FRESHET_RATE" in done.stderr and "Traceback" not in done.stderr
