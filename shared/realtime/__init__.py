"""Sockets: who is connected."""
