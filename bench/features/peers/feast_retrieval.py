"""Feast's local retrieval of twenty features: prints seconds and peak memory as JSON.

Without Spark, Feast computes no windows: it looks up the latest row before each label. So it is given a file with twenty finished columns an event, whose making is not counted.

    python feast_retrieval.py events.parquet spine.csv
"""

import json
import logging
import os
import resource
import sys
import tempfile
import time
import warnings
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd

os.environ["FEAST_USAGE"] = "False"
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType  # noqa: E402
from feast.types import Float64  # noqa: E402

# Feast bounds neither memory nor what is spilled: it may fail, and must not take the machine with it.
MOST_BYTES = 16 << 30
NAMES = [f"f{number}" for number in range(20)]
RUNNING = ", ".join(f"(sum(amount) OVER history) / {number + 1} AS {name}" for number, name in enumerate(NAMES))
STORE = "project: bench\nprovider: local\nregistry: registry.db\noffline_store: {{ type: {store} }}\nonline_store: {{ type: sqlite, path: online.db }}\n"


def make_rows(events, path):
    """The columns cost nothing to speak of, and Feast does not look at them."""
    duckdb.connect().execute(
        f"COPY (SELECT entity, time AS event_timestamp, known_at AS created, {RUNNING} FROM read_parquet('{events}')"
        f" WINDOW history AS (PARTITION BY entity ORDER BY time ROWS UNBOUNDED PRECEDING)) TO '{path}' (FORMAT parquet)"
    )


def main(events, spine, store="duckdb"):
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        # What DuckDB spills goes where it is started.
        os.chdir(folder)
        rows = str(Path(folder) / "rows.parquet")
        make_rows(events, rows)
        (Path(folder) / "feature_store.yaml").write_text(STORE.format(store=store), encoding="utf-8")
        feast = FeatureStore(repo_path=folder)
        entity = Entity(name="entity", join_keys=["entity"], value_type=ValueType.STRING)
        view = FeatureView(
            name="buyer",
            entities=[entity],
            ttl=timedelta(days=30),
            schema=[Field(name=name, dtype=Float64) for name in NAMES],
            source=FileSource(path=rows, timestamp_field="event_timestamp", created_timestamp_column="created"),
        )
        feast.apply([entity, view])
        labels = pd.read_csv(spine, parse_dates=["time"]).rename(columns={"time": "event_timestamp"})
        start = time.perf_counter()
        found = feast.get_historical_features(entity_df=labels, features=[f"buyer:{name}" for name in NAMES]).to_df()
        seconds = time.perf_counter() - start
        if not 0 < found["f0"].notna().sum() <= len(labels):
            sys.exit(f"Feast found values for {found['f0'].notna().sum()} of {len(labels)} labels.")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": round(seconds, 2), "peakMb": round(peak)}))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
