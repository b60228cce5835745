"""What rides on top of the client, each behind its own extra."""
