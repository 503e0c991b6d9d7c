"""
The ways out of the house: e-mail, webhook, LINE and the web inbox, behind one interface.

`outcome` says what is sent and what may come of it; each channel is built by `notify.app` from its
settings and answers one `send` at a time. Nothing here knows a case, a rule or a table, and nothing
here is called inside a transaction.
"""
