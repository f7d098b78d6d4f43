"""From the bytes of a submission and a plan to a result."""
