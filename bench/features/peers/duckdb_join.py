"""The features of the bench as an inequality join in DuckDB: prints seconds and peak memory as JSON, or fails with 3 if a value differs from ours.

    python duckdb_join.py events.parquet spine.csv ours.parquet
"""

import json
import resource
import sys
import time

import duckdb

WINDOWS = {"10m": "10 minutes", "1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}
MEASURES = {
    "orders": "count(e.amount)",
    "spend": "sum(e.amount)",
    "largest": "max(e.amount)",
    "products": "count(DISTINCT e.product)",
}
FEATURES = [
    f"{measure} FILTER (e.time >= s.time - INTERVAL '{length}') AS {name}_{window}"
    for name, measure in MEASURES.items()
    for window, length in WINDOWS.items()
]
JOIN = f"""
CREATE TABLE theirs AS SELECT s.entity, s.time, {", ".join(FEATURES)}
FROM spine s LEFT JOIN events e
  ON e.entity = s.entity AND e.time < s.time AND e.time >= s.time - INTERVAL '30 days' AND e.known_at <= s.time
GROUP BY s.row, s.entity, s.time"""

# Sums of cents are compared to the cent: DuckDB adds in an order of its own.
COLUMNS = ", ".join(
    f"round(coalesce({name}_{window}, 0), 2) AS {name}_{window}" for name in MEASURES for window in WINDOWS
)
DIFFERENT = f"""
SELECT count(*) FROM (
  (SELECT entity, time, {COLUMNS} FROM theirs EXCEPT ALL SELECT entity, time, {COLUMNS} FROM ours)
  UNION ALL
  (SELECT entity, time, {COLUMNS} FROM ours EXCEPT ALL SELECT entity, time, {COLUMNS} FROM theirs))"""


def main(events, spine, ours):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    # A join of long histories has more pairs than fit: it may fail, and must not take the machine with it.
    db.execute(f"SET temp_directory = '{events}.spilled'; SET memory_limit = '8GB'; SET max_temp_directory_size = '16GB'")
    # In memory before the clock starts, which favours DuckDB.
    db.execute("CREATE TABLE events AS FROM read_parquet(?)", [events])
    db.execute("CREATE TABLE spine AS SELECT row_number() OVER () AS row, entity, time::TIMESTAMPTZ AS time FROM read_csv(?)", [spine])
    start = time.perf_counter()
    db.execute(JOIN)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    db.execute("CREATE TABLE ours AS FROM read_parquet(?)", [ours])
    [different] = db.execute(DIFFERENT).fetchone()
    if different:
        print(f"{different} rows of DuckDB's and ours differ.", file=sys.stderr)
        sys.exit(3)
    print(json.dumps({"seconds": round(seconds, 2), "peakMb": round(peak)}))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
