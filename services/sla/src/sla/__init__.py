"""The sla service: whose days they are, and whether each promise was kept."""
