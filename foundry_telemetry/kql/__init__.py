"""KQL as the project uses it: the query files, whole queries, the typed view, and the tables."""
