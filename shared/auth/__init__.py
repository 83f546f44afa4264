"""From a bearer token to the Principal who sent it."""
