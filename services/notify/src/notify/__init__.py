"""notify: who is told what happened to a case, once, at a time they accept."""
