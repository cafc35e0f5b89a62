"""What is shown, as plain values, and how it is followed."""
