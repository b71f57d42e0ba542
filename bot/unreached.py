"""Why a server was not reached, in plain words without its address, which may be a secret."""

import socket
import ssl


def why(error: BaseException) -> str:
    """The cause of a connection that was not made, or of silence; of other errors the type's name."""
    # aiohttp wraps what the system or TLS said.
    match getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error:
        case socket.gaierror():
            return "its name is not known"
        case ssl.SSLError() | ssl.CertificateError():
            return "its certificate is not accepted"
        case TimeoutError():
            return "it took too long"
        case ConnectionRefusedError():
            return "nobody listens there"
        case OSError():
            return "no connection"
    return type(error).__name__
