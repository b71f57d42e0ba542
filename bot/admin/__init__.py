"""Commands and reports of admins and operators."""
