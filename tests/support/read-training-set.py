"""Reads a training set with each library that there is, and prints what it sees: {reader: {"types": {column: type}, "rows": [row, ...]}}, values as text.

python read-training-set.py train.parquet train.arrow [url of an ArrowStream]
"""

import datetime
import json
import sys
import urllib.request

import duckdb
import polars
import pyarrow
import pyarrow.parquet


def shown(value):
    """Moments in UTC to the microsecond; whole numbers with all their digits."""
    if value is None:
        return None
    if hasattr(value, "astimezone"):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value).lower() if isinstance(value, bool) else str(value)


def report(types, rows):
    return {"types": {name: str(kind) for name, kind in types.items()}, "rows": [{name: shown(row[name]) for name in row} for row in rows]}


def arrow(table):
    return report({field.name: field.type for field in table.schema}, table.to_pylist())


def main(parquet, file, url=None):
    relation = duckdb.sql("SELECT * FROM read_parquet(?)", params=[parquet])
    names, types = relation.columns, relation.types
    frames = [polars.read_parquet(parquet), polars.read_ipc(file)]
    found = {
        "pyarrow, Parquet": arrow(pyarrow.parquet.read_table(parquet)),
        "pyarrow, Arrow": arrow(pyarrow.ipc.open_file(file).read_all()),
        "polars, Parquet": report(frames[0].schema, frames[0].to_dicts()),
        "polars, Arrow": report(frames[1].schema, frames[1].to_dicts()),
        "duckdb, Parquet": report(dict(zip(names, types)), [dict(zip(names, row)) for row in relation.fetchall()]),
    }
    if url is not None:
        with urllib.request.urlopen(url) as answer:
            found["pyarrow, ArrowStream"] = arrow(pyarrow.ipc.open_stream(answer).read_all())
    print(json.dumps(found))


main(*sys.argv[1:])
