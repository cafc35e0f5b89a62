"""How good the answers are, over windows of labels and against what can be known at all."""

from models.evaluate.clustered import (
    LEAK_DECISIONS,
    LEAK_ERRORS,
    CalibrationBin,
    calibration,
    clustered_se,
    expected_calibration_error,
    is_leak,
)
from models.evaluate.expected import expected_log_losses, expected_share, expected_share_se
from models.evaluate.metrics import (
    average_precision,
    entropy,
    log_loss,
    log_losses,
    mean_absolute_error,
    r2,
    realised_share,
    roc_auc,
    root_mean_squared_error,
)
from models.evaluate.promotion import GateReport, gate, lower_bounds, sums_by_session
from models.evaluate.recovery import Recovery, recovery, trailing_shares

__all__ = [
    "LEAK_DECISIONS",
    "LEAK_ERRORS",
    "CalibrationBin",
    "GateReport",
    "Recovery",
    "average_precision",
    "calibration",
    "clustered_se",
    "entropy",
    "expected_calibration_error",
    "expected_log_losses",
    "expected_share",
    "expected_share_se",
    "gate",
    "is_leak",
    "log_loss",
    "log_losses",
    "lower_bounds",
    "mean_absolute_error",
    "r2",
    "realised_share",
    "recovery",
    "roc_auc",
    "root_mean_squared_error",
    "sums_by_session",
    "trailing_shares",
]
