"""The demonstration behind ``foundry-telemetry demo``: a whole day of Claude in Foundry in a few seconds.

Real clients call `FakeFoundry` on loopback, the real Azure exporter posts what it is given to a local Azure
Monitor, and the ledger is read from there by KQL: what is shown has made the whole way.

============  ==================================================================
``service``   what the fake service answers, and how many tokens it served
``clients``   the clients, and the calls they make
``schedule``  when each call is made
``ledger``    ledger rows, read from the table of events
``table``     rows on a terminal
``summary``   counts and sums of all rows
``texts``     the words of all of it
``run``       all of it together
============  ==================================================================
"""
