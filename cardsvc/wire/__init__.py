"""JSON messages between agent, partner and service: strict parsing into frozen types."""
