"""Staff lists from spreadsheets: read, checked row by row, applied once, errors worked off."""
