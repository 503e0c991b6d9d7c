"""
The ground: real servers on one machine without Docker.

`make up` (`python -m ground up`) and the throw-away servers of the tests stand on the same code.
"""
