"""The chat turn: a question, and what becomes of it."""
