"""The card's language, used by both ends: TLV, APDUs, PIV objects, the client session."""
