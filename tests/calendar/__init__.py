"""Tests of the trading calendar: pure, without database."""
