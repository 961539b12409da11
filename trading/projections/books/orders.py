"""Invariants of orders and trades."""

from __future__ import annotations

from typing import Final

from trading.projections.books.check import Check

_UNIQUE: Final = """
SELECT format('account %s used client order id %s %s times on day %s', account_id, client_order_id, count(*),
  trading_day)
FROM trading_order GROUP BY tenant_id, account_id, trading_day, client_order_id HAVING count(*) > 1
"""

_QUANTITIES: Final = """
SELECT format('order %s: %s lots are not %s filled + %s working + %s canceled (status %s)', id, qty, filled_qty,
  leaves_qty, canceled_qty, status)
FROM trading_order WHERE least(filled_qty, leaves_qty, canceled_qty) < 0 OR status NOT IN (0, 1, 7) AND leaves_qty <> 0
  OR filled_qty + leaves_qty + canceled_qty <> CASE WHEN status = 4 THEN 0 ELSE qty END
"""

_STATES: Final = """
SELECT format('order %s has status %s with %s filled, %s working, %s canceled, refusal %s, reason %s', id, status,
  filled_qty, leaves_qty, canceled_qty, reject_code, cancel_reason)
FROM trading_order WHERE NOT coalesce(CASE status
  WHEN 0 THEN filled_qty = 0 AND leaves_qty > 0 AND cancel_reason IS NULL
  WHEN 1 THEN filled_qty > 0 AND leaves_qty > 0 AND cancel_reason IS NULL
  WHEN 2 THEN filled_qty = qty AND canceled_qty = 0 AND cancel_reason IS NULL
  WHEN 3 THEN canceled_qty > 0 AND cancel_reason IS NOT NULL
    AND cancel_reason NOT IN ('day_end', 'good_till_date', 'contract_expired')
  WHEN 4 THEN reject_code IS NOT NULL AND figures IS NOT NULL AND last_seq = seq
  WHEN 5 THEN canceled_qty > 0 AND cancel_reason IN ('day_end', 'good_till_date', 'contract_expired')
  WHEN 7 THEN filled_qty = 0 AND leaves_qty > 0 AND cancel_reason IS NULL AND terms IS NOT NULL
    AND triggered_seq IS NULL END, false)
UNION ALL
SELECT format('order %s of day %s still works on day %s', o.id, o.trading_day, d.trading_day)
FROM trading_order o, (SELECT max(trading_day) AS trading_day FROM trading_day) d
WHERE o.status IN (0, 1, 7) AND o.trading_day <> d.trading_day AND o.time_in_force NOT IN (3, 4)
UNION ALL
SELECT format('order %s was filled by trade %s at %s, after its end at %s', o.id, f.id / 2, f.seq, o.last_seq)
FROM trading_fill f JOIN trading_order o ON o.tenant_id = f.tenant_id AND o.account_id = f.account_id
  AND o.id = f.order_id WHERE f.seq > o.last_seq
"""

_FILLED: Final = """
WITH sums AS (
  SELECT tenant_id, account_id, order_id, sum(qty) AS qty, sum(qty * price_ticks) AS ticks FROM trading_fill
  GROUP BY tenant_id, account_id, order_id)
SELECT format('order %s says %s lots for %s, its fills say %s for %s', coalesce(o.id, s.order_id), o.filled_qty,
  o.filled_ticks, s.qty, s.ticks)
FROM trading_order o FULL JOIN sums s ON s.tenant_id = o.tenant_id AND s.account_id = o.account_id AND s.order_id = o.id
WHERE o.id IS NULL OR o.filled_qty <> coalesce(s.qty, 0) OR o.filled_ticks <> coalesce(s.ticks, 0)
"""

