"""A pytest plugin, `-p tests.nothing_skipped`: a test that is skipped, or fails as expected, shows nothing, so it failed."""

from __future__ import annotations

from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped or hasattr(report, "wasxfail"):
        _fail(report, getattr(report, "wasxfail", ""))
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        _fail(report, "")
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport, expected: str) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else f"expected to fail: {expected}"
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} was not really run ({reason}): every test must run and pass here"
    if hasattr(report, "wasxfail"):
        del report.wasxfail
