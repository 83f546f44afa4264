"""One module for each type of action."""
