"""The basket task: what will this cart be worth at the till."""
