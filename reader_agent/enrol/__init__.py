"""The device's own key: made here, certified by the service, renewed by itself (ADR-0018)."""
