"""What tests set in their broker beside what every broker of ours has."""

BROKER_OVERRIDES = {
    # A worker that was killed leaves its transaction open until its timeout; the broker looks every 10 s unless told.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
}
