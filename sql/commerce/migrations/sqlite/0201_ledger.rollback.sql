DROP TABLE ledger_days;
DROP TABLE ledger_balances;
DROP TABLE ledger_holds;
DROP TABLE ledger_transfers;
DROP TABLE ledger_accounts;
