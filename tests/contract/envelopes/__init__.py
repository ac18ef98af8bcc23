"""What reaches Azure for every recorded answer, kept as it was before names changed.

*Scenario*: one or more calls under a name. *Envelope*: one telemetry item as the exporter posts it. *Before*:
the stored envelopes, ``tests/data/envelopes/schema-1.jsonl``, one scenario a line. *After*: what the present
code emits.

=================  =====================================================================
``scenarios``      the calls; ``others``, ``clients`` and ``settings`` belong to them
``emission``       makes them in a process of their own, by ``recording``, with the real exporter
``placeholders``   what differs from run to run, so that only the rest is compared
``changes``        names and fields changed since, which are applied to *before*
``stored``         the file of *before*
``comparison``     the first keys in which a scenario differs
=================  =====================================================================

The stored file is the state before and is never rewritten: ``python -m tests.contract.envelopes --write``
refuses to. A name or a field that changes on purpose is a row in ``changes``.
"""
