"""KQL that the engine has not, or reads otherwise than Kusto, by kind."""
