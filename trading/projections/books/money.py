"""Invariants of money: postings, balances, days, fees, clearing."""

from __future__ import annotations

from typing import Final

from trading.projections.books.check import Check

# Which two ledger accounts each kind of posting may join. T2: no client account of another tenant, none twice.
_SHAPES: Final = """
SELECT format('posting %s/%s of account %s (kind %s) moves %s fen from %s to %s', journal_seq, n, account_id, kind,
  amount_fen, debit, credit)
FROM trading_posting
WHERE amount_fen <= 0 OR debit = credit OR NOT coalesce(CASE kind
  WHEN 1 THEN debit = 'bank:' || tenant_id AND credit = 'client:' || account_id AND reference IS NOT NULL
  WHEN 2 THEN debit = 'client:' || account_id AND credit = 'bank:' || tenant_id AND reference IS NOT NULL
  WHEN 3 THEN debit = 'client:' || account_id AND credit = 'fee:' || tenant_id AND fill_id IS NOT NULL
  WHEN 4 THEN 'clearing' IN (debit, credit) AND 'client:' || account_id IN (debit, credit) AND fill_id IS NOT NULL
  WHEN 30 THEN debit = 'client:' || account_id AND credit = 'fee:' || tenant_id AND fill_id IS NULL
  WHEN 5 THEN 'clearing' IN (debit, credit) AND 'client:' || account_id IN (debit, credit) AND fill_id IS NULL
  WHEN 6 THEN 'correction:' || tenant_id IN (debit, credit) AND 'client:' || account_id IN (debit, credit)
    AND reference IS NOT NULL
  END, false)
"""

_WHOLE: Final = """
WITH ledger AS (
  SELECT coalesce(sum(CASE WHEN credit NOT LIKE 'client:%' THEN amount_fen ELSE 0 END), 0)
       - coalesce(sum(CASE WHEN debit NOT LIKE 'client:%' THEN amount_fen ELSE 0 END), 0) AS others
  FROM trading_posting), clients AS (SELECT coalesce(sum(cash_fen), 0) AS cash FROM trading_balance)
SELECT format('client cash %s and fees, bank, corrections, clearing %s do not add up to 0', cash, others)
FROM ledger, clients WHERE cash + others <> 0
"""

_BALANCES: Final = """
WITH sums AS (
  SELECT tenant_id, account_id, sum(CASE WHEN credit = 'client:' || account_id THEN amount_fen ELSE 0 END)
    - sum(CASE WHEN debit = 'client:' || account_id THEN amount_fen ELSE 0 END) AS cash
  FROM trading_posting GROUP BY tenant_id, account_id)
SELECT format('account %s has cash %s, its postings give %s', coalesce(b.account_id, s.account_id), b.cash_fen, s.cash)
FROM trading_balance b FULL JOIN sums s ON s.tenant_id = b.tenant_id AND s.account_id = b.account_id
WHERE b.cash_fen IS DISTINCT FROM coalesce(s.cash, 0)
"""

_DAYS: Final = """
SELECT format('account %s, day %s: closing %s is not opening %s + in %s - out %s + put right %s + closed %s + marked %s'
  ' - fees %s', account_id, trading_day, balance_fen, pre_balance_fen, deposit_fen, withdraw_fen, correction_fen,
  close_profit_fen, mark_fen, fee_fen)
FROM trading_account_day
WHERE balance_fen
  <> pre_balance_fen + deposit_fen - withdraw_fen + correction_fen + close_profit_fen + mark_fen - fee_fen
UNION ALL
SELECT format('account %s begins the day after %s with %s, it ended with %s', account_id, trading_day, next_pre,
  balance_fen)
FROM (SELECT d.account_id, d.trading_day, d.balance_fen, coalesce(
    lead(d.pre_balance_fen) OVER (PARTITION BY d.tenant_id, d.account_id ORDER BY d.seq), b.pre_balance_fen) AS next_pre
  FROM trading_account_day d LEFT JOIN trading_balance b ON b.tenant_id = d.tenant_id AND b.account_id = d.account_id) x
WHERE next_pre IS DISTINCT FROM balance_fen
UNION ALL
SELECT format('account %s has cash %s, the day''s opening %s and movements give %s', account_id, cash_fen,
  pre_balance_fen,
  pre_balance_fen + deposit_fen - withdraw_fen + correction_fen + close_profit_fen - fee_fen)
FROM trading_balance
WHERE cash_fen <> pre_balance_fen + deposit_fen - withdraw_fen + correction_fen + close_profit_fen - fee_fen
"""

