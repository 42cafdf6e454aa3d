"""What the databases say about statements and tables: asked on scratch databases, or read from snapshots."""
