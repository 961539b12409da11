"""Invariants of positions and open interest."""

from __future__ import annotations

from typing import Final

from trading.projections.books.check import Check

_BALANCED: Final = """
SELECT format('contract %s: %s lots long, %s lots short', instrument_id, long, short) FROM (
  SELECT instrument_id, sum((today_qty + yesterday_qty) * (side = 1)::int) AS long,
    sum((today_qty + yesterday_qty) * (side = 2)::int) AS short
  FROM trading_position GROUP BY instrument_id) x WHERE long <> short
UNION ALL
SELECT format('contract %s: open interest %s in the market, %s lots held long', d.instrument_id, d.open_interest,
  coalesce(p.long, 0))
FROM trading_market_day d LEFT JOIN (SELECT instrument_id, sum(today_qty + yesterday_qty) AS long
  FROM trading_position WHERE side = 1 GROUP BY instrument_id) p ON p.instrument_id = d.instrument_id
WHERE d.open_interest <> coalesce(p.long, 0) AND (SELECT count(DISTINCT seq) = 1 FROM trading_follower_position
  WHERE name IN ('projection', 'marketdata'))
"""

# An opening buy makes a long, a closing buy ends a short. Today is the account's own: while a settlement runs, those
# already settled are a day ahead.
_FOLD: Final = """
WITH moved AS (
  SELECT tenant_id, account_id, instrument_id, side, sum(qty) AS qty, sum(today) AS today FROM (
  SELECT f.tenant_id, f.account_id, f.instrument_id,
    CASE WHEN (f.side = 1) = (f."offset" = 0) THEN 1 ELSE 2 END AS side,
    sum(CASE WHEN f."offset" = 0 THEN f.qty ELSE -f.qty END) AS qty,
  sum(CASE WHEN f.trading_day <> b.trading_day THEN 0 WHEN f."offset" = 0 THEN f.qty ELSE -f.closed_today END) AS today
  FROM trading_fill f JOIN trading_balance b ON b.tenant_id = f.tenant_id AND b.account_id = f.account_id
  GROUP BY 1, 2, 3, 4
  UNION ALL SELECT tenant_id, account_id, instrument_id, side, -qty, 0 FROM trading_expired_lots) x
  GROUP BY 1, 2, 3, 4)
SELECT format('account %s, contract %s, side %s holds %s + %s lots (today + before), its fills give %s, %s of today',
  coalesce(p.account_id, m.account_id), coalesce(p.instrument_id, m.instrument_id), coalesce(p.side, m.side),
  p.today_qty, p.yesterday_qty, m.qty, m.today)
FROM trading_position p FULL JOIN moved m ON m.tenant_id = p.tenant_id AND m.account_id = p.account_id
  AND m.instrument_id = p.instrument_id AND m.side = p.side
WHERE coalesce(p.today_qty + p.yesterday_qty, 0) <> coalesce(m.qty, 0)
  OR coalesce(p.today_qty, 0) <> coalesce(m.today, 0)
"""

# A stop with another leg freezes nothing while it waits: its fellow holds what both would need.
_FROZEN: Final = """
WITH closing AS (
  SELECT tenant_id, account_id, instrument_id, CASE WHEN side = 1 THEN 2 ELSE 1 END AS side, sum(leaves_qty) AS lots
  FROM trading_order WHERE (status IN (0, 1) OR status = 7 AND NOT terms ? 'other_leg') AND "offset" <> 0
  GROUP BY 1, 2, 3, 4)
SELECT format('account %s, contract %s, side %s: %s + %s of %s + %s lots frozen, closing orders want %s',
  coalesce(p.account_id, c.account_id), coalesce(p.instrument_id, c.instrument_id), coalesce(p.side, c.side),
  p.frozen_today, p.frozen_yesterday, p.today_qty, p.yesterday_qty, coalesce(c.lots, 0))
FROM trading_position p FULL JOIN closing c ON c.tenant_id = p.tenant_id AND c.account_id = p.account_id
  AND c.instrument_id = p.instrument_id AND c.side = p.side
WHERE p.account_id IS NULL OR p.frozen_today + p.frozen_yesterday <> coalesce(c.lots, 0)
  OR p.frozen_today > p.today_qty OR p.frozen_yesterday > p.yesterday_qty
  OR least(p.today_qty, p.yesterday_qty, p.frozen_today, p.frozen_yesterday) < 0
"""

_OPEN_INTEREST: Final = """
SELECT format('trade %s of contract %s moved the open interest by %s, its sides (%s, %s) and %s lots give %s', trade_id,
  instrument_id, moved, taker_offset, maker_offset, qty, wanted)
FROM (SELECT *, open_interest - lag(open_interest, 1, 0::bigint) OVER one_by_one AS moved,
    qty * ((taker_offset = 0)::int + (maker_offset = 0)::int - 1) AS wanted
  FROM trading_tick WINDOW one_by_one AS (PARTITION BY instrument_id ORDER BY trade_id)) x
WHERE moved <> wanted
"""

CHECKS: Final = (
    Check("P1", "longs equal shorts equal open interest, contract by contract", _BALANCED),
    Check("P2", "each position is the sum of its fills", _FOLD),
    Check("P3", "lots are frozen exactly for working closing orders and never more than are held", _FROZEN),
    Check("P4", "each trade moves the open interest by what its two sides do", _OPEN_INTEREST),
)
