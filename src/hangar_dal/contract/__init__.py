"""The proof: signatures, statements, models and migrated schemas agree, on both databases, before anything ships."""