# Day by day (ended days and the running one) the columns must say what the postings of the day say.
_DAY_POSTINGS: Final = """
WITH days AS (
  SELECT tenant_id, account_id, trading_day, seq AS through,
    lag(seq, 1, 0::bigint) OVER (PARTITION BY tenant_id, account_id ORDER BY seq) AS after,
    deposit_fen, withdraw_fen, correction_fen, close_profit_fen, fee_fen, mark_fen FROM trading_account_day
  UNION ALL
  SELECT b.tenant_id, b.account_id, b.trading_day, 9223372036854775807, coalesce(d.seq, 0), b.deposit_fen,
    b.withdraw_fen, b.correction_fen, b.close_profit_fen, b.fee_fen, 0
  FROM trading_balance b LEFT JOIN (SELECT tenant_id, account_id, max(seq) AS seq FROM trading_account_day
    GROUP BY tenant_id, account_id) d ON d.tenant_id = b.tenant_id AND d.account_id = b.account_id
), sums AS (
  SELECT d.account_id, d.trading_day, d.deposit_fen, d.withdraw_fen, d.correction_fen, d.close_profit_fen, d.fee_fen,
    d.mark_fen,
    coalesce(sum(p.amount_fen) FILTER (WHERE p.kind = 1), 0) AS deposits,
    coalesce(sum(p.amount_fen) FILTER (WHERE p.kind = 2), 0) AS withdrawals,
    coalesce(sum(p.amount_fen) FILTER (WHERE p.kind IN (3, 30)), 0) AS fees,
    coalesce(sum(CASE WHEN p.debit = 'clearing' THEN p.amount_fen ELSE -p.amount_fen END)
      FILTER (WHERE p.kind = 4), 0) AS closes,
    coalesce(sum(CASE WHEN p.debit = 'clearing' THEN p.amount_fen ELSE -p.amount_fen END)
      FILTER (WHERE p.kind = 5), 0) AS marks,
    coalesce(sum(CASE WHEN p.credit = 'client:' || p.account_id THEN p.amount_fen ELSE -p.amount_fen END)
      FILTER (WHERE p.kind = 6), 0) AS corrections
  FROM days d LEFT JOIN trading_posting p ON p.tenant_id = d.tenant_id AND p.account_id = d.account_id
    AND p.journal_seq > d.after AND p.journal_seq <= d.through
  GROUP BY d.account_id, d.trading_day, d.through, d.deposit_fen, d.withdraw_fen, d.correction_fen,
    d.close_profit_fen, d.fee_fen, d.mark_fen)
SELECT format('account %s, day %s says in %s out %s put right %s closed %s marked %s fees %s; the postings say %s %s %s'
  ' %s %s %s', account_id, trading_day, deposit_fen, withdraw_fen, correction_fen, close_profit_fen, mark_fen, fee_fen,
  deposits, withdrawals, corrections, closes, marks, fees)
FROM sums WHERE (deposit_fen, withdraw_fen, correction_fen, close_profit_fen, mark_fen, fee_fen)
  IS DISTINCT FROM (deposits, withdrawals, corrections, closes, marks, fees)
"""

# What clients gained in clearing must be what open positions cost net: every trade and every mark is zero-sum.
_CLEARING: Final = """
WITH gained AS (
  SELECT coalesce(sum(CASE WHEN debit = 'clearing' THEN amount_fen ELSE -amount_fen END), 0) AS fen
  FROM trading_posting WHERE kind IN (4, 5)),
held AS (
  SELECT coalesce(sum(CASE WHEN side = 1 THEN mark_cost_fen ELSE -mark_cost_fen END), 0) AS fen FROM trading_position)
SELECT format('clearing has paid out %s fen net, open positions carry %s', gained.fen, held.fen)
FROM gained, held WHERE gained.fen <> held.fen
"""

