"""The segments task: what kind of shopper is this."""
