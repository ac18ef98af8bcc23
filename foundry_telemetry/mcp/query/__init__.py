"""KQL from an agent: refused after parsing unless all it names is on a list, then asked with limits.

====================  ========================================================================
``allowed``           the lists: syntax, functions, plugins; and what to write instead of the rest
``literals``          tokens: texts and names that mean the same to every parser
``scope``             which names are tables, values and functions, and where
``guard``             the walk over the tree
``tables``            what can be read, each narrowed to what is no content
``run``               limits of rows, bytes and time
====================  ========================================================================
"""
