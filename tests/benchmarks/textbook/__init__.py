"""The order endpoint as the ordinary Django engineer writes it, to measure the socket against.

DRF on daphne, token sign-in, one transaction an order, row locks on contract and account, margin and matching in SQL
through the ORM. Nothing in it is made slow on purpose: indexes where the queries need them, a connection pool, only
the common middleware, no signals. It keeps no journal and no followers, so it does less than the product.
"""
