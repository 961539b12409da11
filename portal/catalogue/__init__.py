"""Translations without gettext's programs: parts of catalogues joined, compiled and compared with the sources."""
