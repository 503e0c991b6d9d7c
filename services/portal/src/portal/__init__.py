"""portal: the pages on which people see where their money is, and do what is theirs to do."""
