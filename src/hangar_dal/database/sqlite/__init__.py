"""SQLite: one writer and several readers in WAL mode. Each connection has its own thread."""
