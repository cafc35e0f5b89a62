"""The images that tests run in containers: official ones, by tag."""

from typing import Final

KAFKA: Final = "apache/kafka:4.3.1"
POSTGRES: Final = "postgres:18"
