"""The ports to the outside: broker, database, and how to start them."""
