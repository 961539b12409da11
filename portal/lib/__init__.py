"""The floor: small tools without models that import no app."""
