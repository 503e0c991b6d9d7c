"""The pages: each module gives the routes of its part of the portal."""
