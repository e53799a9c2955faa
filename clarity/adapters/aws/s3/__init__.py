"""S3: models, and payloads too large for an item."""
