"""What brings events into the log: the simulator, the replay of recorded shops, and publishing."""
