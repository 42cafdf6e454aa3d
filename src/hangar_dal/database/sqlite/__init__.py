"""SQLite: one writer and several readers in WAL mode, each a connection with a thread of its own."""
