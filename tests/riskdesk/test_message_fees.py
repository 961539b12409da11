"""The desk's picture of an account's money after a fee for a message, which no order event carries."""

from __future__ import annotations

from riskdesk.picture import Picture
from trading.engine.events import FeeCharged, Funds


def test_a_fee_for_a_message_reaches_the_picture() -> None:
    picture = Picture()
    picture.put_funds(1, 7001, Funds(1_000, 400, 0, 0, 0, 0))
    picture.apply(FeeCharged(1, 7001, 2, 9, 1, 2, 30, Funds(970, 350, 20, 5, 0, 30)), seq=5)
    account = picture.accounts[7001]
    assert (account.cash_fen, account.margin_fen, account.frozen_fen) == (970, 350, 25)
