"""The coach: sessions, messages, the chat turn, the profile."""
