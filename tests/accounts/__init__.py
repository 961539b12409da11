"""Tests of people, tenants and the walls between them."""
