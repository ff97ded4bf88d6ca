"""Tables of scikit-learn as rows no longer than 1 and labels -1 and 1."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from dpaccount.convergence.problem import Array, refuse
from dpaccount.errors import Unsupported, install

__all__ = ["TABLES", "rows_of"]

TABLES = ("cancer", "digits")


@lru_cache(maxsize=4)
def rows_of(table: str) -> tuple[Array, Array]:
    """The rows and labels of a table.

    Columns are put to mean 0 and deviation 1 (public numbers, for these tables), one column of
    ones is added, and each row is divided by its norm. Breast cancer: malignant or benign, 569
    rows of 31; digits: below five or not, 1797 rows of 62.

    Args:
        table: One of `TABLES`.

    Raises:
        InputError: For another table.
        Unsupported: If scikit-learn is not installed.
    """
    if table not in TABLES:
        raise refuse("table", table, ", ".join(TABLES), "name one of these")
    try:
        from sklearn.datasets import load_breast_cancer, load_digits
    except ImportError as error:
        raise Unsupported(
            f"the problem on {table}",
            missing="scikit-learn is not installed",
            advice=f"{install('convergence')}, or take another problem",
        ) from error
    load = load_breast_cancer if table == "cancer" else load_digits
    values, labels = load(return_X_y=True)
    values = np.asarray(values, dtype=float)
    deviation = values.std(axis=0)
    kept = deviation > 0
    values = (values[:, kept] - values[:, kept].mean(axis=0)) / deviation[kept]
    values = np.column_stack([values, np.ones(len(values))])
    # a little less than 1, so that rounding leaves none longer than 1
    values /= np.linalg.norm(values, axis=1)[:, None] * (1.0 + 1e-12)
    threshold = 1 if table == "cancer" else 5
    return values, np.where(np.asarray(labels) >= threshold, 1.0, -1.0)
