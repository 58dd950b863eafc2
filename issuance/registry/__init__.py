"""The registries of issuance: agencies, holders, photos, and finding people in them."""
