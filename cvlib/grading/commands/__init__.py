"""What one types: the commands of ``cvlib-grade`` and what they print."""
