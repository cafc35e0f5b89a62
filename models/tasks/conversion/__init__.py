"""The conversion task: will this session end in an order."""
