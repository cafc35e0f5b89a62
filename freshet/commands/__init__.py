"""One file a command: what can be typed, and which rooms do it."""
