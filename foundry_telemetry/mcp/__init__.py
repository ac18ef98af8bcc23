"""The MCP server: the commands' answers as tools of the Model Context Protocol.

*Record*: one small JSON object of an answer. *Page*: the records of an answer that fit its size. Everything
that a store holds was written by others: it passes `investigate/display_safety.py`, and is marked as data.

====================  ========================================================================
``texts``             descriptions, notices, errors
``arguments``         what a call of a tool gives, checked
``answers``           records, pages, sizes
``records``           the facts of a report as records
``reports``           the reports of the commands, asked for an agent
``query``             KQL that is refused after parsing, and the tables it may read
``catalog``           the causes and the schema
``command_line``      what a person types for the same answer
``context``           who is asked
``tools``             the table of tools; ``calls`` what a call of one answers
``resources``         the pages of causes
``server``            the protocol, over standard input and output
====================  ========================================================================
"""
