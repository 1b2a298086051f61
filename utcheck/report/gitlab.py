"""Results as a Code Quality report of GitLab: a JSON array with an object per complaint."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Sequence
from typing import Any

from utcheck.errors import Finding
from utcheck.report.case import CaseReport
from utcheck.report.complaints import Complaint, Grade, complaints, one_line, path_of

_SEVERITIES = {Grade.ERROR: "blocker", Grade.UNEXPECTED: "critical", Grade.UNDECIDED: "minor"}


def gitlab(reports: Sequence[CaseReport], errors: Sequence[Finding] = ()) -> str:
    """Return everything that is not as expected as JSON, each at its line in the spec.

    The fingerprint does not depend on lines, so that GitLab knows a complaint again in the next
    commit. What is undecided is minor, what could not be checked is a blocker.
    """
    entries = [_entry(complaint) for complaint in complaints(reports, errors)]
    return json.dumps(entries, indent=2) + "\n"


def _entry(complaint: Complaint) -> dict[str, Any]:
    about = complaint.about
    return {
        "description": complaint.message,
        "check_name": "utcheck" if about is None else one_line(about.name),
        "fingerprint": complaint.fingerprint,
        "severity": _SEVERITIES[complaint.grade],
        "location": {
            "path": posixpath.normpath(path_of(complaint.place)),
            "lines": {"begin": complaint.place.line or 1},
        },
    }
