"""The report: for machines exactly what the manual says, for people the first findings in words."""

from __future__ import annotations

import json

from consumers.audit import AuditReport, PartitionReport
from consumers.audit.report import SHOWN


def good() -> PartitionReport:
    return PartitionReport(
        0, start=3, end=9, events=6, folded_from="start", chain="ab", chain_recomputed="ab"
    )


def test_a_good_partition_prints_what_the_manual_says() -> None:
    report = AuditReport({0: good()})
    assert json.loads(json.dumps(report.as_json())) == {
        "ok": True,
        "partitions": {
            "0": {
                "from": 3,
                "to": 9,
                "events": 6,
                "predictions": 0,
                "dead_letters": 0,
                "not_signed": 0,
                "missing": 0,
                "duplicate": 0,
                "label_mismatches": 0,
                "aborted_records": 0,
                "folded_from": "start",
                "chain": "ab",
                "chain_recomputed": "ab",
            }
        },
    }
    assert report.explain() == []


def test_every_kind_of_finding_makes_it_not_ok_and_is_counted_where_it_belongs() -> None:
    for kind, counted in (("missing", "missing"), ("duplicate", "duplicate"), ("label", "label_mismatches")):
        report = good()
        report.found(kind, "ml.predictions", 7, "it is not there")
        assert not report.is_ok
        assert report.as_json()[counted] == 1
        assert report.explain() == [f"{kind}: ml.predictions/0 at offset 7: it is not there"]
    for kind in ("journal", "chain"):
        report = good()
        report.found(kind, "ml.journal.g", 7, "it differs")
        assert not report.is_ok


def test_a_chain_that_differs_or_could_not_be_had_makes_it_not_ok() -> None:
    assert good().is_ok
    differs, lost = good(), good()
    differs.chain_recomputed = "cd"
    lost.folded_from = None
    assert not differs.is_ok
    assert not lost.is_ok
    assert not AuditReport({0: good(), 1: lost}).is_ok


def test_only_the_first_findings_of_a_kind_are_told_and_all_are_counted() -> None:
    report = good()
    for offset in range(SHOWN + 5):
        report.found("missing", "shop.user-events", offset, "nothing")
    report.found("label", "ml.outcomes", 1, "wrong")
    lines = report.explain()
    assert len(lines) == SHOWN + 1 + 1
    assert lines[-1] == "missing: 5 more in partition 0"
    assert report.missing == SHOWN + 5
    said = AuditReport({0: report}).as_json()
    assert len(said["findings"]) == SHOWN + 1


def test_a_note_is_told_and_does_no_harm() -> None:
    report = good()
    report.notes.append("retention")
    assert report.is_ok
    assert report.explain() == ["note: partition 0: retention"]
    assert AuditReport({0: report}).as_json()["notes"] == ["partition 0: retention"]
