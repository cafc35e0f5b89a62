"""The audit: what stands on the topics must follow from the main input, all of it, once, and bit for bit."""

from consumers.audit.report import AuditReport, Finding, PartitionReport
from consumers.audit.run import audit
from consumers.audit.wiring import audit_learners

__all__ = ["AuditReport", "Finding", "PartitionReport", "audit", "audit_learners"]
