"""The site: assembles the apps and owns no business rule."""
