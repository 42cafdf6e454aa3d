"""The start of an application with accounts: FastAPI in front of `hangar_dal.accounts`."""
