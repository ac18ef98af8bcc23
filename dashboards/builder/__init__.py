"""Dashboards: KQL queries and the workbook made from them, checked before they reach Azure."""
