"""`photoplay health`: asks the web server on this machine for its health; for containers without curl."""

import http.client
import json
from urllib.parse import urlsplit

PATIENCE = 5.0
"""Seconds for each step of the answer."""
_LARGEST = 2**16  # bytes of an answer


def ask(address: str, path: str) -> tuple[bool, str]:
    """Whether the server at an address like `http://127.0.0.1:8080` is healthy, and its answer in one line."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)  # without a proxy
    try:
        line.request("GET", path)
        answer = line.getresponse()
        said = json.loads(answer.read(_LARGEST))
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        return False, f"Nothing that is well answers at {address}{path} ({type(error).__name__})."
    finally:
        line.close()
    figures = said.items() if isinstance(said, dict) else ()
    told = ", ".join(f"{name}: {value}" for name, value in figures if name not in ("ok", "installation"))
    return answer.status == 200, f"{'Well' if answer.status == 200 else 'Not well'}{f' ({told})' if told else ''}."
