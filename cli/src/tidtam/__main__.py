"""`python -m tidtam` is the `tidtam` command."""

from tidtam.main import main

main()
