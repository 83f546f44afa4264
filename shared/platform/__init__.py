"""The ground floor: settings, secrets, errors, logging, time."""
