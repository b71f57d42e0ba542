"""The REST API of interactions and their webhooks."""

import time
from collections.abc import Sequence

from tests.loopback.discord.application import TOKEN_LIVES
from tests.loopback.discord.checks import check_choices, check_modal
from tests.loopback.discord.faults import Call, File
from tests.loopback.discord.http import numbered
from tests.loopback.discord.messages import EPHEMERAL, LOADING, Interaction, Message, Modal
from tests.loopback.discord.permissions import USE_EXTERNAL_APPS
from tests.loopback.discord.posting import Posting
from tests.loopback.discord.refusals import Json, Refused, invalid


class Answering(Posting):
    """First responses and followups."""

    def _callback(self, call: Call, interaction: str, token: str) -> Json | None:
        found = self.by_token.get(token)
        if found is None or str(found.id) != interaction:
            raise Refused(404, 10062, "Unknown interaction")
        if found.callbacks:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        waited = time.monotonic() - found.sent
        if waited > self.first_answer_within:
            raise Refused(404, 10062, "Unknown interaction")
        kind, data = call.body["type"], call.body.get("data") or {}
        self._respond(found, kind, data, call.files)
        found.callbacks.append(call.body)
        found.answered_after = waited
        self.changed()
        return self._callback_answer(found, kind) if call.query.get("with_response") in ("1", "true") else None

    def _respond(self, found: Interaction, kind: int, data: Json, files: Sequence[File]) -> None:
        if (kind == 8) != (found.type == 4):
            raise invalid("type", "BASE_TYPE_CHOICES", "Choices answer what is being typed, and nothing else")
        if kind == 8:
            check_choices("data.choices", data["choices"])
        elif kind == 4:
            self._answer_with(found, self._hooked(found, data, files))
        elif kind == 5:
            message = Message(self.snowflake(), found.channel, self.me, at=self.clock(), interaction=found)
            message.flags = LOADING | self._hidden(found, data)
            self._answer_with(found, message)
        elif kind in (6, 7):
            if found.message is None:
                raise invalid("type", "BASE_TYPE_CHOICES", "This interaction has no message to update")
            found.original = found.message
            if kind == 7:
                self._altered(found.message, data, files, found.event["attachment_size_limit"])
        elif kind == 9:
            if found.type == 5:
                raise invalid("type", "BASE_TYPE_CHOICES", "A form cannot open a form")
            if self.strict:
                check_modal(data)
            found.modal = Modal(found, data["custom_id"], data["title"], numbered(data["components"]))
        elif kind != 1:
            raise invalid("type", "BASE_TYPE_CHOICES", f"No callback of type {kind}")

    def _answer_with(self, found: Interaction, message: Message) -> None:
        found.original = message
        found.responses.append(message)
        self.put(message)

    def _hooked(self, found: Interaction, data: Json, files: Sequence[File]) -> Message:
        message = self._written(found.channel, data, files, found.event["attachment_size_limit"], found)
        message.flags |= self._hidden(found, data)
        for one in message.attachments:
            one.ephemeral = message.ephemeral
        return message

    def _hidden(self, found: Interaction, data: Json) -> int:
        """Whether a response is ephemeral: as requested, or because user-installed apps are not allowed there."""
        alone = found.by_account and found.channel.guild
        if alone and not self.permissions(found.user, found.channel) & USE_EXTERNAL_APPS:
            return EPHEMERAL
        return (data.get("flags") or 0) & EPHEMERAL

    def _callback_answer(self, found: Interaction, kind: int) -> Json:
        told: Json = {"id": str(found.id), "type": found.type}
        resource: Json = {"type": kind}
        message = found.original
        if message and kind in (4, 5, 7):
            told |= {
                "response_message_id": str(message.id),
                "response_message_loading": message.loading,
                "response_message_ephemeral": message.ephemeral,
            }
            resource["message"] = self.message_payload(message)
        return {"interaction": told, "resource": resource}

    def _asked(self, application: str, token: str) -> Interaction:
        found = self.by_token.get(token)
        if found is None or int(application) != self.application_id:
            raise Refused(404, 10015, "Unknown Webhook")
        if self.clock() - found.created >= TOKEN_LIVES:
            raise Refused(401, 50027, "Invalid Webhook Token")
        return found

    def _followup(self, call: Call, application: str, token: str) -> Json:
        found = self._asked(application, token)
        if not found.callbacks:
            raise Refused(404, 10015, "Unknown Webhook")
        first = found.original
        if first and first.loading and not first.deleted:
            # The first followup replaces "is thinking", with its visibility.
            self._altered(first, call.body, call.files, found.event["attachment_size_limit"])
            return self.message_payload(first)
        if found.by_account and found.channel.guild and len(found.responses) > 5:
            raise Refused(400, 40094, "This interaction has reached the maximum number of follow-up messages.")
        message = self._hooked(found, call.body, call.files)
        found.responses.append(message)
        self.put(message)
        return self.message_payload(message)

    def _followed(self, application: str, token: str, message: str) -> Message:
        found = self._asked(application, token)
        if message == "@original":
            one = found.original
        else:
            one = next((one for one in [*found.responses, found.original] if one and str(one.id) == message), None)
        if one is None or one.deleted:
            raise Refused(404, 10008, "Unknown Message")
        return one

    def _get_followup(self, call: Call, application: str, token: str, message: str) -> Json:
        return self.message_payload(self._followed(application, token, message))

    def _edit_followup(self, call: Call, application: str, token: str, message: str) -> Json:
        found = self._followed(application, token, message)
        limit = self.by_token[token].event["attachment_size_limit"]
        self._altered(found, call.body, call.files, limit)
        return self.message_payload(found)

    def _delete_followup(self, call: Call, application: str, token: str, message: str) -> None:
        self.delete(self._followed(application, token, message))
