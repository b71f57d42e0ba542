"""What tells the operator how it goes: metrics, a sign of life, alerts."""
