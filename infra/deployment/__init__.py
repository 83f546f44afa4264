"""Brings a stage to AWS: looks before, shows what would change, and looks again afterwards."""
