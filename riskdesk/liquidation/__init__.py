"""Forced liquidation, worked out without a database or a clock: the ladder of lines, the plan, the next step."""
