"""Who plays in the demo: two brokers of equal shape, people in every role, their clients and first deposits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accounts.choices import ClientKind, Reach, RoleName

YUAN: Final = 100  # fen


@dataclass(frozen=True, slots=True)
class Person:
    """A login with one role."""

    username: str
    full_name: str
    role: str
    reach: str = Reach.ALL


@dataclass(frozen=True, slots=True)
class Account:
    """A money account of a client with its first deposit."""

    client_number: str
    client_name: str
    kind: str
    title: str
    deposit_fen: int
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Broker:
    """A tenant with everything that belongs to it."""

    code: str
    name: str
    name_en: str
    admin: Person
    people: tuple[Person, ...]
    accounts: tuple[Account, ...]
    network: str


def _people(prefix: str, names: tuple[str, ...]) -> tuple[Person, ...]:
    roles = (
        ("investor1", RoleName.INVESTOR, Reach.ALL),
        ("investor2", RoleName.INVESTOR, Reach.ALL),
        ("investor3", RoleName.INVESTOR, Reach.ALL),
        ("risk1", RoleName.RISK_OFFICER, Reach.ALL),
        # The second officer sees single accounts only, so that filtered frames can be watched side by side.
        ("risk2", RoleName.RISK_OFFICER, Reach.GRANTED),
        ("maker", RoleName.BACK_OFFICE_MAKER, Reach.ALL),
        ("checker", RoleName.BACK_OFFICE_CHECKER, Reach.ALL),
        ("server", RoleName.SERVER_ADMIN, Reach.ALL),
        ("network", RoleName.NETWORK_ADMIN, Reach.ALL),
    )
    return tuple(
        Person(f"{prefix}-{short}", name, role, reach) for (short, role, reach), name in zip(roles, names, strict=True)
    )


def _accounts(prefix: str, names: tuple[str, ...], institutions: tuple[str, str]) -> tuple[Account, ...]:
    first, second, third = names
    natural, institution = ClientKind.NATURAL, ClientKind.INSTITUTION
    number = f"{prefix.upper()}-{{:04d}}".format
    return (
        Account(number(1), first, natural, "主账户", 5_000_000 * YUAN, f"{prefix}-investor1"),
        Account(number(1), first, natural, "程序化账户", 3_000_000 * YUAN, f"{prefix}-investor1"),
        Account(number(2), second, natural, "主账户", 2_000_000 * YUAN, f"{prefix}-investor2"),
        # A small account: a few lots bring it over 80 % risk, which is what the desk is for.
        Account(number(3), third, natural, "主账户", 400_000 * YUAN, f"{prefix}-investor3"),
        Account(number(4), institutions[0], institution, "套期保值账户", 20_000_000 * YUAN),
        Account(number(5), institutions[1], institution, "自营账户", 50_000_000 * YUAN),
    )


GOLDBRIDGE: Final = Broker(
    code="goldbridge",
    name="金桥期货",
    name_en="Goldbridge Futures",
    admin=Person("gb-admin", "苏敏", RoleName.BROKER_ADMIN),
    people=_people("gb", ("王磊", "陈静", "刘洋", "赵岩", "林悦", "周彤", "吴峰", "何川", "孙宁")),
    accounts=_accounts("gb", ("王磊", "陈静", "刘洋"), ("江海黄金珠宝有限公司", "明德资产管理有限公司")),
    network="10.77.1.0/24",
)

FARHILL: Final = Broker(
    code="farhill",
    name="远山期货",
    name_en="Farhill Futures",
    admin=Person("fh-admin", "许岚", RoleName.BROKER_ADMIN),
    people=_people("fh", ("张伟", "李娜", "马超", "郑凯", "高洁", "罗平", "谢雨", "韩松", "唐薇")),
    accounts=_accounts("fh", ("张伟", "李娜", "马超"), ("云岭矿业有限公司", "知行投资有限公司")),
    network="10.77.2.0/24",
)

BROKERS: Final = (GOLDBRIDGE, FARHILL)
# Two, because what holds for all brokers moves by maker and checker too.
OPERATORS: Final = (
    Person("platform", "平台运营", "platform_operator"),
    Person("platform2", "平台复核", "platform_operator"),
)
