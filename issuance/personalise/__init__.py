"""Personalisation: a conversation over batches of APDUs that turns a blank card into a holder's."""