_FILL_POSTINGS: Final = """
WITH posted AS (
  SELECT tenant_id, account_id, fill_id, sum(amount_fen) FILTER (WHERE kind = 3) AS fee,
  count(*) FILTER (WHERE kind = 3)
      AS fees, sum(CASE WHEN debit = 'clearing' THEN amount_fen ELSE -amount_fen END) FILTER (WHERE kind = 4) AS closed,
    count(*) FILTER (WHERE kind = 4) AS closes
  FROM trading_posting WHERE fill_id IS NOT NULL GROUP BY tenant_id, account_id, fill_id)
SELECT format('fill %s of account %s has fee %s and closed profit %s, its %s fee postings say %s, its %s others %s',
  coalesce(f.id, p.fill_id), coalesce(f.account_id, p.account_id), f.fee_fen, f.close_profit_fen, coalesce(p.fees, 0),
  p.fee, coalesce(p.closes, 0), p.closed)
FROM trading_fill f FULL JOIN posted p
  ON p.tenant_id = f.tenant_id AND p.account_id = f.account_id AND p.fill_id = f.id
WHERE f.id IS NULL OR f.fee_fen <> coalesce(p.fee, 0) OR f.close_profit_fen <> coalesce(p.closed, 0)
  OR coalesce(p.fees, 0) <> (f.fee_fen <> 0)::int OR coalesce(p.closes, 0) <> (f.close_profit_fen <> 0)::int
"""

# The schedule is known to have stood unchanged since the fill only where neither row was written after it, and where
# no dated row that speaks of fees had begun: what those give, the counter's slow model proves.
_FEES: Final = """
WITH dated AS (
  SELECT 0::bigint AS tenant_id, 0::bigint AS account_id, instrument_id, product, effective_day, said
    FROM trading_parameter_exchange WHERE withdrawn_seq IS NULL
  UNION ALL SELECT tenant_id, 0, instrument_id, product, effective_day, said
    FROM trading_parameter_tenant WHERE withdrawn_seq IS NULL
  UNION ALL SELECT tenant_id, account_id, instrument_id, product, effective_day, said
    FROM trading_parameter_client WHERE withdrawn_seq IS NULL),
terms AS (
  SELECT f.*, i.tick_value_fen * f.price_ticks AS lot_fen,
    coalesce(r.open_fee_fen, i.open_fee_fen) AS open_fen, coalesce(r.open_fee_ppm, i.open_fee_ppm)::bigint AS open_ppm,
    coalesce(r.close_fee_fen, i.close_fee_fen) AS close_fen,
    coalesce(r.close_fee_ppm, i.close_fee_ppm)::bigint AS close_ppm,
    coalesce(r.close_today_fee_fen, i.close_today_fee_fen) AS today_fen,
    coalesce(r.close_today_fee_ppm, i.close_today_fee_ppm)::bigint AS today_ppm
  FROM trading_fill f JOIN trading_instrument i ON i.id = f.instrument_id
  LEFT JOIN trading_rates r ON r.tenant_id = f.tenant_id AND r.instrument_id = f.instrument_id
  WHERE i.seq < f.seq AND (r.seq IS NULL OR r.seq < f.seq) AND NOT EXISTS (SELECT 1 FROM dated d
    WHERE d.effective_day <= f.trading_day AND d.tenant_id IN (0, f.tenant_id) AND d.account_id IN (0, f.account_id)
      AND (d.instrument_id = i.id OR d.product = i.venue || '.' || i.product))),
wanted AS (
  SELECT *, CASE WHEN "offset" = 0 THEN qty * open_fen + (lot_fen * qty * open_ppm + 500000) / 1000000
    ELSE closed_today * today_fen + (lot_fen * closed_today * today_ppm + 500000) / 1000000
       + closed_yesterday * close_fen + (lot_fen * closed_yesterday * close_ppm + 500000) / 1000000 END AS fee
  FROM terms)
SELECT format('fill %s of account %s paid a fee of %s, the schedule gives %s', id, account_id, fee_fen, fee)
FROM wanted WHERE fee_fen <> fee
"""

