"""What connects and separates machines. Knows no database."""
