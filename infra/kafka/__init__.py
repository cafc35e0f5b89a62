"""Kafka: the ports the rooms speak to, their kafka-python implementation, topics and reading."""

from infra.kafka.admin import (
    TopicReport,
    ensure_topics,
    group_offset,
    partition_count,
    restore_offset,
    topic_id,
)
from infra.kafka.away import broker_answers, passes
from infra.kafka.client_lines import keep_client_lines
from infra.kafka.clients import connect_admin, connect_consumer, connect_producer
from infra.kafka.held import Held, LogCheck
from infra.kafka.membership import GroupMembership
from infra.kafka.partition_log import KafkaPartitionLog
from infra.kafka.ports import Committed, OutgoingRecord, PartitionLog, Record, Transactions
from infra.kafka.reading import log_range, offsets_from, read_last, read_to_end, tail
from infra.kafka.shop_log import ShopLog
from infra.kafka.transactions import KafkaTransactions, Own

__all__ = [
    "Committed",
    "GroupMembership",
    "Held",
    "KafkaPartitionLog",
    "KafkaTransactions",
    "LogCheck",
    "OutgoingRecord",
    "Own",
    "PartitionLog",
    "Record",
    "ShopLog",
    "TopicReport",
    "Transactions",
    "broker_answers",
    "connect_admin",
    "connect_consumer",
    "connect_producer",
    "ensure_topics",
    "group_offset",
    "keep_client_lines",
    "log_range",
    "offsets_from",
    "partition_count",
    "passes",
    "read_last",
    "read_to_end",
    "restore_offset",
    "tail",
    "topic_id",
]
