"""CloudWatch Logs as the place where audit records are told."""
