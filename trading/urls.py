"""HTTP routes of the app."""

from django.urls import URLPattern, URLResolver, include, path

from trading.views.proof import proof
from trading.views.statements import statement, statement_agree, statement_file, statements
from trading.views.terminal import terminal

urlpatterns: list[URLPattern | URLResolver] = [
    path("trade/", terminal, name="trade"),
    path("statements/", statements, name="statements"),
    path("statements/<int:account_id>/<int:day>/", statement, name="statement"),
    path("statements/<int:account_id>/<int:day>/confirm/", statement_agree, name="statement-agree"),
    path("statements/<int:account_id>/<int:day>/<slug:form>/", statement_file, name="statement-file"),
    path("proof/", proof, name="proof"),
    path("api/v1/", include("trading.api.urls")),
]
