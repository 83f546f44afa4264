"""Events as API Gateway, SQS and the WebSocket API send them to a function."""

import json
from typing import Any
from urllib.parse import urlencode


def http_event(
    method: str, path: str, token: str, body: Any = None, query: dict[str, Any] | None = None, **headers: str
) -> dict[str, Any]:
    """An HTTP API request, payload format 2.0. A `str` body is sent as it is, anything else as JSON."""
    sent = {"host": "api.example.com", "content-type": "application/json"}
    if token:
        sent["authorization"] = f"Bearer {token}"
    sent |= {name.lower().replace("_", "-"): value for name, value in headers.items()}
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": sent,
        "requestContext": {
            "requestId": "gateway-request-id",
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
        },
        "body": text,
        "isBase64Encoded": False,
    }


def sqs_event(*messages: dict[str, Any]) -> dict[str, Any]:
    """A batch from a queue."""
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": "r",
                "body": json.dumps(message),
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:ingest",
                "awsRegion": "eu-central-1",
            }
            for number, message in enumerate(messages)
        ]
    }


def websocket_event(
    connection_id: str, *, token: str = "", query: dict[str, str] | None = None, body: str | None = None
) -> dict[str, Any]:
    """A request of the WebSocket API."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return {
        "requestContext": {"connectionId": connection_id},
        "headers": headers,
        "queryStringParameters": query,
        "body": body,
    }
