"""Checks of what is installed: whole, in agreement, and of one build."""
