"""`tidtam prove`: a real log through the real chain on throw-away servers, and what came of it."""
