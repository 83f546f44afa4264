"""What may be advised to whom: fitness safety as plain rules, outside any model."""
