"""Tests of Aurum."""
