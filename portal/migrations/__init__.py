"""Schema of the site itself: the shared cache."""
