"""The processes of a demo, from an empty folder to nothing left behind."""
