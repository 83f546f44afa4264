"""The two languages in which the model can be asked: each reads requests and writes answers, none decides them."""
