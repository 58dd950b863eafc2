"""What lets an agent decide without the service: signed, numbered, and made of parts."""
