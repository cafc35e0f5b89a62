"""The real Postgres as a child process; for root as another user."""
