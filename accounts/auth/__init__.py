"""Who is asking: sessions, API keys, second factors, throttles, revocations."""
