"""The CA's side: vault, profiles, authorities, signers. The only private keys of the service."""
