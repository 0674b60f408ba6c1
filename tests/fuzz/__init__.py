"""Bad input at scale: bytes that no CRM should send, and that one day one will."""
