"""Amazon Web Services: DynamoDB, CloudWatch Logs and S3; the only place that knows boto3."""
