"""x."""

EXAMPLES = "freshet audit"


def audit() -> None:
    """X."""
