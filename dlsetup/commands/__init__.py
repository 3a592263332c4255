"""A command is the stages, called in order."""
