"""From an id or a time to the cause, whose move it is, and the next step: the read side of the ledger.

*Source*: what answers KQL, a workspace in Azure or the local Azure Monitor. *Cause*: a failure class together
with whose move it is. *Call* and *attempt* as everywhere: one thing the application asked for, and one HTTP
exchange for it.

==============  ==============================================================================
``ids``         what kind of id a text is; support codes
``values``      values read from a store, made harmless
``sources``     who is asked, and what is said when there is no answer
``questions``   the queries, and their answers as records
``call``        one call: its attempts, the trace around it, its cause
``change``      since when
``causes``      what is wrong, and what is only usual
``incident``    whose fault, since when, who is hit, what to do
``run_concurrently``    several questions at a time
``words``       times, numbers and lines as both commands write them
``cost``        who spent what, and whether the invoice says the same
``doctor``      what is set up wrong, and how to mend it
``*_text``      each on a terminal; ``*_block`` and ``*_markdown`` for a ticket
==============  ==============================================================================
"""
