"""One page of feedback a student."""
