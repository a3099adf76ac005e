"""What must hold in the books at every moment, asked of the database itself in plain SQL.

This is a third side beside the ledger's code and the reconciliation: it shares neither's queries nor their models.
"""

from __future__ import annotations

from sqlalchemy import text

from voucher.platform.db import read_anew, session

# Contra accounts and cash may run below zero; money that stands somewhere may not.
NEVER_NEGATIVE = (
    "unallocated",
    "reserved",
    "committed",
    "claimed",
    "approved",
    "defrayed",
    "disallowed",
    "receivable",
    "repayable",
    "returned to funder",
)

SIGNED = """
WITH signed AS (
  SELECT line_id, to_account AS account, pence, application_id, voucher_id, redemption_id, debt_id FROM posting
  UNION ALL
  SELECT line_id, from_account, -pence, application_id, voucher_id, redemption_id, debt_id FROM posting
),
by_line AS (SELECT line_id, account, SUM(pence) AS pence FROM signed GROUP BY line_id, account),
by_voucher AS (
  SELECT voucher_id, line_id, account, SUM(pence) AS pence FROM signed
  WHERE voucher_id IS NOT NULL GROUP BY voucher_id, line_id, account
),
by_claim AS (
  SELECT redemption_id, line_id, account, SUM(pence) AS pence FROM signed
  WHERE redemption_id IS NOT NULL GROUP BY redemption_id, line_id, account
),
by_debt AS (
  SELECT debt_id, account, SUM(pence) AS pence FROM signed WHERE debt_id IS NOT NULL GROUP BY debt_id, account
)
"""
NAMES = ", ".join(f"'{name}'" for name in NEVER_NEGATIVE)
OF_CLAIMS = "'claimed', 'approved', 'defrayed', 'disallowed'"

# Each gives the rows that break it: a name, and two figures that should have agreed (or one below zero, beside zero).
RULES = {
    "an account of a line is below zero": f"""
        SELECT 'line ' || line_id || ' ' || account, pence, 0 FROM by_line WHERE account IN ({NAMES}) AND pence < 0""",
    "money of a voucher is below zero on a line": """
        SELECT 'voucher ' || voucher_id || ' line ' || line_id || ' ' || account, pence, 0 FROM by_voucher
        WHERE account IN ('committed', 'claimed', 'approved', 'defrayed') AND pence < 0""",
    "money of a claim is below zero on a line": f"""
        SELECT 'claim ' || redemption_id || ' line ' || line_id || ' ' || account, pence, 0 FROM by_claim
        WHERE account IN ({OF_CLAIMS}) AND pence < 0""",
    "a line's guard differs from its postings": """
        SELECT 'line ' || f.id, f.unallocated_pence, COALESCE(b.pence, 0) FROM funding_line f
        LEFT JOIN by_line b ON b.line_id = f.id AND b.account = 'unallocated'
        WHERE f.unallocated_pence <> COALESCE(b.pence, 0)""",
    "a voucher's remaining and held differ from what is committed": """
        SELECT 'voucher ' || v.id, v.remaining_pence + COALESCE(h.held, 0), COALESCE(c.pence, 0) FROM voucher v
        LEFT JOIN (SELECT voucher_id, SUM(held_pence) AS held FROM delivery_session GROUP BY voucher_id) h
          ON h.voucher_id = v.id
        LEFT JOIN (SELECT voucher_id, SUM(pence) AS pence FROM by_voucher WHERE account = 'committed'
                   GROUP BY voucher_id) c ON c.voucher_id = v.id
        WHERE v.remaining_pence + COALESCE(h.held, 0) <> COALESCE(c.pence, 0)""",
    "a voucher's claims go beyond its face": """
        SELECT 'voucher ' || v.id, SUM(r.grant_pence), v.face_pence FROM redemption r
        JOIN voucher v ON v.id = r.voucher_id GROUP BY v.id, v.face_pence HAVING SUM(r.grant_pence) > v.face_pence""",
    "a claim's parts do not sum to its grant": f"""
        SELECT 'claim ' || r.id, r.grant_pence, COALESCE(SUM(b.pence), 0) FROM redemption r
        LEFT JOIN by_claim b ON b.redemption_id = r.id AND b.account IN ({OF_CLAIMS})
        GROUP BY r.id, r.grant_pence HAVING r.grant_pence <> COALESCE(SUM(b.pence), 0)""",
    "an approved application's parts do not sum to its face": """
        SELECT 'application ' || a.id, a.face_pence, COALESCE(SUM(s.pence), 0) FROM application a
        LEFT JOIN signed s ON s.application_id = a.id AND s.account = 'reserved'
        GROUP BY a.id, a.face_pence, a.state
        HAVING COALESCE(SUM(s.pence), 0) <> CASE WHEN a.state = 'approved' THEN a.face_pence ELSE 0 END""",
    "a round's guard differs from its offers": """
        SELECT 'round ' || r.id, r.available_pence, r.budget_pence - COALESCE(SUM(a.face_pence), 0) FROM round r
        LEFT JOIN application a ON a.round_id = r.id AND a.state IN ('approved', 'accepted')
        GROUP BY r.id, r.available_pence, r.budget_pence
        HAVING r.available_pence <> r.budget_pence - COALESCE(SUM(a.face_pence), 0)""",
    "a debt's guard differs from its postings": """
        SELECT 'debt ' || d.id, d.outstanding_pence, COALESCE(b.pence, 0) FROM debt d
        LEFT JOIN by_debt b ON b.debt_id = d.id AND b.account = 'receivable'
        WHERE d.outstanding_pence <> COALESCE(b.pence, 0)""",
    "a claim is in two living payments": """
        SELECT 'claim ' || redemption_id, COUNT(*), 1 FROM payment_item WHERE live
        GROUP BY redemption_id HAVING COUNT(*) > 1""",
    "a living payment pays another sum than the claim's grant": """
        SELECT 'claim ' || r.id, i.pence, r.grant_pence FROM payment_item i
        JOIN redemption r ON r.id = i.redemption_id WHERE i.live AND i.pence <> r.grant_pence""",
    "a bank line is explained beyond its sum": """
        SELECT 'bank line ' || b.id, SUM(m.pence), ABS(b.pence) FROM bank_line b
        JOIN bank_match m ON m.bank_line_id = b.id GROUP BY b.id, b.pence HAVING SUM(m.pence) > ABS(b.pence)""",
}


