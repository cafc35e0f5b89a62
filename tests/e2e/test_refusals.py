"""What a machine lacks is said in a line, with what to do about it."""

from __future__ import annotations

import os
import socket

from tests.e2e.running import at_work, environment, freshet


def test_without_java_the_package_to_install_is_named(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    env = environment(PATH=str(tmp_path / "empty"))
    env.pop("JAVA_HOME", None)
    done = freshet("demo", folder=folder, env=env)
    assert done.returncode == 1
    assert "Java" in done.stderr
    assert "openjdk" in done.stderr
    assert "Traceback" not in done.stderr
    assert at_work(folder) == []


def test_java_that_is_too_old_is_named_with_its_version(folder, tmp_path):
    (tmp_path / "bin").mkdir()
    java = tmp_path / "bin" / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    env = environment(PATH=f"{java.parent}{os.pathsep}/bin")
    env.pop("JAVA_HOME", None)
    done = freshet("doctor", folder=folder, env=env)
    assert done.returncode == 1
    assert "Java 11" in done.stdout


def test_something_else_on_the_brokers_port_is_no_traceback(folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        done = freshet("topics", "--bootstrap", address, folder=folder)
    assert done.returncode == 1
    assert address in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_somebody_elses_is_left_alone(folder):
    folder.mkdir()
    (folder / "letter.txt").write_text("somebody's own")
    done = freshet("demo", "--fresh", folder=folder)
    assert done.returncode == 1
    assert [entry.name for entry in folder.iterdir()] == ["letter.txt"]


def test_a_database_that_is_away_is_no_traceback(folder):
    url = "postgresql://ann@127.0.0.1:1/shop"
    done = freshet("score", "--database-url", url, folder=folder)
    assert done.returncode == 1
    assert "127.0.0.1:1/shop" in done.stderr
    assert "Traceback" not in done.stderr
