"""Keys of a real terminal, and of none."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios

from dashboard.terminal.keys import Keys
from tests.waiting import until

IN_ITS_TERMINAL = """
from dashboard.terminal.keys import Keys
from tests.waiting import until
said = ""
with Keys() as keys:
    print("ready", flush=True)
    def pressed():
        global said
        said += keys.pressed()
        return len(said) >= 2
    until(pressed, "keys are pressed")
print("said", said, flush=True)
"""


def test_keys_come_without_enter_and_the_terminal_is_as_it_was_before() -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    child = subprocess.Popen(
        [sys.executable, "-c", IN_ITS_TERMINAL],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        preexec_fn=lambda: os.login_tty(slave),
    )
    shown = bytearray()

    def has(text: bytes) -> bool:
        if text not in shown:
            shown.extend(os.read(master, 1024))
        return text in shown

    try:
        until(lambda: has(b"ready"), "it listens")
        os.write(master, b"20")
        until(lambda: has(b"said 20"), "both are taken")
        assert child.wait(30) == 0
        assert termios.tcgetattr(slave) == before
    finally:
        child.kill()
        child.wait()
        os.close(master)
        os.close(slave)


def test_where_there_is_no_terminal_nothing_is_pressed() -> None:
    read, write = os.pipe()
    os.write(write, b"2")
    with Keys(read) as keys:
        assert keys.pressed() == ""
    os.close(read)
    os.close(write)
