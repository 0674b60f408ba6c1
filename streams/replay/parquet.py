"""Parquet: the columns of the CSV, typed; by pyarrow where it is installed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from streams.errors import UpscoreError
from streams.replay.outputs import COLUMNS

_ROWS_A_GROUP: Final = 50_000
_TEXTS: Final = frozenset({"subject", "id", "team_id", "as_of", "scorecard", "norms", "status"})


def check_parquet() -> None:
    """Nothing, if Parquet can be written.

    Raises:
        UpscoreError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415 - optional, and slow to import
    except ImportError as error:
        raise UpscoreError(
            "--out parquet needs pyarrow, which is not installed: `pip install 'upscore[parquet]'`; csv has the same columns"
        ) from error


def write_parquet(path: Path, days: Iterable[Iterable[tuple[Any, ...]]]) -> None:
    """Write the rows of all days to a file, some tens of thousands a row group."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = pa.schema([(name, pa.string() if name in _TEXTS else pa.float64()) for name in COLUMNS])
    rows = chain.from_iterable(days)
    with pq.ParquetWriter(path, schema) as writer:
        while some := list(islice(rows, _ROWS_A_GROUP)):
            columns = zip(zip(*some, strict=True), schema, strict=True)
            writer.write_table(pa.table([pa.array(values, field.type) for values, field in columns], schema))
