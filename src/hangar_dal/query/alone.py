"""Compile a statement that belongs to no catalog. It is read and checked like the block of a SQL file."""

from dataclasses import replace

from hangar_dal.database.codecs import Codec
from hangar_dal.errors import CatalogError, raise_alone
from hangar_dal.query.commands import no_statement
from hangar_dal.query.comparison import disagreements
from hangar_dal.query.compiled import CompiledQuery
from hangar_dal.query.refusals import refusals
from hangar_dal.query.signature import Signature
from hangar_dal.query.sources import Unresolved
from hangar_dal.sqlblock import Block
from hangar_dal.sqlfile import parse
from hangar_dal.sqlscan import Dialect

_BLOCK = "statement"


def compiled_alone(name: str, text: str, signature: Signature, codec: Codec, dialect: Dialect) -> CompiledQuery:
    """Return the compiled statement. Raises `CatalogError` with its faults."""
    block = _block(name, text, dialect)
    used: set[str] = set()
    nothing = no_statement(block)
    found = [nothing] if nothing else [*disagreements(block, signature, used), *refusals(block, signature)]
    faults = [
        _sentence(name, each.line, each.message, each.fix)
        for each in found
        if each.rule.severity == "error" and each.rule.id not in block.ignored
    ]
    if not nothing:
        unused = [argument for argument in signature.arguments if argument not in used]
        faults += [f"{name}: the statement does not use the argument {argument}" for argument in unused]
    if faults:
        raise CatalogError(faults)
    try:
        return CompiledQuery(name, block, signature, codec)
    except Unresolved as reason:
        raise_alone(CatalogError([f"{name}: {reason}"]))


def _block(name: str, text: str, dialect: Dialect) -> Block:
    statement = text.strip().removesuffix(";")
    file = parse(f"-- name: {_BLOCK}\n{statement}\n;\n", path=name, dialect=dialect)
    if file.faults or _BLOCK not in file.blocks:
        faults = [_sentence(name, each.line, each.message, each.fix) for each in file.faults]
        raise CatalogError(faults or [f"{name}: there is no statement"])
    return replace(file.blocks[_BLOCK], is_alone=True)


def _sentence(name: str, line: int, message: str, fix: str) -> str:
    at = f"line {max(1, line - 1)}"  # the first line is the header
    return f"{name}, {at}: {message}; {fix}" if fix else f"{name}, {at}: {message}"
