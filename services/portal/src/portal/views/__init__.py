"""What pages show, as values: pure functions of what the stores hold and of the rules."""
