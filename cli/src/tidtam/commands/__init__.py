"""The commands, one module per group: arguments in, words or JSON out. What they do lies beside."""
