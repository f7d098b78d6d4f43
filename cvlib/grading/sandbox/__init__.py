"""The wall between a submission and everything else."""

from cvlib.grading.sandbox.policy import Policy, SandboxError, SandboxUnavailable
from cvlib.grading.sandbox.probe import probe

__all__ = ["Policy", "SandboxError", "SandboxUnavailable", "probe"]
