"""Importer: a CSV export of any CRM into records, by a mapping file. The mapping's reference is docs/import.md."""

from __future__ import annotations

from streams.importer.importing import Imported, Rejected, import_rows
from streams.importer.mapping import Mapping, MappingError, load_mapping
from streams.importer.records import Made
from streams.importer.rows import Export, ExportError

__all__ = [
    "Export",
    "ExportError",
    "Imported",
    "Made",
    "Mapping",
    "MappingError",
    "Rejected",
    "import_rows",
    "load_mapping",
]
