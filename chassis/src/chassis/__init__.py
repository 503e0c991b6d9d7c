"""
What every service stands on: consuming, outbox, relay, database, settings, telemetry, clock, HTTP.

It would make as much sense in a shop that sells shoes. Begin with `service.py`.
"""
