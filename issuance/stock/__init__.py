"""Card blanks: a ledger of every blank, reconciled by count, that no card is made past."""
