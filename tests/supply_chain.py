"""Asks the advisory services about all that is installed, and looks at the licenses: `make audit`.

A service that does not answer is told, and fails nothing.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.licenses import license_misfits, node_licenses, python_licenses

CHECKOUT = Path(__file__).resolve().parents[1]
SILENT = None
"""What `findings` are where nobody answered."""


def python_findings(report: Mapping[str, Any] | None) -> list[str] | None:
    """Of pip-audit's report, which it writes only when it was answered."""
    if report is None:
        return SILENT
    return [
        f"{package['name']} {package['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'nothing yet'}"
        for package in report["dependencies"]
        for found in package.get("vulns", ())
    ]


def node_findings(report: Mapping[str, Any]) -> list[str] | None:
    """Of npm's report, which says what went wrong where it was not answered."""
    if "vulnerabilities" not in report:
        return SILENT
    return [f"{name} {found['range']}: {found['severity']}" for name, found in report["vulnerabilities"].items()]


def main() -> int:
    """Ask both, and look; 1 if either knows of a weakness, or a license does not go with ours."""
    status = 0
    for name, found in (("Python", python_findings(_ask_osv())), ("npm", node_findings(_ask_npm()))):
        if found is SILENT:
            print(f"{name}: the advisory service did not answer; nothing was checked")
            continue
        print(f"{name}: {len(found)} known weaknesses", *found, sep="\n  ")
        status = status or int(bool(found))
    for name, licenses in (("Python", python_licenses()), ("npm", node_licenses())):
        misfits = license_misfits(licenses)
        words = (f"{package}: {told or 'none is told'}" for package, told in misfits.items())
        print(f"{name}: {len(licenses)} licenses, {len(misfits)} that do not go with ours", *words, sep="\n  ")
        status = status or int(bool(misfits))
    return status


def _ask_osv() -> dict[str, Any] | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--timeout", "5", "--skip-editable"]
        options = ["--progress-spinner", "off", "--format", "json", "--output", str(path)]
        subprocess.run([*command, *options], cwd=CHECKOUT, capture_output=True)
        report: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
        return report


def _ask_npm() -> dict[str, Any]:
    done = subprocess.run(["npm", "audit", "--json"], cwd=CHECKOUT / "static", capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout or "{}")
    return report


if __name__ == "__main__":
    sys.exit(main())
