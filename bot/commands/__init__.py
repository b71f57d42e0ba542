"""Commands: their table, menus, and handlers."""
