"""The invented faculty: who is in it, what its claims are, and what happens to them in a month."""
