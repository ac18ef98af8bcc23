"""The protocol of Azure Monitor's ingestion endpoint, for the local Azure Monitor and the fake in tests."""
