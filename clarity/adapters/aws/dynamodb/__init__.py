"""Entities and the audit trail in DynamoDB tables."""
