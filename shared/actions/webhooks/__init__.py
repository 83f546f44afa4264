"""Sends webhooks to endpoints that the operator allowed: signed, to public addresses only, at most once."""
