"""The app, and what its commands share: options, checks of what was typed, rendering, failures."""
