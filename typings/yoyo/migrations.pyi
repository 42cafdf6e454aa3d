from yoyo.backends.base import DatabaseBackend

class Migration:
    id: str
    hash: str
    path: str
    use_transactions: bool

    def load(self) -> None: ...
    def process_steps(self, backend: DatabaseBackend, direction: str, force: bool = False) -> None: ...

class MigrationList(list[Migration]): ...

def read_migrations(*sources: str) -> MigrationList: ...
