"""What the contract's modules find and report, under the name by which they know it."""

from hangar_dal.finding import Finding, Severity

__all__ = ["Finding", "Severity"]
