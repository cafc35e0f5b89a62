"""Pages that derive from the declarations of topics and records: docs/topics.md and docs/asyncapi.json."""
