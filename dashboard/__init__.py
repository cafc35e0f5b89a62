"""What people see of a running instance: they read what any other client could read."""
