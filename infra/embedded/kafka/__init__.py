"""The real Apache Kafka as a child process."""
