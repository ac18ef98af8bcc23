"""From an id or a time to the cause, its owner, and the next step: the read side of the ledger.

*Source*: what answers KQL, a workspace in Azure or the local Azure Monitor. *Cause*: a failure class together
with its owner. *Call* and *attempt* as everywhere: one thing the application asked for, and one HTTP exchange
for it.

====================  ========================================================================
``texts``             the words of all commands; those of one stand in the `texts` of its folder
``sources``           where queries are sent; ``source_errors`` when there is no answer
``queries``           the queries, and their answers as records
``display_safety``    values read from a store, made harmless
``formatting``        times, numbers and lines as all commands write them
``concurrency``       several queries at a time
``time_range``        the times that people write
``next_steps``        the steps of the advice, with what is known filled in
``incident``          cause, owner, since when, who is affected, the next step
``ticket``            one call: its attempts, its trace, its cause, and the text for support
``cost``              who spent what, and whether the invoice matches
``doctor``            what is set up wrong, and how to fix it
====================  ========================================================================
"""
