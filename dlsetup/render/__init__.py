"""Shows what a command learned: as text for people, as JSON for programs, and as progress while it runs."""
