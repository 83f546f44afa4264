"""Live events: sockets and who may open them, what they are subscribed to, what is pushed and replayed."""
