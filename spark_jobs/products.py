"""States of products, from which the move makes versions."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

__all__ = ["product_states"]


def product_states(judged: DataFrame) -> DataFrame:
    """One row a good record of ``shop.product-events``."""
    event, product = F.col("event"), F.col("event.product")
    return judged.where(F.col("reason").isNull()).select(
        "partition",
        "offset",
        product["product_id"].alias("product_id"),
        F.col("time").alias("changed_at"),
        event["type"].alias("type"),
        event["name"].alias("name"),
        product["category"].alias("category"),
        product["brand"].alias("brand"),
        product["price"].alias("price"),
        F.coalesce(product["discount"], F.lit(0.0)).alias("discount"),
        product["stock"].alias("stock"),
    )