def faults() -> list[str]:
    """Every row that breaks a rule of the books, in words with both figures; none when they hold."""
    read_anew()
    found = [
        f"{rule}: {name}: {int(left)} and {int(right)}"
        for rule, query in RULES.items()
        for name, left, right in session.execute(text(f"{SIGNED} {query}"))
    ]
    read_anew()
    return found


def digest() -> str:
    """All that a refused command must leave as it was: every sum and state, in one line that can be compared."""
    read_anew()
    parts = [str(session.execute(text(query)).all()) for query in STANDING]
    read_anew()
    return "\n".join(parts)


STANDING = (
    "SELECT COUNT(*), COALESCE(SUM(pence), 0) FROM posting",
    "SELECT id, unallocated_pence FROM funding_line ORDER BY id",
    "SELECT id, available_pence FROM round ORDER BY id",
    "SELECT id, state FROM application ORDER BY id",
    "SELECT id, state, remaining_pence, last_day, released_on, extensions FROM voucher ORDER BY id",
    "SELECT id, state, held_pence, redemption_id, answer FROM delivery_session ORDER BY id",
    "SELECT id, state, version, grant_pence, claimed_pence, net_pence, disallowed_pence FROM redemption ORDER BY id",
    "SELECT id, state, approved_by FROM batch ORDER BY id",
    "SELECT id, state, pence FROM payment ORDER BY id",
    "SELECT id, live FROM payment_item ORDER BY id",
    "SELECT id, open_pence FROM bank_line ORDER BY id",
    "SELECT id, state, outstanding_pence FROM debt ORDER BY id",
    "SELECT id, received_on FROM drawdown ORDER BY id",
    "SELECT id, version, closed_through FROM agreement ORDER BY id",
    "SELECT id, state, data_hash FROM statement ORDER BY id",
    "SELECT COUNT(*) FROM outbox_message",
    "SELECT COUNT(*) FROM request_key",
)
