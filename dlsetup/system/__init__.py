"""The one door to the machine."""
