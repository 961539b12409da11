"""What programs send."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from accounts.auth.actor import Actor
from vmhosting.choices import LogLevel
from vmhosting.services.agents import LINES_MAX
from vmhosting.services.sizes import CPU_MILLI, DISK_MIB, MEMORY_MIB

_SAVED_CHARACTERS_MAX = 4096
_STATE_CHARACTERS_MAX = 8192


class SizeBody(serializers.Serializer[Any]):
    """A size."""

    cpu_milli = serializers.IntegerField(min_value=CPU_MILLI[0], max_value=CPU_MILLI[1])
    memory_mib = serializers.IntegerField(min_value=MEMORY_MIB[0], max_value=MEMORY_MIB[1])
    disk_mib = serializers.IntegerField(min_value=DISK_MIB[0], max_value=DISK_MIB[1])


class RequestBody(SizeBody):
    """A wish for a machine."""

    account = serializers.IntegerField(min_value=1, max_value=2**62)
    plan = serializers.IntegerField(min_value=1, max_value=2**62, required=False)
    purpose = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    strategy = serializers.CharField(max_length=40, required=False, default="ma_cross")
    parameters = serializers.DictField(required=False, default=dict)
    cancel_on_disconnect = serializers.BooleanField(required=False, default=True)


class ParametersBody(serializers.Serializer[Any]):
    """New parameters of the strategy."""

    parameters = serializers.DictField()
    strategy = serializers.CharField(max_length=40, required=False)


class ReasonBody(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=300)


class ApproveBody(serializers.Serializer[Any]):
    """Another host or size than proposed."""

    host = serializers.IntegerField(min_value=1, max_value=2**62, required=False)
    size = SizeBody(required=False)


class SmallObject(serializers.DictField):
    """A JSON object of bounded size."""

    def __init__(self, *, characters_max: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.characters_max = characters_max

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse what is too large to keep."""
        found: dict[str, Any] = super().to_internal_value(data)
        text = json.dumps(found, ensure_ascii=False)
        if len(text) > self.characters_max:
            raise serializers.ValidationError(
                _("Larger than %(limit)s characters.") % {"limit": self.characters_max}, code="too_large"
            )
        # A NUL is escaped by JSON itself; half characters cannot be encoded. Neither can be stored.
        if "\\u0000" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
            raise serializers.ValidationError(_("Holds characters that cannot be stored."), code="characters")
        return found


class HeartbeatBody(serializers.Serializer[Any]):
    """One heartbeat of an agent."""

    boot = serializers.RegexField(r"^[0-9a-zA-Z-]{1,16}$")
    uptime_s = serializers.FloatField(min_value=0, max_value=1e9)
    parameters_version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    strategy = SmallObject(characters_max=_STATE_CHARACTERS_MAX, required=False, default=dict)
    saved = SmallObject(characters_max=_SAVED_CHARACTERS_MAX, required=False, allow_null=True, default=None)


class LineBody(serializers.Serializer[Any]):
    """One log line of an agent."""

    n = serializers.IntegerField(min_value=1, max_value=2**53)
    at_ns = serializers.IntegerField(min_value=0, max_value=2**63 - 1)
    level = serializers.ChoiceField(choices=LogLevel.choices)
    text = serializers.CharField(max_length=500, allow_blank=True, trim_whitespace=False)


class LogBody(serializers.Serializer[Any]):
    """Log lines of an agent."""

    boot = serializers.RegexField(r"^[0-9a-zA-Z-]{1,16}$")
    lines = LineBody(many=True, max_length=LINES_MAX)  # type: ignore[call-arg]


class AfterQuery(serializers.Serializer[Any]):
    """From which number on."""

    after = serializers.IntegerField(min_value=0, max_value=2**62, required=False, default=0)


def actor_of(request: Request) -> Actor:
    """Return who sends; the middleware put it on the request."""
    actor: Actor = request.auth  # type: ignore[assignment]
    return actor


def checked(body: serializers.Serializer[Any]) -> dict[str, Any]:
    """Return the validated data, or raise the refusal."""
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
