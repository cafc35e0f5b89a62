"""The ETL: how fast, at what cost, and whether its marts hold what the topics do."""
