"""REST: who am I, and my API keys."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.auth.actor import Actor
from accounts.choices import KeyScope
from accounts.errors import not_found
from accounts.models import ApiKey
from accounts.permissions import Right
from accounts.selectors import people
from accounts.services.api_keys import apikey_create, apikey_revoke
from accounts.tenancy.routes import RouteScope
from portal.lib.errors import Refused


class MeSerializer(serializers.Serializer[Actor]):
    """The actor behind the request."""

    username = serializers.CharField()
    tenant = serializers.CharField(source="tenant_code")
    roles = serializers.ListField(child=serializers.CharField())
    rights = serializers.ListField(child=serializers.CharField())
    accounts = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    own_accounts = serializers.ListField(child=serializers.IntegerField())
    language = serializers.CharField()


class Me(APIView):
    """Who the key or session stands for."""

    aurum_route = RouteScope.TENANT
    right = None

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Return the actor; `accounts` null means every account of the broker."""
        actor = _actor(request)
        return Response(
            {
                "username": actor.username,
                "tenant": actor.tenant_code,
                "roles": sorted(actor.roles),
                "rights": sorted(actor.rights),
                "accounts": None if actor.account_ids is None else sorted(actor.account_ids),
                "own_accounts": sorted(actor.own_account_ids),
                "language": actor.language,
            }
        )


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key without its secret."""

    key = serializers.CharField(source="public_id", read_only=True)

    class Meta:
        model = ApiKey
        fields = (
            "key",
            "label",
            "purpose",
            "scopes",
            "allowed_networks",
            "account_ids",
            "cancel_on_disconnect_s",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_used_ip",
            "revoked_at",
        )
        read_only_fields = fields


class NewApiKeySerializer(serializers.Serializer[ApiKey]):
    """What is chosen for a new key."""

    label = serializers.CharField(max_length=60)  # type: ignore[assignment]
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=KeyScope.choices), allow_empty=False)
    allowed_networks = serializers.ListField(child=serializers.CharField(max_length=43), required=False, max_length=20)
    account_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        allow_null=True,
        max_length=100,
    )
    cancel_on_disconnect_s = serializers.IntegerField(min_value=3, max_value=300, required=False, allow_null=True)


class CreatedApiKeySerializer(ApiKeySerializer):
    """A key with its secret, this once."""

    secret = serializers.CharField(read_only=True)

    class Meta:
        model = ApiKey
        fields = (*ApiKeySerializer.Meta.fields, "secret")
        read_only_fields = fields


class ApiKeyList(APIView):
    """The person's own keys; a key can not make keys."""

    aurum_route = RouteScope.USER
    right = Right.APIKEY_OWN

    @extend_schema(responses=ApiKeySerializer(many=True), operation_id="api_keys_list")
    def get(self, request: Request) -> Response:
        """List the keys, without secrets."""
        actor = _actor(request)
        rows = ApiKeySerializer(people.keys_of(user_id=actor.user_id), many=True).data
        return Response({"data": rows, "next_cursor": None})

    @extend_schema(
        request=NewApiKeySerializer, responses={201: CreatedApiKeySerializer}, operation_id="api_keys_create"
    )
    def post(self, request: Request) -> Response:
        """Make a key; the secret is in this answer and nowhere else."""
        _require_recent_sign_in(request)
        wanted = NewApiKeySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        actor = _actor(request)
        made = apikey_create(actor=actor, user_id=actor.user_id, **wanted.validated_data)
        body: dict[str, Any] = {**ApiKeySerializer(made.key).data, "secret": made.secret}
        return Response(body, status=status.HTTP_201_CREATED)


class ApiKeyDetail(APIView):
    """One of the person's own keys."""

    aurum_route = RouteScope.USER
    right = Right.APIKEY_OWN

    @extend_schema(responses={204: None}, operation_id="api_keys_revoke")
    def delete(self, request: Request, key: str) -> Response:
        """Revoke the key; its sockets close within seconds."""
        actor = _actor(request)
        row = ApiKey.objects.filter(public_id=key, user_id=actor.user_id).first()
        if row is None:
            raise not_found()
        apikey_revoke(actor=actor, key_id=row.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _actor(request: Request) -> Actor:
    actor: Actor = request.auth  # type: ignore[assignment]  # settled by the scope middleware
    return actor


def _require_recent_sign_in(request: Request) -> None:
    if not did_recently_reauthenticate(request._request):
        detail = "Sign in again on /security/ first: your sign-in is too old for this."
        raise Refused("reauthentication_required", detail=detail, status=403)
