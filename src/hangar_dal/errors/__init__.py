"""Every error this package raises, in one tree.

    HangarError
    ├── SettingsError              a setting is wrong, missing or incomplete
    │   └── NotInstalled           an extra of this package is not installed (also an ImportError)
    ├── CatalogError               SQL files and signatures disagree; lists every finding, with file and line
    ├── CatalogNotOpened           the database was opened without the catalog of this query
    ├── InvalidValue               a value that the databases cannot store; found before any I/O (also a ValueError)
    │   └── WeakPassword           too short, too long, or among the most common
    ├── SealError                  a sealed value cannot be opened: wrong key, moved or altered
    ├── InvalidCredentials         unknown user, wrong password or inactive account; the error does not say which
    ├── TokenInvalid               a token is unknown, expired or revoked; the error does not say which
    │   └── TokenReused            a refresh token was used twice; its session was ended
    ├── SecondFactorRequired       the password was right, but a code of the second factor is needed
    ├── SecondFactorInvalid        the code is wrong, expired or already used; the error does not say which
    ├── EveTokenLeaseLost          another process refreshed, replaced or deleted the tokens of an EVE character
    ├── MessageLeaseLost           another worker has claimed the message of the outbox meanwhile
    ├── InsufficientFunds          the balance of an account would become negative, which it may not
    ├── PaymentDiffers             a payment has another currency than the invoice, or captured less than its amount
    ├── AdNotAvailable             a campaign does not run, has no budget left, or a viewer has seen it often enough
    ├── IdempotencyKeyReused       an idempotency key was used before for another request
    ├── IdempotencyKeyBusy         another process works on a request with this idempotency key
    ├── IdempotencyLeaseLost       another process has claimed the idempotency key meanwhile
    ├── AccountNotActive           the account exists but may not sign in
    ├── HashingBusy                too many passwords wait to be hashed; nothing was read or written
    ├── NotFound                   a row that must exist does not exist
    ├── TooManyRows                a query returned more rows than its signature allows
    ├── MigrationError             a migration file is missing, broken or failed
    │   ├── MigrationBlocked       other sessions held a lock that the migration needs
    │   └── SchemaDiffers          the schema differs from the schema that the migrations produce
    ├── BackupFailed               the copy could not be made or failed its checks; no file is left
    └── DatabaseError              an error of the database or of the connection to it
        ├── SchemaOutOfDate        migrations are pending; the message names the command to apply them
        ├── UnsupportedVersion     the server or library is older than this package needs
        ├── ScratchError           no scratch database could be used, or a connection leads to another database
        ├── ConstraintViolation
        │   ├── UniqueViolation
        │   ├── ExclusionViolation     the row overlaps or conflicts with another one, on PostgreSQL
        │   ├── ForeignKeyViolation
        │   ├── CheckViolation
        │   ├── NotNullViolation
        │   └── TriggerViolation     a trigger refused the change; has the rule's name and sentence
        ├── StatementError         the statement is wrong: syntax, missing table, wrong type, no permission
        ├── StatementTimeout       stopped by the statement timeout
        ├── TransactionError
        │   ├── TransactionBusy      two tasks used one transaction at once
        │   ├── TransactionClosed    used after its block ended
        │   ├── TransactionFailed    used again after a statement in it failed
        │   ├── TransactionExpired   ran no statement for too long and was rolled back
        │   ├── ReadOnlyTransaction  a write in a read-only transaction
        │   ├── TransactionConflict  serialization failure or deadlock; run the whole transaction again
        │   └── CommitUnknown        the connection was lost during COMMIT
        ├── DatabaseBusy           a lock, the pool or SQLite's writer was not free in time
        ├── ConnectionFailed       the server cannot be reached, or the connection was lost
        ├── ListenNotSupported     the database cannot notify this connection: it is SQLite, or behind a pooler
        ├── DatabaseFileLost       an open SQLite file was deleted, moved or replaced
        ├── ForkedDatabase         used in a child of the process that opened it
        ├── WrongEventLoop         used in another event loop or thread than the one that opened it
        └── DatabaseClosed         used before it was opened or after it was closed

Messages say what happened, where and what to do. They never contain values of rows or secrets. The messages of drivers
do, so `database/<dialect>/` translates them, and `raise_alone` removes the driver's error from `__context__`.
"""

