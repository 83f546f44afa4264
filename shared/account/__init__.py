"""A user's account as a whole: all of it as one document, and its end."""
