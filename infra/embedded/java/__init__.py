"""A Java that can run Kafka, and the jars: resolved once, checked, kept."""
