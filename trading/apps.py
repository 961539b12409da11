"""App registration: the followers of the journal that belong to trading."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class TradingConfig(AppConfig):
    """Counter, exchange and everything that reads them."""

    name = "trading"
    label = "trading"
    verbose_name = gettext_lazy("Trading")

    def ready(self) -> None:
        """Enter the terminal into the menu; register the followers, made only in the process that runs them."""
        from trading import menu
        from trading.core.followers import Follower, register

        menu.enter()

        def projection() -> Follower:
            from trading.projections.follower import ProjectionFollower

            return ProjectionFollower()

        def market_data() -> Follower:
            from trading.marketdata.follower import MarketDataFollower

            return MarketDataFollower()

        register("projection", projection)
        register("marketdata", market_data)
