"""The contract with clients, and its documents: requests, answers, events, errors."""
