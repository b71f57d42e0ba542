"""Errors, by who must act.

Exception
├── Refused   the HTTP request is wrong or comes too early: the client acts; answered with the error envelope
└── Failed    an accepted generation cannot become a clip: its status turns to "error"
"""


class Refused(Exception):
    """A refused HTTP request. `status` is the HTTP status, `message` is for the client."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


class Failed(Exception):
    """A generation that ends without a clip. Both texts are shown to the client.

    Both are passed to `Exception` unchanged, because rendering processes pickle this error.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message
