"""REST door of this app and what the REST doors of all apps share: problems, authentication, permission."""
