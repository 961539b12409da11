"""Makes brokers, logins, clients and the papers of their money accounts; all of a broker or nothing."""

from __future__ import annotations

from django.db import transaction

from accounts.audit import SystemActor
from accounts.auth.actor import Actor
from accounts.auth.identify import Door, actor_of_user
from accounts.models import Client, Membership, Tenant, User
from accounts.services.people import client_create, membership_create, user_create
from accounts.services.platform import operator_create
from accounts.services.tenants import tenant_create
from accounts.tenancy.context import tenant_scope, user_scope
from portal.demo.cast import OPERATORS, Account, Broker, Person
from portal.demo.credentials import Credentials, Login
from portal.lib.errors import InvariantBroken
from trading.services.accounts import money_account_open

MAKER = SystemActor(name="seed_demo")


def person(username: str) -> Actor:
    """Return who a login is when it comes through the door of this machine."""
    user = User.objects.get(username=username)
    actor = actor_of_user(user, door=Door(ip="127.0.0.1"))
    if actor is None:
        raise InvariantBroken(f"the demo's login {username} opens nothing")
    return actor


def broker_make(broker: Broker, credentials: Credentials) -> Tenant:
    """Make one broker with its people, clients and pending accounts; an existing one is returned as it is."""
    known = broker_find(broker)
    if known is not None:
        return known
    operator = person(OPERATORS[0].username)
    # Only a platform operator founds brokers; the row policy asks for him, not for the code that runs.
    with user_scope(user_id=operator.user_id):
        made = tenant_create(
            actor=operator,
            code=broker.code,
            name=broker.name,
            name_en=broker.name_en,
            admin_username=broker.admin.username,
        )
        _ready(made.admin, broker.admin, tenant=broker.code, credentials=credentials)
        with tenant_scope(tenant_id=made.tenant.pk):
            users = {person.username: _person(person, broker.code, credentials) for person in broker.people}
            _clients(broker.accounts, users)
        # The file comes before the commit: a login nobody knows the password of would be worse than a stale line.
        credentials.save()
    return made.tenant


def operators_make(credentials: Credentials) -> None:
    """Make the platform's operators, each once."""
    for operator in OPERATORS:
        if User.objects.filter(username=operator.username).exists():
            continue
        with transaction.atomic():
            user, _password = operator_create(actor=MAKER, username=operator.username)
            _ready(user, operator, tenant="", credentials=credentials)
            credentials.save()


def broker_find(broker: Broker) -> Tenant | None:
    """Return a broker that was made before, found through its administrator: nobody lists tenants."""
    user = User.objects.filter(username=broker.admin.username).first()
    if user is None:
        return None
    with user_scope(user_id=user.pk):
        member = Membership.unscoped.filter(user_id=user.pk).select_related("tenant").first()
    return member.tenant if member is not None else None


def _person(person: Person, tenant: str, credentials: Credentials) -> User:
    password = credentials.password_of(person.username)
    user = user_create(
        actor=MAKER,
        username=person.username,
        password=password,
        full_name=person.full_name,
        must_change=False,
    )
    membership_create(actor=MAKER, user_id=user.pk, role=person.role, reach=person.reach)
    credentials.note(Login(tenant, person.role, person.username, password))
    return user


def _ready(user: User, person: Person, *, tenant: str, credentials: Credentials) -> None:
    """Give somebody set-up made a lasting password: a demo login should open at once."""
    password = credentials.password_of(person.username)
    user.set_password(password)
    user.must_change_password = False
    user.first_name = person.full_name
    user.save(update_fields=["password", "must_change_password", "first_name"])
    credentials.note(Login(tenant, person.role, person.username, password))


def _clients(accounts: tuple[Account, ...], users: dict[str, User]) -> None:
    made: dict[str, Client] = {}
    for account in accounts:
        user = users.get(account.username) if account.username else None
        client = made.get(account.client_number)
        if client is None:
            client = client_create(
                actor=MAKER,
                number=account.client_number,
                name=account.client_name,
                kind=account.kind,
                user_id=user.pk if user else None,
            )
            made[account.client_number] = client
        money_account_open(actor=MAKER, client_id=client.pk, name=account.title)
