"""The door for agents: the commands' answers as tools of the Model Context Protocol.

*Record*: one small JSON object of an answer. *Page*: the records of an answer that fit its size. Everything
that a store holds was written by others: it passes `investigate/display_safety.py`, and answers mark it as data.

====================  ========================================================================
``texts``             descriptions, notices, errors
``arguments``         what a call of a tool gives, checked
``answers``           records, pages, sizes
``records``           the facts of incident and explain as records; ``cost_records`` those of cost
``query``             KQL that is refused after parsing, and the tables it may read
``catalog``           the causes and the schema
``tools``             the table of tools
``resources``         the pages of causes
``server``            the protocol, over standard input and output
====================  ========================================================================
"""