# Where the exchange nets a contract or a product, the charge lies between the larger side of the whole product and the
# sum of both sides; everywhere else it is the sum.
_MARGIN: Final = """
WITH netted AS (
  SELECT DISTINCT i.id FROM trading_parameter_exchange e JOIN trading_instrument i
    ON i.id = e.instrument_id OR i.venue || '.' || i.product = e.product
  WHERE e.withdrawn_seq IS NULL AND (e.said ->> 'larger_side')::integer > 0),
sides AS (
  SELECT p.tenant_id, p.account_id, CASE WHEN p.instrument_id IN (SELECT id FROM netted) THEN i.venue || '.' ||
    i.product ELSE p.instrument_id || '/' || p.side END AS part, p.side, sum(p.margin_fen) AS margin
  FROM trading_position p JOIN trading_instrument i ON i.id = p.instrument_id GROUP BY 1, 2, 3, 4),
parts AS (
  SELECT tenant_id, account_id, max(margin) AS larger, sum(margin) AS whole FROM sides GROUP BY tenant_id, account_id,
    part),
held AS (
  SELECT tenant_id, account_id, sum(larger) AS least, sum(whole) AS margin FROM parts GROUP BY tenant_id, account_id)
SELECT format('account %s holds margin %s, its positions need %s to %s', b.account_id, b.margin_fen,
  coalesce(h.least, 0), coalesce(h.margin, 0))
FROM trading_balance b LEFT JOIN held h ON h.tenant_id = b.tenant_id AND h.account_id = b.account_id
WHERE NOT b.margin_fen BETWEEN coalesce(h.least, 0) AND coalesce(h.margin, 0)
UNION ALL
SELECT format('account %s has %s + %s fen frozen and no working order', b.account_id, b.frozen_margin_fen,
  b.frozen_fee_fen)
FROM trading_balance b WHERE (b.frozen_margin_fen <> 0 OR b.frozen_fee_fen <> 0) AND NOT EXISTS (
  SELECT 1 FROM trading_order o WHERE o.tenant_id = b.tenant_id AND o.account_id = b.account_id
    AND o.status IN (0, 1, 7))
UNION ALL
SELECT format('account %s has a negative hold: margin %s, frozen %s + %s', account_id, margin_fen, frozen_margin_fen,
  frozen_fee_fen) FROM trading_balance WHERE margin_fen < 0 OR frozen_margin_fen < 0 OR frozen_fee_fen < 0
"""

_REFERENCES: Final = """
SELECT format('tenant %s used the reference %s for %s cash movements', tenant_id, reference, count(*))
FROM trading_posting WHERE kind IN (1, 2, 6) GROUP BY tenant_id, reference HAVING count(*) > 1
"""

CHECKS: Final = (
    Check("M1", "each posting is a positive transfer between the two ledger accounts its kind joins", _SHAPES),
    Check("M2", "client cash, fee income, bank, corrections and clearing add up to zero", _WHOLE),
    Check("M3", "each account's cash is the sum of its postings", _BALANCES),
    Check("M4", "each day closes with what it opened with and what moved, and the next opens with it", _DAYS),
    Check("M4", "each day's movements are the day's postings", _DAY_POSTINGS),
    Check("M5", "trades and marks are zero-sum over all accounts", _CLEARING),
    Check("M6", "each fill has exactly its fee and closed profit posted", _FILL_POSTINGS),
    Check("M6", "each fee is what the schedule in force gives", _FEES),
    Check("M7", "margin is held exactly for positions, money is frozen only for working orders", _MARGIN),
    Check("M8", "a cash reference is used once a tenant", _REFERENCES),
)
