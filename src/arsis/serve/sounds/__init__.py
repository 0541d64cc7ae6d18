"""How heart sounds are shown."""
