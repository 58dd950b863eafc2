"""The published contract: what each endpoint declares of itself, and the OpenAPI document of it."""
