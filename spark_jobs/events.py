"""What users did, as `fact_event`, and what is summed up from it within one run, to be merged by the move.

Everything here is a sum, a least or a greatest, or a chain of gaps: parts of two runs put together give what one run
over both would.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from contracts.labels import SILENCE_MS

__all__ = ["interactions", "orders", "returns", "sessions", "user_events", "users"]

_OF_NO_SESSION: Final = ("OrderReturned", "ReviewPosted")  # they come days later; see contracts.labels
_MONEY: Final = "decimal(24,6)"


def user_events(judged: DataFrame) -> DataFrame:
    """Good events of users, one row each, in the columns of `fact_event`."""
    event, product = F.col("event"), F.col("event.product")
    return judged.where(F.col("reason").isNull() & event["user_id"].isNotNull()).select(
        "partition",
        "offset",
        event["id"].alias("event_id"),
        event["type"].alias("type"),
        F.col("time").alias("event_time"),
        "appended_at",
        event["source"].alias("source"),
        event["user_id"].alias("user_id"),
        event["session_id"].alias("session_id"),
        F.coalesce(product["product_id"], event["product_id"]).alias("product_id"),
        product["category"].alias("category"),
        product["brand"].alias("brand"),
        product["price"].alias("price"),
        F.when(product["product_id"].isNotNull(), F.coalesce(product["discount"], F.lit(0.0))).alias(
            "discount"
        ),
        product["stock"].alias("stock"),
        event["quantity"].alias("quantity"),
        event["cart_id"].alias("cart_id"),
        event["order_id"].alias("order_id"),
        event["total"].alias("total"),
        event["lines"].alias("lines"),
        event["query"].alias("query"),
        event["text"].alias("review"),
        event["stars"].alias("stars"),
        event["offer"].alias("offer"),
        event["propensity"].alias("propensity"),
        event["device"].alias("device"),
        event["country"].alias("country"),
        F.when(event["type"] == "SessionStarted", F.coalesce(event["is_returning"], F.lit(False))).alias(
            "is_returning"
        ),
    )


def _count(kind: str) -> Column:
    return F.count_if(F.col("type") == kind)


def sessions(events: DataFrame) -> DataFrame:
    """Events of a user with gaps of less than 30 minutes, one row a chain of them."""
    of_user = Window.partitionBy("user_id").orderBy("event_time", "partition", "offset")
    gap_ms = F.unix_millis("event_time") - F.unix_millis(F.lag("event_time").over(of_user))
    begins = F.when(gap_ms < SILENCE_MS, 0).otherwise(1)
    return (
        events.where(~F.col("type").isin(*_OF_NO_SESSION))
        .withColumn("begins", begins)
        .withColumn("number", F.sum("begins").over(of_user))
        .groupBy("user_id", "number")
        .agg(
            F.min("event_time").alias("started_at"),
            F.max("event_time").alias("ended_at"),
            F.min("session_id").alias("session_id"),
            F.count(F.lit(1)).alias("events"),
            _count("ProductViewed").alias("views"),
            _count("Searched").alias("searches"),
            _count("CartAdded").alias("cart_adds"),
            _count("CartRemoved").alias("cart_removes"),
            _count("OrderPlaced").alias("orders"),
            F.coalesce(
                F.sum(F.when(F.col("type") == "OrderPlaced", F.col("total").cast(_MONEY))),
                F.lit(0).cast(_MONEY),
            ).alias("revenue"),
        )
        .select(
            "user_id",
            "started_at",
            "ended_at",
            "session_id",
            "events",
            "views",
            "searches",
            "cart_adds",
            "cart_removes",
            "orders",
            "revenue",
        )
    )


def users(events: DataFrame) -> DataFrame:
    """Everybody who did something: first and last time, and what their latest SessionStarted says."""
    described = F.when(
        F.col("type") == "SessionStarted",
        F.struct("event_time", "offset", "device", "country", "is_returning"),
    )
    return (
        events.groupBy("user_id")
        .agg(
            F.min("event_time").alias("first_seen_at"),
            F.max("event_time").alias("last_seen_at"),
            F.max(described).alias("described"),
        )
        .select(
            "user_id",
            "first_seen_at",
            "last_seen_at",
            "described.device",
            "described.country",
            "described.is_returning",
            F.col("described.event_time").alias("described_at"),
            F.col("described.offset").alias("described_offset"),
        )
    )


def orders(events: DataFrame) -> DataFrame:
    """Orders; of several with one id the earliest."""
    of_order = Window.partitionBy("order_id").orderBy("event_time", "partition", "offset")
    return (
        events.where(F.col("type") == "OrderPlaced")
        .withColumn("place", F.row_number().over(of_order))
        .where("place = 1")
        .select(
            "order_id",
            "partition",
            "offset",
            "event_id",
            "user_id",
            "session_id",
            "cart_id",
            F.col("event_time").alias("ordered_at"),
            "total",
            "lines",
        )
    )


def returns(events: DataFrame) -> DataFrame:
    """What came back."""
    return events.where(F.col("type") == "OrderReturned").select(
        "partition",
        "offset",
        "event_id",
        "order_id",
        "user_id",
        F.col("event_time").alias("returned_at"),
        "total",
        "lines",
    )


def interactions(events: DataFrame) -> DataFrame:
    """What each user had to do with each product."""
    added = F.when(F.col("type") == "CartAdded", F.col("quantity")).otherwise(0)
    removed = F.when(F.col("type") == "CartRemoved", F.col("quantity")).otherwise(0)
    return (
        events.where(F.col("product_id").isNotNull())
        .groupBy("user_id", "product_id")
        .agg(
            F.min("event_time").alias("first_at"),
            F.max("event_time").alias("last_at"),
            _count("ProductViewed").alias("views"),
            F.sum(added).alias("added"),
            F.sum(removed).alias("removed"),
            _count("ReviewPosted").alias("reviews"),
        )
        .select("user_id", "product_id", "first_at", "last_at", "views", "added", "removed", "reviews")
    )
