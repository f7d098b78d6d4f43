"""Would marks change? A preview, the reasons, and the audit of seeds."""