_TRADES: Final = """
SELECT format('trade %s has %s sides: orders %s, sides %s, contracts %s, prices %s, lots %s', id / 2, count(*),
  array_agg(order_id), array_agg(side), array_agg(instrument_id), array_agg(price_ticks), array_agg(qty))
FROM trading_fill GROUP BY id / 2 HAVING count(*) <> 2 OR count(DISTINCT id) <> 2 OR count(DISTINCT order_id) <> 2
  OR count(DISTINCT side) <> 2 OR count(DISTINCT (instrument_id, price_ticks, qty, seq, trading_day)) <> 1
UNION ALL
SELECT format('fill %s at %s is outside its order''s limit %s (side %s)', f.id, f.price_ticks, o.price_ticks, f.side)
FROM trading_fill f JOIN trading_order o ON o.tenant_id = f.tenant_id AND o.account_id = f.account_id
  AND o.id = f.order_id
WHERE f.seq >= coalesce(o.replaced_seq, o.seq)
  AND CASE WHEN f.side = 1 THEN f.price_ticks > o.price_ticks ELSE f.price_ticks < o.price_ticks END
UNION ALL
SELECT format('fill %s of %s is not its order''s: side %s/%s, contract %s/%s, offset %s/%s', f.id, f.account_id, f.side,
  o.side, f.instrument_id, o.instrument_id, f."offset", o."offset")
FROM trading_fill f JOIN trading_order o ON o.tenant_id = f.tenant_id AND o.account_id = f.account_id
  AND o.id = f.order_id
WHERE (f.side, f.instrument_id, f."offset") <> (o.side, o.instrument_id, o."offset")
  OR f.trading_day < o.trading_day OR f.trading_day > o.trading_day AND o.time_in_force NOT IN (3, 4)
UNION ALL
SELECT format('fill %s at %s is outside the band %s to %s', f.id, f.price_ticks, i.lower_ticks, i.upper_ticks)
FROM trading_fill f JOIN trading_instrument i ON i.id = f.instrument_id
WHERE f.seq > i.seq AND (f.price_ticks < i.lower_ticks OR f.price_ticks > i.upper_ticks)
"""

_TICKS: Final = """
WITH upto AS (SELECT min(seq) AS seq FROM trading_follower_position WHERE name IN ('projection', 'marketdata')
  HAVING count(*) = 2)
SELECT format('trade %s: the market shows %s lots at %s, its fills %s at %s', coalesce(t.trade_id, f.id / 2), t.qty,
  t.price_ticks, f.qty, f.price_ticks)
FROM (SELECT * FROM trading_tick WHERE seq <= (SELECT seq FROM upto)) t
FULL JOIN (SELECT * FROM trading_fill WHERE id % 2 = 1 AND seq <= (SELECT seq FROM upto)) f
  ON f.id / 2 = t.trade_id AND f.instrument_id = t.instrument_id
WHERE (t.qty, t.price_ticks, t.taker_side, t.taker_offset, t.seq)
  IS DISTINCT FROM (f.qty, f.price_ticks, f.side, f."offset", f.seq)
"""

_SELF_TRADES: Final = """
SELECT format('trade %s: accounts %s and %s belong together', a.id / 2, a.account_id, b.account_id)
FROM trading_fill a JOIN trading_fill b ON b.id = a.id + 1
LEFT JOIN trading_account x ON x.id = a.account_id LEFT JOIN trading_account y ON y.id = b.account_id
WHERE a.id % 2 = 0 AND (a.account_id = b.account_id
  OR x.tenant_id = y.tenant_id AND x.group_id = y.group_id AND x.group_id <> 0)
"""

CHECKS: Final = (
    Check("O2", "a client order id is used once an account and trading day", _UNIQUE),
    Check("O3", "quantity is filled, working and canceled together; an ended order works no more", _QUANTITIES),
    Check("O4", "status and quantities agree, and nothing follows an order's end", _STATES),
    Check("O5", "an order's fills add up to what it says", _FILLED),
    Check("O5", "each trade has two sides that agree, inside both limits and the band", _TRADES),
    Check("O5", "the market's trades are the accounts' fills", _TICKS),
    Check("O6", "nobody trades with himself", _SELF_TRADES),
)
