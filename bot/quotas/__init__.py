"""Rules, prices, limits, balances, linking of accounts."""