from hangar_dal.errors.accounts import AccountNotActive as AccountNotActive
from hangar_dal.errors.accounts import EveTokenLeaseLost as EveTokenLeaseLost
from hangar_dal.errors.accounts import HashingBusy as HashingBusy
from hangar_dal.errors.accounts import InvalidCredentials as InvalidCredentials
from hangar_dal.errors.accounts import SecondFactorInvalid as SecondFactorInvalid
from hangar_dal.errors.accounts import SecondFactorRequired as SecondFactorRequired
from hangar_dal.errors.accounts import TokenInvalid as TokenInvalid
from hangar_dal.errors.accounts import TokenReused as TokenReused
from hangar_dal.errors.accounts import WeakPassword as WeakPassword
from hangar_dal.errors.commerce import AdNotAvailable as AdNotAvailable
from hangar_dal.errors.commerce import IdempotencyKeyBusy as IdempotencyKeyBusy
from hangar_dal.errors.commerce import IdempotencyKeyReused as IdempotencyKeyReused
from hangar_dal.errors.commerce import IdempotencyLeaseLost as IdempotencyLeaseLost
from hangar_dal.errors.commerce import InsufficientFunds as InsufficientFunds
from hangar_dal.errors.commerce import PaymentDiffers as PaymentDiffers
from hangar_dal.errors.database import CheckViolation as CheckViolation
from hangar_dal.errors.database import CommitUnknown as CommitUnknown
from hangar_dal.errors.database import ConnectionFailed as ConnectionFailed
from hangar_dal.errors.database import ConstraintViolation as ConstraintViolation
from hangar_dal.errors.database import DatabaseBusy as DatabaseBusy
from hangar_dal.errors.database import DatabaseClosed as DatabaseClosed
from hangar_dal.errors.database import DatabaseError as DatabaseError
from hangar_dal.errors.database import DatabaseFileLost as DatabaseFileLost
from hangar_dal.errors.database import ExclusionViolation as ExclusionViolation
from hangar_dal.errors.database import ForeignKeyViolation as ForeignKeyViolation
from hangar_dal.errors.database import ForkedDatabase as ForkedDatabase
from hangar_dal.errors.database import ListenNotSupported as ListenNotSupported
from hangar_dal.errors.database import NotNullViolation as NotNullViolation
from hangar_dal.errors.database import ReadOnlyTransaction as ReadOnlyTransaction
from hangar_dal.errors.database import SchemaOutOfDate as SchemaOutOfDate
from hangar_dal.errors.database import ScratchError as ScratchError
from hangar_dal.errors.database import StatementError as StatementError
from hangar_dal.errors.database import StatementTimeout as StatementTimeout
from hangar_dal.errors.database import TransactionBusy as TransactionBusy
from hangar_dal.errors.database import TransactionClosed as TransactionClosed
from hangar_dal.errors.database import TransactionConflict as TransactionConflict
from hangar_dal.errors.database import TransactionError as TransactionError
from hangar_dal.errors.database import TransactionExpired as TransactionExpired
from hangar_dal.errors.database import TransactionFailed as TransactionFailed
from hangar_dal.errors.database import TriggerViolation as TriggerViolation
from hangar_dal.errors.database import UniqueViolation as UniqueViolation
from hangar_dal.errors.database import UnsupportedVersion as UnsupportedVersion
from hangar_dal.errors.database import WrongEventLoop as WrongEventLoop
from hangar_dal.errors.outbox import MessageLeaseLost as MessageLeaseLost
from hangar_dal.errors.root import BackupFailed as BackupFailed
from hangar_dal.errors.root import CatalogError as CatalogError
from hangar_dal.errors.root import CatalogNotOpened as CatalogNotOpened
from hangar_dal.errors.root import HangarError as HangarError
from hangar_dal.errors.root import InvalidValue as InvalidValue
from hangar_dal.errors.root import MigrationBlocked as MigrationBlocked
from hangar_dal.errors.root import MigrationError as MigrationError
from hangar_dal.errors.root import NotFound as NotFound
from hangar_dal.errors.root import NotInstalled as NotInstalled
from hangar_dal.errors.root import SchemaDiffers as SchemaDiffers
from hangar_dal.errors.root import SealError as SealError
from hangar_dal.errors.root import SettingsError as SettingsError
from hangar_dal.errors.root import TooManyRows as TooManyRows
from hangar_dal.raising import raise_alone as raise_alone
