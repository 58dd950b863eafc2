"""Card faces: what is printed on a card, as PDF to the hundredth of a millimetre."""
