"""Invariants of numbering, days and tenancy."""

from __future__ import annotations

from typing import Final

from trading.projections.books.check import Check

_GAPLESS: Final = """
WITH numbers AS (
  SELECT tenant_id, account_id, sum(count) AS n, min(account_seq - count + 1) AS first, max(account_seq) AS last
  FROM trading_account_event GROUP BY tenant_id, account_id)
SELECT format('account %s is at event %s, its table holds %s events from %s to %s', coalesce(b.account_id,
  e.account_id),
  b.account_seq, e.n, e.first, e.last)
FROM trading_balance b FULL JOIN numbers e ON e.tenant_id = b.tenant_id AND e.account_id = b.account_id
WHERE (e.first, e.n, e.last) IS DISTINCT FROM (1::bigint, b.account_seq::numeric, b.account_seq)
UNION ALL
SELECT format('account %s: event %s was caused at %s after %s events, the one before it at %s', account_id, account_seq,
  journal_seq, account_seq - count, before)
FROM (SELECT *, lag(journal_seq) OVER w AS before, lag(account_seq, 1, 0::bigint) OVER w AS seq_before
  FROM trading_account_event WINDOW w AS (PARTITION BY tenant_id, account_id ORDER BY account_seq)) x
WHERE before > journal_seq OR seq_before <> account_seq - count
"""

_DAYS: Final = """
SELECT format('day %s has number %s and follows day %s, number %s', trading_day, day_number, before, number)
FROM (SELECT *, lag(trading_day, 1, ended_trading_day) OVER w AS before, lag(day_number, 1, 0) OVER w AS number
  FROM trading_day WINDOW w AS (ORDER BY seq)) x
WHERE day_number <> number + 1 OR trading_day <= before OR ended_trading_day <> before
"""

_POSITION: Final = """
SELECT format('the follower %s stands at %s, the journal ends at %s', p.name, p.seq, j.seq)
FROM trading_follower_position p, (SELECT coalesce(max(last_seq), 0) AS seq FROM trading_journal) j
WHERE p.seq > j.seq
UNION ALL
SELECT format('%s rows of %s are above the projection''s position %s', r.n, r.name, p.seq)
FROM (SELECT coalesce(max(seq), 0) AS seq FROM trading_follower_position WHERE name = 'projection') p, LATERAL (
  SELECT 'trading_order' AS name, count(*) AS n FROM trading_order WHERE last_seq > p.seq
  UNION ALL SELECT 'trading_fill', count(*) FROM trading_fill WHERE seq > p.seq
  UNION ALL SELECT 'trading_posting', count(*) FROM trading_posting WHERE journal_seq > p.seq
  UNION ALL SELECT 'trading_account_event', count(*) FROM trading_account_event WHERE journal_seq > p.seq) r
WHERE r.n > 0
"""

_TENANTS: Final = """
SELECT format('%s rows of %s carry tenant %s, account %s belongs to %s', x.n, x.name, x.tenant_id, x.account_id,
  a.tenant_id)
FROM (
  SELECT 'trading_order' AS name, tenant_id, account_id, count(*) AS n FROM trading_order GROUP BY 2, 3
  UNION ALL SELECT 'trading_fill', tenant_id, account_id, count(*) FROM trading_fill GROUP BY 2, 3
  UNION ALL SELECT 'trading_posting', tenant_id, account_id, count(*) FROM trading_posting GROUP BY 2, 3
  UNION ALL SELECT 'trading_account_event', tenant_id, account_id, count(*) FROM trading_account_event GROUP BY 2, 3
  UNION ALL SELECT 'trading_balance', tenant_id, account_id, count(*) FROM trading_balance GROUP BY 2, 3
  UNION ALL SELECT 'trading_position', tenant_id, account_id, count(*) FROM trading_position GROUP BY 2, 3
  UNION ALL SELECT 'trading_liquidation', tenant_id, account_id, count(*) FROM trading_liquidation GROUP BY 2, 3
  UNION ALL SELECT 'trading_parameter_client', tenant_id, account_id, count(*) FROM trading_parameter_client
    GROUP BY 2, 3
  UNION ALL SELECT 'trading_account_day', tenant_id, account_id, count(*) FROM trading_account_day GROUP BY 2, 3) x
LEFT JOIN trading_account a ON a.id = x.account_id WHERE a.tenant_id IS DISTINCT FROM x.tenant_id
"""

_OPENED: Final = """
SELECT format('account %s is %s and has %s', a.id, CASE WHEN a.state = 0 THEN 'pending' ELSE 'open' END,
  CASE WHEN b.account_id IS NULL THEN 'no balance' ELSE 'a balance' END)
FROM trading_account a LEFT JOIN trading_balance b ON b.tenant_id = a.tenant_id AND b.account_id = a.id
WHERE (a.state = 0) <> (b.account_id IS NULL)
"""

CHECKS: Final = (
    Check("D1", "each account's events are numbered from 1 without a gap, in journal order", _GAPLESS),
    Check("C1", "trading days follow each other without a gap", _DAYS),
    Check("J5", "no table is ahead of its follower, no follower ahead of the journal", _POSITION),
    Check("T1", "each row carries the tenant of its account", _TENANTS),
    Check("T1", "an account has money exactly when the counter has opened it", _OPENED),
)
