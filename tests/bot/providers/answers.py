"""Answers of hosts, as bytes."""

import json
from typing import Any

URL = "https://cdn.aimlapi.com/clip.mp4?sig=secret"
OLD_ID = "60ac7c34-3224-4b14-8e7d-0aa0db708325:kling-video/v1/standard/image-to-video"


def said(message: str, status: int = 400) -> bytes:
    """The hosts' error envelope."""
    envelope = {"message": message, "path": "/v2", "requestId": "8-1102-1301", "statusCode": status, "timestamp": "1"}
    return json.dumps(envelope).encode()


def js(value: Any) -> bytes:
    return json.dumps(value).encode()
