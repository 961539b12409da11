"""Statements (结算单): the facts of a day out of the journal, the statement they make, and its forms.

Pure: no database, no clock. The canonical bytes of a statement are what is hashed and stored; page, PDF, CSV and JSON
are functions of those bytes.
"""
