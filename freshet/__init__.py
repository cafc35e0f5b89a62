"""The command line: wires the rooms together; nobody imports it."""
