"""What all rooms agree on: events, records, topics, codec, partitioner, labels, errors, settings.

Imports nothing of ours.
"""
