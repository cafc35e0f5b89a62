"""A reader in a process of its own, which prints its lag over and over: ``python lag_process.py BOOTSTRAP TOPIC``."""

from __future__ import annotations

import sys

from infra.kafka import KafkaPartitionLog
from infra.lifeline import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    log = KafkaPartitionLog(sys.argv[1], sys.argv[2], 0)
    log.seek(0)
    while True:
        log.poll(0.1)
        print(log.lag(), flush=True)
