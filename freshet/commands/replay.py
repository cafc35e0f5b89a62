"""x."""

EXAMPLES = "freshet replay"


def replay() -> None:
    """X."""
