"""Fits "an order is paid within ten minutes" on a training set, and says how well it ranks the orders of the test set.

    pip install pyarrow scikit-learn
    python train.py orders.train.parquet orders.test.parquet
"""

import json
import sys

import numpy as np
import pyarrow.parquet as pq
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LABEL = "paid"


def features_of(path):
    """The manifest beside the file says which columns are features, so no label or id gets among them."""
    with open(f"{path}.manifest.json", encoding="utf-8") as file:
        columns = json.load(file)["columns"]
    return [column["name"] for column in columns if column["role"] == "feature" and "String" not in column["type"]]


def read(path, names):
    """Reads batch by batch: what is kept of each is its numbers. A missing value is NaN, not 0."""
    values, labels = [], []
    for batch in pq.ParquetFile(path).iter_batches(batch_size=65_536, columns=[*names, LABEL]):
        columns = [batch.column(name).cast("float64").to_numpy(zero_copy_only=False) for name in names]
        values.append(np.column_stack(columns))
        labels.append(batch.column(LABEL).to_numpy(zero_copy_only=False).astype(bool))
    return np.concatenate(values), np.concatenate(labels)


def main(train, test):
    names = features_of(train)
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    model.fit(*read(train, names))
    values, labels = read(test, names)
    auc = roc_auc_score(labels, model.predict_proba(values)[:, 1])
    print(f"{len(labels)} orders, {labels.mean():.1%} paid in time, AUC {auc:.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
