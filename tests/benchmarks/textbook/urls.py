"""One route."""

from django.urls import path

from tests.benchmarks.textbook.views import OrderView

urlpatterns = [path("orders", OrderView.as_view())]
