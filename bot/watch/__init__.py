"""Reports to the operator: metrics, a sign of life, alerts."""
