"""Twin tenants of equal shape, made through the services, as the web role, with a canary in every text.

Whatever a page, frame or file of tenant A shows of `CNRY-B` (or of B's odd amounts) has crossed a wall.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client as HttpClient

from accounts.audit import SystemActor
from accounts.auth import identify
from accounts.choices import RoleName
from accounts.models import ApiKey, Client, Tenant, User
from accounts.permissions import STAFF_ROLES
from accounts.services.api_keys import NewKey, apikey_create
from accounts.services.holders import account_holder_register
from accounts.services.people import client_create, membership_create
from accounts.tenancy.context import tenant_scope, user_scope

MAKER = SystemActor(name="world")
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
_account_numbers = count(700_001, 2)


def canary(tenant_code: str, what: str) -> str:
    """Return a text that can only come from this tenant."""
    return f"CNRY-{tenant_code}-{what}"


@dataclass
class House:
    """One tenant with one person in every role, two investors with an account and a key each."""

    letter: str
    tenant: Tenant
    people: dict[str, User] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)
    account_ids: list[int] = field(default_factory=list)
    keys: list[NewKey] = field(default_factory=list)

    @property
    def investor(self) -> User:
        """The first investor."""
        return self.people["investor"]

    def key(self, index: int = 0) -> ApiKey:
        """Return an investor's key row."""
        return self.keys[index].key

    def bearer(self, index: int = 0) -> dict[str, str]:
        """Return the header of an investor's key, as the test client takes it."""
        return {"Authorization": f"Bearer {self.keys[index].bearer}"}

    def http(self, role: str) -> HttpClient:
        """Return a browser in which the person of this role is signed in."""
        browser = HttpClient()
        browser.force_login(self.people[role], backend="django.contrib.auth.backends.ModelBackend")
        return browser


def user_make(username: str, *, staff: bool = False, **fields: object) -> User:
    """Make a login without a usable password; staff get an authenticator app at once."""
    user = User(username=username, first_name=canary(username[:1].upper(), username), **fields)
    user.set_unusable_password()
    user.save()
    if staff:
        TOTP.activate(user, TOTP_SECRET)
    return user


def operator_make(username: str = "operator") -> User:
    """Make a platform operator."""
    return user_make(username, staff=True, is_platform_operator=True)


def house_make(letter: str, *, operator: User) -> House:
    """Make a whole tenant."""
    with user_scope(user_id=operator.pk):
        tenant = Tenant.objects.create(
            code=f"broker-{letter.lower()}", name=canary(letter, "tenant"), name_en=canary(letter, "tenant-en")
        )
    house = House(letter=letter, tenant=tenant)
    with tenant_scope(tenant_id=tenant.pk):
        for role in RoleName.values:
            _person(house, name=role, role=role)
        _person(house, name="risk_officer_2", role=RoleName.RISK_OFFICER)
        _person(house, name="investor_2", role=RoleName.INVESTOR)
        for name in ("investor", "investor_2"):
            _customer(house, name=name)
    return house


def _person(house: House, *, name: str, role: str) -> None:
    username = f"{house.letter.lower()}-{name}"
    user = user_make(username, staff=role in STAFF_ROLES)
    membership_create(actor=MAKER, user_id=user.pk, role=role)
    house.people[name] = user


def _customer(house: House, *, name: str) -> None:
    user = house.people[name]
    client = client_create(
        actor=MAKER,
        number=canary(house.letter, name)[:24],
        name=canary(house.letter, f"client-{name}"),
        user_id=user.pk,
    )
    account_id = next(_account_numbers)
    account_holder_register(account_id=account_id, client_id=client.pk)
    house.clients.append(client)
    house.account_ids.append(account_id)
    house.keys.append(
        apikey_create(actor=MAKER, user_id=user.pk, label=canary(house.letter, f"key-{name}"), scopes=["read", "trade"])
    )


@dataclass
class Pair:
    """Two tenants that must never meet, and the operator of the platform."""

    a: House
    b: House
    operator: User


def pair_make() -> Pair:
    """Make both tenants."""
    # Row numbers start again in each test; what a process remembers of them must not outlive one.
    identify._noted.clear()
    operator = operator_make()
    return Pair(a=house_make("A", operator=operator), b=house_make("B", operator=operator), operator=operator)
