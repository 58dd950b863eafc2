"""Data minimisation: what a partner learns of a holder, and under which name it knows him."""
