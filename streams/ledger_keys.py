"""Ledger keys: under which key a lane's rows hold a record."""

from __future__ import annotations

from typing import Final

LEDGER: Final = b"l"
"""What keys of the ledger begin with, among those of a lane's rows of all kinds."""


def ledger_key(record_type: str, record_id: str) -> bytes:
    """The key of a record's row.

    >>> ledger_key("deal", "d-1")
    b'ldeal:d-1'
    """
    return f"l{record_type}:{record_id}".encode()


def type_in(key: bytes) -> str:
    """The record type in a `ledger_key`.

    >>> type_in(b"ldeal:d-1")
    'deal'
    """
    return key[1 : key.index(b":")].decode()
