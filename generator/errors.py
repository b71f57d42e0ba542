"""What can go wrong, by who has to act.

Exception
├── Refused   the HTTP request is wrong or comes too early: the client acts; answered with the error envelope
└── Failed    an accepted generation cannot become a clip: its status turns to "error"
"""


class Refused(Exception):
    """An HTTP request that is not served. `status` is the HTTP status, `message` is for the client to read."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


class Failed(Exception):
    """A generation that ends without a clip. Both texts are shown to the client.

    Both go to `Exception` as they are, because rendering processes send this error home pickled.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message
