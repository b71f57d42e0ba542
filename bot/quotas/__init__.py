"""Rules, prices, limits and balances."""
