"""PostgreSQL and connection errors in the operator's words, without repeating the original texts.

Those may hold the address, and with it the password.
"""

import re
import ssl

import asyncpg

from bot.errors import Misconfigured, StoreDown

Causes = tuple[tuple[type[BaseException], str, str], ...]

WRONG_SETTINGS: Causes = (
    (asyncpg.InvalidPasswordError, "", "the server refuses user and password"),
    (asyncpg.PostgresError, "auth(entication)? failed", "the server refuses user and password"),
    (asyncpg.PostgresError, "no such user|user not found", "the pooler does not know this user"),
    (asyncpg.PostgresError, "no such database|database .* does not exist", "the server has no database of that name"),
    (asyncpg.InvalidCatalogNameError, "", "the server has no database of that name"),
    (asyncpg.InvalidAuthorizationSpecificationError, "", "the server does not let this user in"),
    (asyncpg.PostgresError, "statement pooling", "its pooler works in statement mode; it takes transaction or session"),
    (asyncpg.PostgresError, "startup parameter", "the server or its pooler refuses one of the parameters behind the ?"),
    (asyncpg.InvalidParameterValueError, "", "the server refuses one of the parameters behind the ?"),
    (asyncpg.UndefinedObjectError, "unrecognized configuration parameter", "it sets something that the server has not"),
    (asyncpg.InvalidSchemaNameError, "", "its schema does not exist; create it, or leave schema out"),
    (asyncpg.InsufficientPrivilegeError, "schema", "its user may not create tables; GRANT CREATE ON SCHEMA … TO it"),
    (asyncpg.ReadOnlySQLTransactionError, "", "it leads to a server that can only be read; use the primary's address"),
    (ssl.SSLCertVerificationError, "", "the server's certificate is not one that sslmode and sslrootcert accept"),
    (ssl.SSLError, "", "an encrypted connection could not be made; look at sslmode and the certificates"),
    (ConnectionError, "SSL", "the server offers no TLS, which sslmode asks for"),
    (FileNotFoundError, "", "a file that it names, or the server's socket, is not there"),
    (PermissionError, "", "a file that it names, or the server's socket, may not be used"),
    (asyncpg.ClientConfigurationError, "root certificate", "sslmode needs sslrootcert: a file, or system"),
    (asyncpg.ClientConfigurationError, "", "one of the parameters behind the ? cannot be used"),
    (ValueError, "", "one of the parameters behind the ? cannot be used"),
)
"""Wrong settings: error type, a pattern for its text, and its meaning."""
TEMPORARY: Causes = (
    (asyncpg.TooManyConnectionsError, "", "it has no connection left for us"),
    (asyncpg.PostgresError, "no more connections|max client", "it has no connection left for us"),
    (asyncpg.CannotConnectNowError, "", "it is starting or stopping"),
    (asyncpg.PostgresError, "server login", "its pooler cannot reach it"),
    (asyncpg.PostgresError, "query_wait_timeout", "its pooler has no server for us"),
    (Exception, "connection (was |is |has been )?(closed|lost|reset)|terminating connection", "the connection broke"),
    (TimeoutError, "", "it does not answer"),
    (ConnectionRefusedError, "", "nobody answers at its host and port"),
    (OSError, "", "its host is not found, or there is no way to it"),
)
"""Temporary faults, in the same form."""


def unreachable(error: BaseException) -> Misconfigured | StoreDown:
    """The reason why there is no connection."""
    if found := _cause(error, WRONG_SETTINGS):
        return Misconfigured(f"DATABASE_URL: {found}.")
    return StoreDown(f"cannot reach PostgreSQL: {_cause(error, TEMPORARY) or type(error).__name__}")


def words(error: BaseException) -> str:
    """The reason of a failure; the server's own message if unknown."""
    return _cause(error, WRONG_SETTINGS + TEMPORARY) or f"{type(error).__name__}: {error}"


def _cause(error: BaseException, causes: Causes) -> str:
    def fits(kind: type[BaseException], text: str) -> bool:
        return isinstance(error, kind) and re.search(text, str(error), re.IGNORECASE) is not None

    return next((words for kind, text, words in causes if fits(kind, text)), "")
